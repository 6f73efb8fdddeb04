{# `dbt clone`: Postgres copies no tables for free, so the clone is a view of the original. #}

{% materialization clone, default %}
  {%- set existing_relation = load_cached_relation(this) -%}
  {%- if not defer_relation -%}
    {%- do log('No relation found in state manifest for ' ~ model.unique_id, info=True) -%}
    {{ return({'relations': []}) }}
  {%- elif existing_relation and not flags.FULL_REFRESH -%}
    {%- do log('Relation ' ~ existing_relation ~ ' already exists', info=True) -%}
    {{ return({'relations': []}) }}
  {%- endif -%}
  {%- if existing_relation and config.get('consume') -%}
    {%- do exceptions.warn(this.identifier ~ ': --full-refresh is ignored with `consume`: the rows consumed so far are in the table only') -%}
    {{ return({'relations': []}) }}
  {%- endif -%}
  {%- set target_relation = this.incorporate(type='table') -%}
  {%- set original = load_cached_relation(defer_relation) -%}
  {%- if not (can_clone_table() and original and original.is_table) -%}
    {%- set search_name = 'materialization_view_' ~ adapter.type() -%}
    {%- set materialize_view = context[search_name if search_name in context else 'materialization_view_default'] -%}
    {{ return(materialize_view()) }}
  {%- endif -%}

  {#- Only for projects that teach create_or_replace_clone a way of their own. -#}
  {%- if existing_relation and not existing_relation.is_table -%}
    {%- do rsdbt_drop_alone(existing_relation) -%}
  {%- endif -%}
  {%- if target_relation.render() != defer_relation.render() -%}
    {%- call statement('main') -%}
      {{ create_or_replace_clone(target_relation, defer_relation) }}
    {%- endcall -%}
  {%- endif -%}
  {%- do apply_grants(target_relation, config.get('grants'), should_revoke=should_revoke(existing_relation)) -%}
  {%- do persist_docs(target_relation, model) -%}
  {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

{% macro can_clone_table() %}{{ return(False) }}{% endmacro %}

{% macro create_or_replace_clone(this_relation, defer_relation) -%}
  create table {{ this_relation.render() }} as table {{ defer_relation.render() }}
{%- endmacro %}
