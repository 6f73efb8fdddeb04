{# The unique indexes that a merge_upsert needs, and what a change of `unique_key` leaves behind. #}

{# `on conflict` needs a unique index over just the key, whoever made it. #}
{% macro rsdbt_ensure_unique_index(relation, keys) %}
  {%- if not rsdbt_has_unique_index(relation, keys) -%}
    {%- do rsdbt_warn_of_narrower_key(relation, keys) -%}
    {%- do run_query('create unique index on ' ~ relation ~ ' (' ~ keys | join(', ') ~ ')') -%}
  {%- endif -%}
{% endmacro %}

{% macro rsdbt_has_unique_index(relation, keys) %}
  {{ return(adapter.introspect(
    'select pg_catalog.count(*) from (' ~ rsdbt_unique_indexes_sql(relation) ~ ') as has where has.names = ' ~ rsdbt_sorted_names_sql(keys)
  ).rows[0][0] > 0) }}
{% endmacro %}

{# (index_name, names: sorted). #}
{% macro rsdbt_unique_indexes_sql(relation) -%}
  select index_relation.relname::text as index_name, (
    select pg_catalog.array_agg(attname::text order by attname)
    from pg_catalog.pg_attribute
    where attrelid = indrelid and attnum = any(indkey[0:indnkeyatts - 1])
  ) as names
  from pg_catalog.pg_index
  join pg_catalog.pg_class as index_relation on index_relation.oid = indexrelid
  where indrelid = {{ rsdbt_regclass(relation) }} and indisunique and indisvalid and indimmediate and indpred is null and indexprs is null
{%- endmacro %}

{% macro rsdbt_sorted_names_sql(keys) -%}
  {%- set names = [] -%}
  {%- for key in rsdbt_plain_names(keys) -%}
    {%- do names.append("'" ~ escape_single_quotes(key) ~ "'") -%}
  {%- endfor -%}
  (select pg_catalog.array_agg(name order by name collate "C") from pg_catalog.unnest(array[{{ names | join(', ') }}]::pg_catalog.text[]) as name)
{%- endmacro %}

{# The index of an earlier key stays, and may forbid what the new one allows. #}
{% macro rsdbt_warn_of_narrower_key(relation, keys) %}
  {%- set query -%}
    select has.index_name, pg_catalog.array_to_string(has.names, ', ')
    from ({{ rsdbt_unique_indexes_sql(relation) }}) as has
    where has.names operator(pg_catalog.<@) {{ rsdbt_sorted_names_sql(keys) }} and exists (select from {{ relation }})
    order by 1
  {%- endset -%}
  {%- for index, names in adapter.introspect(query).rows -%}
    {%- do exceptions.warn(
      '`unique_key` of ' ~ this.identifier ~ ' is (' ~ keys | join(', ') ~ '), and its unique index ' ~ index ~ ' allows only one row for each (' ~ names
      ~ '). If that was the key before, drop the index'
    ) -%}
  {%- endfor -%}
{% endmacro %}

{# A tombstone holds the key that was configured when the row was deleted: it cannot be translated into another key. #}
{% macro rsdbt_refuse_other_tombstones(tombstones, keys) %}
  {%- if not rsdbt_has_unique_index(tombstones, keys) -%}
    {{ exceptions.raise_database_error(
      'the deletes in ' ~ tombstones.render() ~ ' are remembered by another key than `unique_key` (' ~ keys | join(', ') ~ '); nothing was changed'
      ~ '\nhelp: set `unique_key` back, or forget them: drop table ' ~ tombstones.render() ~ '. An older row of a deleted key that arrives late then comes back'
      ~ ('. Or run with --full-refresh' if not config.get('consume'))
    ) }}
  {%- endif -%}
{% endmacro %}

{# Names as the catalog has them. #}
{% macro rsdbt_plain_names(names) %}
  {%- set plain = [] -%}
  {%- for name in rsdbt_listed(names) -%}
    {%- do plain.append(name[1:-1] | replace('""', '"') if name[:1] == '"' else name | lower) -%}
  {%- endfor -%}
  {{ return(plain) }}
{% endmacro %}
