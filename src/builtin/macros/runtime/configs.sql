{# What a node's config and the command line say together. #}

{% macro set_sql_header(config) -%}
  {{ config.set('sql_header', caller()) }}
{%- endmacro %}

{# The config wins over the flag: `full_refresh: false` protects a table from --full-refresh. #}
{% macro should_full_refresh() %}
  {%- set configured = config.get('full_refresh') -%}
  {{ return(rsdbt_rebuilds(flags.FULL_REFRESH if configured is none else configured)) }}
{% endmacro %}

{# A model that consumes its input cannot be built again from it, whatever flags, configs and a project's own macros say. #}
{% macro rsdbt_rebuilds(wanted) %}
  {{ return(wanted and not (config.get('consume') and model.config.materialized == 'incremental')) }}
{% endmacro %}

{% macro should_store_failures() %}
  {%- set configured = config.get('store_failures') -%}
  {{ return(flags.STORE_FAILURES if configured is none else configured) }}
{% endmacro %}

{% macro is_incremental() %}
  {%- if not execute -%}
    {{ return(False) }}
  {%- endif -%}
  {%- set existing = adapter.get_relation(this.database, this.schema, this.table) -%}
  {{ return(
    existing is not none and existing.type == 'table'
    and model.config.materialized == 'incremental' and not rsdbt_rebuilds(should_full_refresh())
  ) }}
{% endmacro %}

{% macro is_core_v2() %}
  {{ return(dbt_version.split('.')[0] == '2') }}
{% endmacro %}
