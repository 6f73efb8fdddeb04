{#
  After a strategy's statements: whether they have written all rows. Looked at only where something of the table can hold rows back,
  and only for SQL of our own: a project's strategy may leave rows out on purpose.
#}

{# Of an increment that is done. `acting`: of rsdbt_acting_on_rows. #}
{% macro rsdbt_check_written(strategy_sql, arg_dict, acting) %}
  {%- set target = arg_dict['target_relation'] -%}
  {%- set rows = arg_dict['temp_relation'] -%}
  {%- set columns = arg_dict['dest_columns'] -%}
  {%- set sql = strategy_sql | trim -%}
  {%- do rsdbt_fire_deferred(acting) -%}
  {%- if sql.endswith(rsdbt_insert_sql(target, rows, columns) | trim) -%}
    {%- do rsdbt_check_inserted(target, rows, 'true') -%}
    {%- set keys = rsdbt_listed(arg_dict['unique_key']) if 'delete from' in sql else [] -%}
    {%- do rsdbt_check_there(
      target, load_result('main')['response'].rows_affected, acting, rsdbt_count_short(target, rows, keys) if keys else none, keys
    ) -%}
  {%- elif 'rsdbt_overwritten' in arg_dict -%}
    {%- do rsdbt_check_inserted(target, rows, arg_dict['rsdbt_overwritten']) -%}
    {%- do rsdbt_check_periods(target, rows, columns, arg_dict['rsdbt_overwritten'], acting) -%}
  {%- elif 'rsdbt_upserted' in arg_dict -%}
    {%- do rsdbt_check_upserted(target, arg_dict['rsdbt_upserted'], acting) -%}
  {%- elif rsdbt_matches_of_merge(strategy_sql, arg_dict) is not none -%}
    {%- do rsdbt_check_merged(arg_dict, rsdbt_matches_of_merge(strategy_sql, arg_dict), acting) -%}
    {%- do rsdbt_check_unchanged(target, arg_dict['rsdbt_probed'], acting['updates']) if 'rsdbt_probed' in arg_dict -%}
  {%- endif -%}
{% endmacro %}

{% macro rsdbt_check_inserted(target, rows, condition) %}
  {%- set query -%}
    select pg_catalog.count(*), (
      select class.relkind = 'r' and class.relhassubclass from pg_catalog.pg_class as class where class.oid = {{ rsdbt_regclass(target) }}
    ) from {{ rows }} where {{ condition }}
  {%- endset -%}
  {%- set expected, has_children = run_query(query).rows[0] -%}
  {%- set missing = expected - load_result('main')['response'].rows_affected -%}
  {%- if missing > 0 and has_children -%}
    {%- do rsdbt_check_routed(target, missing) -%}
  {%- elif missing > 0 -%}
    {%- do rsdbt_raise_discarded(target, missing) -%}
  {%- endif -%}
{% endmacro %}
