{# The rows of a period that stay in their partition, or in the table. #}

{#
  Where the partition stays, its rows are replaced in one statement: a foreign key to it looks at the rows when it has
  ended. Readers and writers of other rows wait for nothing. `first`: statements that go before.
#}
{% macro rsdbt_overwrite_in_place(partition, target, rows, columns, window, of_window='true', first=[]) %}
  {%- set insert_sql = rsdbt_insert_part_sql(partition, target, rows, columns, rsdbt_of_window(window, columns)) -%}
  {%- set delete_sql = 'delete from ' ~ partition ~ ' where ' ~ of_window -%}
  {%- set class = rsdbt_class_flags(partition) -%}
  {%- set check = rsdbt_check_deleted_sql(partition, of_window, is_all=false, known_flags=class) -%}
  {%- set acting = rsdbt_acting_on_rows(partition, ['insert'], class) -%}
  {%- if acting -%}
    {%- set expected = run_query('select pg_catalog.count(*) from ' ~ rows ~ ' where ' ~ rsdbt_of_window(window, columns)).rows[0][0] -%}
    {%- set insert_sql = rsdbt_insert_all_sql(insert_sql, expected, partition, of_window, acting) -%}
    {%- set done = rsdbt_attempt(first + [delete_sql] + rsdbt_listed(check) + [insert_sql]) -%}
    {{ return(dict(done, rows=0 if done['error'] else expected)) }}
  {%- endif -%}
  {{ return(rsdbt_attempt(first + ([delete_sql, check, insert_sql] if check else [
    'with rsdbt_gone as (' ~ delete_sql ~ ' returning 1) ' ~ insert_sql ~ ' and (select pg_catalog.count(*) from rsdbt_gone) >= 0'
  ]))) }}
{% endmacro %}

{# A block that inserts so many rows, of which none then belongs to another period, or is gone. #}
{% macro rsdbt_insert_all_sql(insert_sql, expected, partition, of_window, acting) %}
  {%- set fails = "raise exception using message = (wanted - written)::pg_catalog.text || case when wanted - written = 1::pg_catalog.int8 then ' row ' else ' rows ' end || '" -%}
  {{ return(rsdbt_block(
    'declare wanted constant pg_catalog.int8 := ' ~ expected ~ '; written pg_catalog.int8; begin ' ~ insert_sql ~ '; get diagnostics written = row_count; if written < wanted then '
    ~ fails ~ escape_single_quotes('not inserted, but discarded by ' ~ (acting['keepers'] or rsdbt_all_acting(acting)))
    ~ "'; end if; " ~ rsdbt_fire_deferred_sql(acting) ~ " written := (select pg_catalog.count(*) from " ~ partition ~ ' where ' ~ of_window ~ '); if written < wanted then '
    ~ fails ~ escape_single_quotes('written, but then not in the period, because of ' ~ rsdbt_all_acting(acting)) ~ "'; end if; end"
  )) }}
{% endmacro %}
