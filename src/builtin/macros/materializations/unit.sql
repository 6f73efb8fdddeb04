{# A unit test: the rows that the model gives for the fixtures beside the rows that are expected. #}

{% materialization unit, default %}
  {%- set sql_header = config.get('sql_header') if flags.REQUIRE_SQL_HEADER_IN_TEST_CONFIGS else none -%}
  {%- set expected_rows = config.get('expected_rows') -%}
  {%- set tested_columns = expected_rows[0].keys() | list if expected_rows else get_columns_in_query(sql) -%}

  {#- The model's own types: an empty temporary table knows them. -#}
  {%- set temp_relation = make_temp_relation(this.incorporate(type='table')) -%}
  {%- do run_query(get_create_table_as_sql(True, temp_relation, get_empty_subquery_sql(sql))) -%}
  {%- set types = {} -%}
  {%- set quoted = {} -%}
  {%- for column in adapter.get_columns_in_relation(temp_relation) -%}
    {%- do types.update({column.name | lower: column.data_type}) -%}
    {%- do quoted.update({column.name | lower: column.quoted}) -%}
  {%- endfor -%}
  {%- set expected_sql = config.get('expected_sql') or get_expected_sql(expected_rows, types, quoted) -%}
  {%- set tested_names = [] -%}
  {%- for name in tested_columns -%}
    {%- do tested_names.append(quoted[name | lower]) -%}
  {%- endfor -%}

  {%- call statement('main', fetch_result=True) -%}
    {{ sql_header ~ '\n' if sql_header }}{{ get_unit_test_sql(sql, expected_sql, tested_names) }}
  {%- endcall -%}
  {%- do adapter.drop_relation(temp_relation) -%}
  {{ return({'relations': []}) }}
{% endmaterialization %}

{% macro get_unit_test_sql(main_sql, expected_fixture_sql, expected_column_names) -%}
  {%- set columns = expected_column_names | join(', ') -%}
  with dbt_internal_unit_test_actual as (
    select {{ columns }}, 'actual' as {{ adapter.quote('actual_or_expected') }}
    from (
      {{ main_sql }}
    ) _dbt_internal_unit_test_actual
  ),
  dbt_internal_unit_test_expected as (
    select {{ columns }}, 'expected' as {{ adapter.quote('actual_or_expected') }}
    from (
      {{ expected_fixture_sql }}
    ) _dbt_internal_unit_test_expected
  )
  select * from dbt_internal_unit_test_actual
  union all
  select * from dbt_internal_unit_test_expected
{%- endmacro %}
