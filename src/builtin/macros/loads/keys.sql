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
