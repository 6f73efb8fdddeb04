{# `create` for every kind of relation. #}

{% macro get_create_sql(relation, sql) -%}
  {%- if relation.is_view -%}
    {{ get_create_view_as_sql(relation, sql) }}
  {%- elif relation.is_table -%}
    {{ get_create_table_as_sql(False, relation, sql) }}
  {%- elif relation.is_materialized_view -%}
    {{ get_create_materialized_view_as_sql(relation, sql) }}
  {%- else -%}
    {{ exceptions.raise_compiler_error('`get_create_sql` has not been implemented for: ' ~ relation.type) }}
  {%- endif -%}
{%- endmacro %}

{% macro get_create_table_as_sql(temporary, relation, sql) -%}
  {{ create_table_as(temporary, relation, sql) }}
{%- endmacro %}

{# A contract fixes names, types and constraints first, then fills the table. #}
{% macro create_table_as(temporary, relation, compiled_code, language='sql') -%}
  {%- set enforced = config.get('contract').enforced -%}
  {%- if enforced -%}
    {{ get_assert_columns_equivalent(compiled_code) }}
  {%- endif -%}
  {%- set kind = 'temporary ' if temporary else 'unlogged ' if config.get('unlogged', default=false) else '' -%}
  {{ rsdbt_sql_header() -}}
  create {{ kind }}table {{ relation }}
  {%- if enforced and not temporary %}
  {%- set definitions = get_table_columns_and_constraints() %}
  {{ definitions if relation.identifier == this.identifier else rsdbt_with_waiting_constraints(definitions) }};
  insert into {{ relation }} ({{ get_column_names() }})
  (
    {{ get_select_subquery(compiled_code) }}
  );
  {%- else %}
    as
  (
    {{ compiled_code }}
  );
  {%- endif %}
{%- endmacro %}

{% macro get_create_view_as_sql(relation, sql) -%}
  {{ create_view_as(relation, sql) }}
{%- endmacro %}

{% macro create_view_as(relation, sql) -%}
  {{ rsdbt_create_view('create view', relation, sql) }}
{%- endmacro %}

{% macro rsdbt_create_view(verb, relation, sql) -%}
  {%- if config.get('contract').enforced -%}
    {{ get_assert_columns_equivalent(sql) }}
  {%- endif -%}
  {{ rsdbt_sql_header() -}}
  {{ verb }} {{ relation }} as (
    {{ sql }}
  );
{%- endmacro %}

{% macro get_create_materialized_view_as_sql(relation, sql) -%}
  create materialized view if not exists {{ relation }} as {{ sql }};
  {%- for index in config.get('indexes', default=[]) %}
  {{ get_create_index_sql(relation, index) }};
  {%- endfor %}
{%- endmacro %}

{% macro rsdbt_sql_header() -%}
  {%- set header = config.get('sql_header', none) -%}
  {{ header ~ '\n' if header is not none }}
{%- endmacro %}
