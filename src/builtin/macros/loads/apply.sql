{# From the staged rows into the table. Each gives the number of rows that were written. #}

{% macro rsdbt_load_apply(relation, load) %}
  {%- if load.mode == 'replace' -%}
    {%- do rsdbt_load_empty(relation, load) -%}
  {%- endif -%}
  {{ return(rsdbt_load_write(relation, load, rsdbt_load_insert_sql(relation, load))) }}
{% endmacro %}

{% macro rsdbt_load_values(load, names=none) -%}
  {%- set separator = joiner(', ') -%}
  {%- for column in load.columns if names is none or column.name in names -%}
    {{ separator() }}{{ adapter.quote(column.name) }}{{ '::' ~ column.type if column.is_judged_by_server }}
  {%- endfor -%}
{%- endmacro %}

{# The files in their order; where each key is to be there once, the newest row of it first. #}
{% macro rsdbt_load_order_sql(load) -%}
  {{ 'rsdbt_file desc, rsdbt_line desc' if load.unique_key and load.mode != 'append' else 'rsdbt_file, rsdbt_line' }}
{%- endmacro %}

{# One row for each key: the last one of the files, for `append` the first. Identity columns take the values of the file, as with COPY. #}
{% macro rsdbt_load_insert_sql(relation, load) -%}
  {%- set names = load.columns | map(attribute='name') | list -%}
  insert into {{ relation }} ({{ rsdbt_load_names(names) }}) overriding system value
  select
  {%- if load.unique_key %} distinct on ({{ rsdbt_load_values(load, load.unique_key) }}){% endif %} {{ rsdbt_load_values(load) }}
  from pg_temp.rsdbt_staged
  order by {% if load.unique_key %}{{ rsdbt_load_values(load, load.unique_key) }}, {% endif %}{{ rsdbt_load_order_sql(load) }}
  {%- set others = rsdbt_load_updated(relation, load) -%}
  {%- if load.unique_key and load.mode != 'replace' %}
  on conflict ({{ rsdbt_load_names(load.unique_key) }}) do
    {%- if load.mode == 'upsert' and others %} update set {% for name in others %}{{ adapter.quote(name) }} = excluded.{{ adapter.quote(name) }}{{ ', ' if not loop.last }}{% endfor %}
    {%- else %} nothing
    {%- endif -%}
  {%- endif -%}
{%- endmacro %}

{# Readers see the old rows or the new ones: the table is locked only while the new rows move in. #}
{% macro rsdbt_load_empty(relation, load) %}
  {%- do rsdbt_load_refuse_references(relation, load) -%}
  {%- do run_query(rsdbt_block('begin lock table ' ~ relation ~ ' in access exclusive mode; end')) -%}
  {%- if not load.allow_deletes -%}
    {%- set query -%}
      select
        (select pg_catalog.count(*)::pg_catalog.int8 from {{ relation }}),
        (select pg_catalog.count(*)::pg_catalog.int8 from (
          select {% if load.unique_key %}distinct {{ rsdbt_load_values(load, load.unique_key) }}{% endif %} from pg_temp.rsdbt_staged
        ) as new_rows)
    {%- endset -%}
    {%- set counts = run_query(query).rows[0] -%}
    {%- set why = rsdbt_load_why_too_many(relation, counts[0], counts[0] - counts[1], ', more than 20 % fewer') -%}
    {%- if why -%}
      {{ exceptions.raise_database_error(
        'refused to replace the rows of ' ~ relation.render() ~ ': it has ' ~ counts[0] ~ ' rows, and the load has ' ~ counts[1]
        ~ why ~ '\nhelp: if that is right, load with `--allow-deletes`'
      ) }}
    {%- endif -%}
  {%- endif -%}
  {%- call statement('emptied') -%}truncate table {{ relation }}{%- endcall -%}
{% endmacro %}

{#
  Why so many rows must not be lost to a load, or none: they are more than a fifth, or any where rsdbt never loaded the table and the rows may be
  somebody else's.
#}
{% macro rsdbt_load_why_too_many(relation, had, lost, fifth) %}
  {%- if lost * 5 > had -%}
    {{ return(fifth) }}
  {%- elif lost > 0 and not rsdbt_load_is_recorded(relation) -%}
    {{ return(', and rsdbt never loaded this table') }}
  {%- endif -%}
  {{ return(none) }}
{% endmacro %}
