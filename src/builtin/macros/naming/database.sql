{# Postgres reads one database per connection: a custom database is only useful when it is the target's own. #}

{% macro generate_database_name(custom_database_name=none, node=none) -%}
  {{ target.database if custom_database_name is none else custom_database_name }}
{%- endmacro %}
