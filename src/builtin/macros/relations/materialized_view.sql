{# How a materialized view differs from its model, and what brings it up to date. #}

{# None, or the changes of its indexes and whether its query is another one. #}
{% macro get_materialized_view_configuration_changes(existing_relation, new_config) %}
  {%- set indexes = rsdbt_index_changes(existing_relation, new_config.get('indexes', default=[])) -%}
  {%- set requires_full_refresh = rsdbt_query_changed(existing_relation) -%}
  {%- if indexes or requires_full_refresh -%}
    {{ return({'indexes': indexes, 'requires_full_refresh': requires_full_refresh}) }}
  {%- endif -%}
  {{ return(none) }}
{% endmacro %}

{# The server compares: both queries as it prints them, with every `*` written out. #}
{% macro rsdbt_query_changed(relation) %}
  {%- set probe = make_temp_relation(relation) -%}
  {%- call statement('probe') -%}
    create temporary view {{ probe }} as {{ sql }}
  {%- endcall -%}
  {%- set answer = run_query(
    'select pg_get_viewdef(' ~ rsdbt_regclass(probe) ~ ') is distinct from pg_get_viewdef(' ~ rsdbt_regclass(relation) ~ ')'
  ) -%}
  {%- do run_query('drop view ' ~ probe) -%}
  {{ return(answer.rows[0][0]) }}
{% endmacro %}

{# Readers go on while a refresh runs concurrently; that takes a unique index over plain columns and all rows. #}
{% macro refresh_materialized_view(relation) -%}
  {%- do log('Applying REFRESH to: ' ~ relation) -%}
  refresh materialized view {{ 'concurrently ' if rsdbt_can_refresh_concurrently(relation) }}{{ relation }}
{%- endmacro %}

{% macro rsdbt_can_refresh_concurrently(relation) %}
  {%- if config.get('refresh_concurrently', default=true) is false -%}
    {{ return(false) }}
  {%- endif -%}
  {%- set query -%}
    select count(*)
    from pg_catalog.pg_class as relation
    join pg_catalog.pg_index as index on index.indrelid = relation.oid
    where relation.oid = {{ rsdbt_regclass(relation) }}
      and relation.relispopulated
      and index.indisunique and index.indisvalid and index.indimmediate
      and index.indpred is null and index.indexprs is null
  {%- endset -%}
  {{ return(adapter.introspect(query).rows[0][0] > 0) }}
{% endmacro %}

{# For macros of projects: the changes as one script. #}
{% macro get_alter_materialized_view_as_sql(
  relation, configuration_changes, sql, existing_relation, backup_relation, intermediate_relation
) -%}
  {%- do log('Applying ALTER to: ' ~ relation) -%}
  {%- if configuration_changes['requires_full_refresh'] -%}
    {{ get_replace_sql(existing_relation, relation, sql) }}
  {%- else -%}
    {{ update_indexes_on_materialized_view(relation, configuration_changes['indexes']) }}
  {%- endif -%}
{%- endmacro %}

{% macro update_indexes_on_materialized_view(relation, index_changes) -%}
  {{ rsdbt_index_changes_sql(relation, index_changes) | join(';\n') }}
{%- endmacro %}

{% macro describe_materialized_view(relation) %}
  {{ return({'indexes': adapter.introspect(get_show_indexes_sql(relation))}) }}
{% endmacro %}
