{# A data test: one row that says how many rows fail. #}

{% materialization test, default %}
  {%- set sql_header = config.get('sql_header') if flags.REQUIRE_SQL_HEADER_IN_TEST_CONFIGS else none -%}
  {%- set header = sql_header ~ '\n' if sql_header else '' -%}
  {%- set main_sql = get_limit_subquery_sql(sql, config.get('limit')) -%}
  {%- set tested = model.get('test_metadata') or {} -%}
  {%- if not tested.get('namespace') and tested.get('name') in ['accepted_values', 'relationships', 'facts_before_horizon'] -%}
    {%- do rsdbt_refuse_comparisons_of_others() -%}
  {%- endif -%}
  {%- set relations = [] -%}
  {%- if should_store_failures() -%}
    {%- set stored = rsdbt_store_failures(header, main_sql) -%}
    {%- do relations.append(stored) -%}
    {%- set main_sql = 'select * from ' ~ stored -%}
  {%- endif -%}
  {%- call statement('main', fetch_result=True) -%}
    {{ header }}{{ get_test_sql(main_sql, config.get('fail_calc'), config.get('warn_if'), config.get('error_if'), limit=none) }}
  {%- endcall -%}
  {{ return({'relations': relations}) }}
{% endmaterialization %}

{# The failing rows as a table or view, new every time; the count then reads them from there. #}
{% macro rsdbt_store_failures(header, failures_sql) %}
  {%- set kind = config.get('store_failures_as') or 'table' -%}
  {%- if kind not in ['table', 'view'] -%}
    {{ exceptions.raise_compiler_error(
      "'" ~ kind ~ "' is not a valid value for `store_failures_as`. Accepted values are: ['ephemeral', 'table', 'view']"
    ) }}
  {%- endif -%}
  {%- set identifier = model['alias'] -%}
  {%- set old_relation = adapter.get_relation(database=database, schema=schema, identifier=identifier) -%}
  {%- set target_relation = api.Relation.create(identifier=identifier, schema=schema, database=database, type=kind) -%}
  {%- do rsdbt_begin_where_needed() -%}
  {%- do rsdbt_keep_staged_rows(old_relation) -%}
  {%- do rsdbt_drop_alone(old_relation) -%}
  {%- call statement(auto_begin=True) -%}
    {{ header }}{{ get_create_sql(target_relation, failures_sql) }}
  {%- endcall -%}
  {%- do adapter.cache_added(target_relation) -%}
  {%- do adapter.commit() -%}
  {{ return(target_relation) }}
{% endmacro %}
