{% macro default__part_name(name) %}'my {{ name }}'{% endmacro %}
{% macro shared() %}'root'{% endmacro %}
{% macro generate_schema_name(custom_schema_name, node) -%}
  {%- if node.resource_type == 'seed' and custom_schema_name is none -%}seeds
  {%- else -%}{{ default__generate_schema_name(custom_schema_name, node) }}{%- endif -%}
{%- endmacro %}
{% macro generate_alias_name(custom_alias_name=none, node=none) -%}
  {{- (custom_alias_name or node.name) ~ ('_v' ~ node.version if node.version else '') -}}
{%- endmacro %}
{% test positive(model, column_name, than=0) %}
  {{ config(severity='error', tags=['from_macro'], meta={'generic': true}) }}
  select * from {{ model }} where {{ column_name }} <= {{ than }}
{% endtest %}
