{# Rows without a key would be doubled, and of rows with one key it is not known which one lasts. #}
{% macro rsdbt_load_require_values_of_key(relation, load) %}
  {%- set key = rsdbt_load_names(load.unique_key) -%}
  {%- set query -%}
    select
      (select pg_catalog.count(*)::pg_catalog.int8 from pg_temp.rsdbt_staged where {% for name in load.unique_key %}{{ adapter.quote(name) }} is null{{ ' or ' if not loop.last }}{% endfor %}),
      (select pg_catalog.count(*)::pg_catalog.int8 from (select from pg_temp.rsdbt_staged group by {{ key }} having pg_catalog.count(*) > 1) as doubled)
  {%- endset -%}
  {%- set counts = run_query(query).rows[0] -%}
  {%- if counts[0] or counts[1] -%}
    {{ exceptions.raise_database_error(
      'cannot load ' ~ load.origin ~ ': its rows are not identified by the `unique_key` (' ~ key ~ '): rows without a value of it: ' ~ counts[0]
      ~ ', keys of several rows: ' ~ counts[1] ~ '; nothing was loaded\nhelp: correct `unique_key`, or clean the rows there'
    ) }}
  {%- endif -%}
{% endmacro %}

{# A valid unique index on these columns and no others, which `on conflict` can use. #}
{% macro rsdbt_load_require_key(relation, unique_key) %}
  {%- set names = [] -%}
  {%- for name in unique_key -%}
    {%- do names.append("'" ~ escape_single_quotes(name) ~ "'") -%}
  {%- endfor -%}
  {%- set query -%}
    select exists (
      select from pg_catalog.unnest(unique_index.indcollation::pg_catalog.oid[]) as used (id)
      join pg_catalog.pg_collation as collated on collated.oid = used.id and not collated.collisdeterministic
    )
    from pg_catalog.pg_index as unique_index
    where unique_index.indrelid = {{ rsdbt_regclass(relation) }} and unique_index.indisunique and unique_index.indisvalid and unique_index.indimmediate
      and unique_index.indpred is null and unique_index.indexprs is null
      and (
        select pg_catalog.array_agg(attname::text order by attname::text) from pg_catalog.pg_attribute
        where attrelid = unique_index.indrelid and attnum = any((unique_index.indkey::int2[])[0:unique_index.indnkeyatts - 1])
      ) = (select pg_catalog.array_agg(name order by name) from pg_catalog.unnest(array[{{ names | join(', ') }}]::text[]) as name)
  {%- endset -%}
  {%- set indexes = adapter.introspect(query).rows -%}
  {%- if indexes | map(attribute=0) | select | list -%}
    {{ exceptions.raise_database_error(
      'cannot load into ' ~ relation.render() ~ ': its unique index on the `unique_key` has a nondeterministic collation, for which different keys are equal'
      ~ '\nhelp: give the columns of the key a deterministic collation'
    ) }}
  {%- elif not indexes -%}
    {{ exceptions.raise_database_error(
      'cannot load into ' ~ relation.render() ~ ': it has no unique index on its `unique_key`'
      ~ '\nhelp: run `create unique index on ' ~ relation.include(database=false).render() ~ ' (' ~ rsdbt_load_names(unique_key) ~ ')`'
    ) }}
  {%- endif -%}
{% endmacro %}

{# What an upsert writes where the key is there: all but a key that can only be the same. #}
{% macro rsdbt_load_updated(relation, load) %}
  {%- if load.mode != 'upsert' -%}
    {{ return([]) }}
  {%- endif -%}
  {%- set same = load.unique_key | reject('in', rsdbt_respelled(relation, load.unique_key)) | list -%}
  {{ return(load.columns | map(attribute='name') | reject('in', same) | list) }}
{% endmacro %}
