{# Indexes of a table or materialized view, from its config `indexes`. #}

{% macro create_indexes(relation) %}
  {%- for index in config.get('indexes', default=[]) -%}
    {%- set create_index_sql = get_create_index_sql(relation, index) -%}
    {%- if create_index_sql -%}
      {%- do run_query(create_index_sql) -%}
    {%- endif -%}
  {%- endfor -%}
{% endmacro %}

{#
  dbt's keys: columns, unique, type. Further: name (kept over rebuilds), include, where, with, opclass (one for all
  columns or one per column), nulls_distinct. A column may be an expression.
#}
{% macro get_create_index_sql(relation, index_dict) -%}
  {%- set index = adapter.parse_index(index_dict) -%}
  {%- set kept_name = rsdbt_kept_index_name(index_dict) -%}
  {%- set name = rsdbt_waiting_index_name(relation, kept_name) if kept_name else index.render(relation) -%}
  create {{ 'unique ' if index.unique }}index if not exists {{ adapter.quote(name) }}
  on {{ relation }} {{ 'using ' ~ index.type ~ ' ' if index.type -}}
  ({{ rsdbt_index_columns(index_dict) }})
  {%- if index_dict.get('include') %} include ({{ rsdbt_listed(index_dict['include']) | join(', ') }}){% endif -%}
  {%- if index_dict.get('nulls_distinct') is false %} nulls not distinct{% endif -%}
  {%- if index_dict.get('with') %} with ({{ rsdbt_assignments(index_dict['with']) }}){% endif -%}
  {%- if index_dict.get('where') %} where {{ index_dict['where'] }}{% endif -%}
{%- endmacro %}

{% macro rsdbt_index_columns(index_dict) %}
  {%- set classes = index_dict.get('opclass') -%}
  {%- set columns = [] -%}
  {%- for column in index_dict['columns'] -%}
    {%- set class = classes if classes is string else classes.get(column) if classes else none -%}
    {%- do columns.append(column ~ ' ' ~ class if class else column) -%}
  {%- endfor -%}
  {{ return(columns | join(', ')) }}
{% endmacro %}

{% macro rsdbt_assignments(options) %}
  {%- set pairs = [] -%}
  {%- for name, value in options.items() -%}
    {%- do pairs.append(name ~ ' = ' ~ value) -%}
  {%- endfor -%}
  {{ return(pairs | join(', ')) }}
{% endmacro %}

{# One value or a list of them. #}
{% macro rsdbt_listed(value) %}
  {{ return([] if value is none else [value] if value is string else value | list) }}
{% endmacro %}
