{# The rows of a period that stay in their partition, or in the table. #}

{#
  Where the partition stays, its rows are replaced in one statement: a foreign key to it looks at the rows when it has
  ended. Readers and writers of other rows wait for nothing.
#}
{% macro rsdbt_overwrite_in_place(partition, target, rows, columns, window, of_window='true') %}
  {%- set insert_sql = rsdbt_insert_part_sql(partition, target, rows, columns, rsdbt_of_window(window, columns)) -%}
  {%- set delete_sql = 'delete from ' ~ partition ~ ' where ' ~ of_window -%}
  {%- set check = rsdbt_check_deleted_sql(partition, of_window) -%}
  {%- set keepers = rsdbt_row_keepers(partition, ['insert']) -%}
  {%- if keepers -%}
    {%- set expected = run_query('select pg_catalog.count(*) from ' ~ rows ~ ' where ' ~ rsdbt_of_window(window, columns)).rows[0][0] -%}
    {%- set insert_sql = rsdbt_insert_all_sql(insert_sql, expected, 'rows were not inserted, but discarded by ' ~ keepers) -%}
    {%- set done = rsdbt_attempt([delete_sql, check, insert_sql] if check else [delete_sql, insert_sql]) -%}
    {{ return(dict(done, rows=0 if done['error'] else expected)) }}
  {%- endif -%}
  {{ return(rsdbt_attempt([delete_sql, check, insert_sql] if check else [
    'with rsdbt_gone as (' ~ delete_sql ~ ' returning 1) ' ~ insert_sql ~ ' and (select pg_catalog.count(*) from rsdbt_gone) >= 0'
  ])) }}
{% endmacro %}
