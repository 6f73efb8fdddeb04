{# Triggers that give a row other values than the load does: what that must not touch. Called where something of the table acts on its rows. #}

{# The rows that an update is to change, as they are before it. #}
{% macro rsdbt_load_note_before(relation, load, others) %}
  {%- set names = (load.unique_key + others) | unique(case_sensitive=true) | list -%}
  {%- call statement('before') -%}
    create temporary table rsdbt_before on commit drop as
    select {% for name in names %}rsdbt_kept.{{ adapter.quote(name) }}{{ ', ' if not loop.last }}{% endfor %}
    from {{ rsdbt_load_rows_sql(load) }} as excluded
    join {{ relation }} as rsdbt_kept on {{ rsdbt_same_key(rsdbt_load_keys(load), 'excluded', 'rsdbt_kept') }} and ({{ rsdbt_load_differs_sql(others) }})
  {%- endcall -%}
{% endmacro %}

{# A trigger that returns the old row counts as an update. One that makes something of the new values may do so. #}
{% macro rsdbt_load_check_changed(relation, load, others, acting) %}
  {%- set same = run_query(
    'select pg_catalog.count(*)::pg_catalog.int8 from pg_temp.rsdbt_before as excluded join ' ~ relation ~ ' as rsdbt_kept on '
    ~ rsdbt_same_key(rsdbt_load_keys(load), 'excluded', 'rsdbt_kept') ~ ' where not (' ~ rsdbt_load_differs_sql(others) ~ ')'
  ).rows[0][0] -%}
  {%- if same > 0 -%}
    {{ exceptions.raise_database_error(
      rsdbt_counted(same, 'row', 'rows') ~ ' of ' ~ relation.render() ~ ' kept the old values, because of ' ~ rsdbt_all_acting(acting)
      ~ '; nothing was loaded\nhelp: let the trigger return the new row, or leave such rows out of the load'
    ) }}
  {%- endif -%}
{% endmacro %}

{#
  The highest value of the cursor says what the next load reads. `low`: where the periods begin that were replaced; a row that left them would
  be there twice after the next load.
#}
{% macro rsdbt_load_check_cursor(relation, load, low) %}
  {%- set acting = rsdbt_acting_on_rows(relation, ['insert', 'update', 'delete']) -%}
  {%- if not acting -%}
    {{ return('') }}
  {%- endif -%}
  {%- set column = adapter.quote(load.cursor.column) -%}
  {%- set at = 'DBT_INTERNAL_DEST.' ~ column -%}
  {%- set is_other = at ~ ' operator(pg_catalog.>) (select pg_catalog.max(staged.' ~ column ~ ') from pg_temp.rsdbt_staged as staged)' -%}
  {%- if load.mode == 'replace_partition' and low is not none -%}
    {%- set is_other = '(' ~ is_other ~ ' or ' ~ at ~ " operator(pg_catalog.<) '" ~ low ~ "'::" ~ load.cursor.type ~ ')' -%}
  {%- endif -%}
  {%- set others = run_query(
    'select pg_catalog.count(*)::pg_catalog.int8 from ' ~ relation ~ ' as DBT_INTERNAL_DEST where ' ~ rsdbt_is_written_sql() ~ ' and ' ~ is_other
  ).rows[0][0] -%}
  {%- if others > 0 -%}
    {{ exceptions.raise_database_error(
      rsdbt_counted(others, 'row has', 'rows have') ~ ' another ' ~ column ~ ' in ' ~ relation.render() ~ ' than any of the load, because of ' ~ rsdbt_all_acting(acting)
      ~ ': the next load would look for newer rows in the wrong place. Nothing was loaded\nhelp: let the trigger leave the `cursor` as it is, or load without one'
    ) }}
  {%- endif -%}
{% endmacro %}
