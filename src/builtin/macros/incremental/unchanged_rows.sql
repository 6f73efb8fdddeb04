{#
  Rows that an UPDATE has written and that are what they were: a trigger that returns OLD does that, and so does one that normalizes the new values
  to the old ones, or keeps a column on purpose. Asked only where a BEFORE UPDATE trigger or a rule is.
#}

{# The rows that are about to change, as they are. `match`: of the rows `from` with those of the target; `row` is their alias. #}
{% macro rsdbt_old_rows_sql(old, target, from, row, match, written) -%}
  create temporary table {{ old }} on commit drop as
  select DBT_INTERNAL_DEST.* from {{ target }} as DBT_INTERNAL_DEST
  where exists (select from {{ from }} where ({{ match }}) and {{ rsdbt_differs_sql(target, row, written) }})
{%- endmacro %}

{# Of a merge; that of a merge_upsert is part of its statements. #}
{% macro rsdbt_keep_old_rows(strategy_sql, arg_dict) %}
  {%- set matches = rsdbt_matches_of_merge(strategy_sql, arg_dict) -%}
  {%- set written = rsdbt_merged_columns(arg_dict) -%}
  {%- if matches is not none and written -%}
    {%- set old = make_temp_relation(arg_dict['target_relation'], '__dbt_old') -%}
    {%- do run_query(rsdbt_old_rows_sql(
      old, arg_dict['target_relation'], arg_dict['temp_relation'] ~ ' as DBT_INTERNAL_SOURCE', 'DBT_INTERNAL_SOURCE', matches | join(') and ('), written
    )) -%}
    {%- do arg_dict.update({'rsdbt_probed': {
      'old': old, 'from': arg_dict['temp_relation'] ~ ' as DBT_INTERNAL_SOURCE', 'row': 'DBT_INTERNAL_SOURCE', 'keys': rsdbt_listed(arg_dict['unique_key']), 'written': written,
      'match': rsdbt_merge_matches(arg_dict['unique_key']) | join(' and '),
    }}) -%}
  {%- endif -%}
{% endmacro %}

{# After the statements. `probed`: {old, from, row, keys, written, match}. #}
{% macro rsdbt_check_unchanged(target, probed, keepers) %}
  {%- set old = probed['old'] -%}
  {%- set own = [] -%}
  {%- set others = [] -%}
  {%- for column in adapter.get_columns_in_relation(target) -%}
    {%- do own.append('DBT_INTERNAL_DEST.' ~ column.quoted) -%}
    {%- do others.append('rsdbt_old.' ~ column.quoted) -%}
  {%- endfor -%}
  {%- set matches = [] -%}
  {%- for key in probed['keys'] -%}
    {%- do matches.append('rsdbt_old.' ~ key ~ ' = DBT_INTERNAL_DEST.' ~ key) -%}
  {%- endfor -%}
  {%- set is_same = (matches | join(' and ') or 'true') ~ ' and pg_catalog.record_image_eq(row(' ~ own | join(', ') ~ '), row(' ~ others | join(', ') ~ '))' -%}
  {%- do run_query('delete from ' ~ old ~ ' as rsdbt_old where not exists (select from ' ~ target ~ ' as DBT_INTERNAL_DEST where ' ~ is_same ~ ')') -%}
  {%- set count = run_query('select pg_catalog.count(*) from ' ~ old).rows[0][0] -%}
  {%- if count > 0 -%}
    {%- do run_query(rsdbt_probe_sql(target, old, probed, is_same, matches | join(' and '))) -%}
    {%- set kept = run_query("select pg_catalog.current_setting('rsdbt.kept')").rows[0][0] | int -%}
    {%- if kept > 0 -%}
      {%- do rsdbt_raise_kept(target, kept, keepers) -%}
    {%- elif kept < 0 -%}
      {%- do rsdbt_warn(rsdbt_counted(count, 'row', 'rows') ~ ' should have changed and ' ~ ('is' if count == 1 else 'are') ~ ' what ' ~ ('it was' if count == 1 else 'they were')
        ~ ', as ' ~ keepers ~ ' writes ' ~ ('it' if count == 1 else 'them')) -%}
    {%- endif -%}
  {%- endif -%}
{% endmacro %}
