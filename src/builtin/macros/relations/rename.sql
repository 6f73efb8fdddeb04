{# `alter .. rename` for every kind of relation. #}

{% macro get_rename_sql(relation, new_name) -%}
  {%- if relation.is_view -%}
    {{ get_rename_view_sql(relation, new_name) }}
  {%- elif relation.is_table -%}
    {{ get_rename_table_sql(relation, new_name) }}
  {%- elif relation.is_materialized_view -%}
    {{ get_rename_materialized_view_sql(relation, new_name) }}
  {%- else -%}
    {{ exceptions.raise_compiler_error('`get_rename_sql` has not been implemented for: ' ~ relation.type) }}
  {%- endif -%}
{%- endmacro %}

{% macro get_rename_view_sql(relation, new_name) -%}
  alter view {{ relation }} rename to {{ new_name }}
{%- endmacro %}

{% macro get_rename_table_sql(relation, new_name) -%}
  alter table {{ relation }} rename to {{ new_name }}
{%- endmacro %}

{% macro get_rename_materialized_view_sql(relation, new_name) -%}
  alter materialized view {{ relation }} rename to {{ new_name }}
{%- endmacro %}

{# Postgres renames views and indexes with `alter table` too. #}
{% macro rename_relation(from_relation, to_relation) %}
  {%- call statement('rename_relation') -%}
    alter table {{ from_relation.render() }} rename to {{ adapter.quote_as_configured(to_relation.identifier, 'identifier') }}
  {%- endcall -%}
{% endmacro %}

{% macro truncate_relation(relation) %}
  {%- do rsdbt_keep_consumed_rows(relation) -%}
  {%- do rsdbt_keep_staged_rows(relation) -%}
  {%- call statement('truncate_relation') -%}
    truncate table {{ relation.render() }}
  {%- endcall -%}
{% endmacro %}
