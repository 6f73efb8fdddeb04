{#
  `drop` for every kind of relation, as macros of projects expect it: with everything that depends on it.
  The materializations themselves never cascade; see swap.sql.
#}

{% macro get_drop_sql(relation) -%}
  {%- if relation.is_view -%}
    {{ drop_view(relation) }}
  {%- elif relation.is_table -%}
    {{ drop_table(relation) }}
  {%- elif relation.is_materialized_view -%}
    {{ drop_materialized_view(relation) }}
  {%- else -%}
    drop {{ relation.type }} if exists {{ relation.render() }} cascade
  {%- endif -%}
{%- endmacro %}

{% macro drop_view(relation) -%}
  drop view if exists {{ relation.render() }} cascade
{%- endmacro %}

{% macro drop_table(relation) -%}
  drop table if exists {{ relation.render() }} cascade
{%- endmacro %}

{% macro drop_materialized_view(relation) -%}
  drop materialized view if exists {{ relation.render() }} cascade
{%- endmacro %}

{% macro drop_relation(relation) %}
  {%- do rsdbt_keep_consumed_rows(relation) -%}
  {%- do rsdbt_keep_staged_rows(relation) -%}
  {%- call statement('drop_relation', auto_begin=False) -%}
    {{ get_drop_sql(relation) }}
  {%- endcall -%}
{% endmacro %}

{% macro drop_relation_if_exists(relation) %}
  {%- if relation is not none -%}
    {%- do adapter.drop_relation(relation) -%}
  {%- endif -%}
{% endmacro %}

{# Refuses, naming them, when others depend on the relation. #}
{% macro rsdbt_drop_alone(relation) %}
  {%- if relation is not none -%}
    {%- do rsdbt_keep_consumed_rows(relation) -%}
    {%- call statement('drop_relation') -%}
      drop {{ rsdbt_kind(relation) }} if exists {{ relation.render() }}
    {%- endcall -%}
    {%- do adapter.cache_dropped(relation) -%}
  {%- endif -%}
{% endmacro %}

{# The word that SQL uses for a relation's type. #}
{% macro rsdbt_kind(relation) -%}
  {{ 'materialized view' if relation.is_materialized_view else 'view' if relation.is_view else relation.type or 'table' }}
{%- endmacro %}
