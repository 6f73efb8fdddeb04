{# Whether an existing table can take the rows of a load. #}

{% macro rsdbt_load_admit(relation, load, kind) %}
  {%- if kind.kind not in ['r', 'p'] -%}
    {{ exceptions.raise_database_error(
      'cannot load into ' ~ relation.render() ~ ': it is not a table\nhelp: give the source another `schema` or `identifier`'
    ) }}
  {%- endif -%}
  {%- if not kind.is_own -%}
    {{ exceptions.raise_database_error(
      'cannot load into ' ~ relation.render() ~ ': it belongs to ' ~ kind.owner ~ ', and only its owner can load it\nhelp: run the load as a member of role ' ~ kind.owner
    ) }}
  {%- endif -%}
  {%- do rsdbt_load_compare_columns(relation) -%}
  {%- if load.unique_key -%}
    {%- do rsdbt_load_require_key(relation, load.unique_key) -%}
  {%- endif -%}
{% endmacro %}

{% macro rsdbt_load_columns_sql(oid) -%}
  select attname::text as name, pg_catalog.format_type(atttypid, atttypmod) as type
  from pg_catalog.pg_attribute where attrelid = {{ oid }} and attnum > 0 and not attisdropped
{%- endmacro %}

{# The server names the declared types itself, so that `int` and `integer` are the same. #}
{% macro rsdbt_load_compare_columns(relation) %}
  {%- set query -%}
    select coalesce(declared.name, there.name), declared.type, there.type
    from ({{ rsdbt_load_columns_sql("pg_catalog.to_regclass('pg_temp.rsdbt_declared')::pg_catalog.oid") }}) as declared
    full join ({{ rsdbt_load_columns_sql(rsdbt_regclass(relation)) }}) as there on there.name = declared.name
    where declared.type is distinct from there.type
    order by 1
  {%- endset -%}
  {%- set differences = [] -%}
  {%- for row in adapter.introspect(query).rows -%}
    {%- if row[1] is none -%}
      {%- do differences.append('column `' ~ row[0] ~ '` (' ~ row[2] ~ ') is not declared') -%}
    {%- elif row[2] is none -%}
      {%- do differences.append('the table has no column `' ~ row[0] ~ '` (' ~ row[1] ~ ')') -%}
    {%- else -%}
      {%- do differences.append('column `' ~ row[0] ~ '` is declared as ' ~ row[1] ~ ', the table has ' ~ row[2]) -%}
    {%- endif -%}
  {%- endfor -%}
  {%- if differences -%}
    {{ exceptions.raise_database_error(
      'cannot load into ' ~ relation.render() ~ ': its columns are not the declared ones: ' ~ differences | join('; ')
      ~ '\nhelp: correct the declared `columns`, alter the table, or drop it to have it created again'
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
    select 1 from pg_catalog.pg_index as unique_index
    where unique_index.indrelid = {{ rsdbt_regclass(relation) }} and unique_index.indisunique and unique_index.indisvalid and unique_index.indimmediate
      and unique_index.indpred is null and unique_index.indexprs is null
      and (
        select pg_catalog.array_agg(attname::text order by attname::text) from pg_catalog.pg_attribute
        where attrelid = unique_index.indrelid and attnum = any((unique_index.indkey::int2[])[0:unique_index.indnkeyatts - 1])
      ) = (select pg_catalog.array_agg(name order by name) from pg_catalog.unnest(array[{{ names | join(', ') }}]::text[]) as name)
  {%- endset -%}
  {%- if adapter.introspect(query).rows | length == 0 -%}
    {{ exceptions.raise_database_error(
      'cannot load into ' ~ relation.render() ~ ': it has no unique index on its `unique_key`'
      ~ '\nhelp: run `create unique index on ' ~ relation.include(database=false).render() ~ ' (' ~ rsdbt_load_names(unique_key) ~ ')`'
    ) }}
  {%- endif -%}
{% endmacro %}
