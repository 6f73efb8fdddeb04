{# `on_schema_change`: what happens when the query's columns are not the table's any more. #}

{% macro incremental_validate_on_schema_change(on_schema_change, default='ignore') %}
  {%- if on_schema_change in ['ignore', 'fail', 'append_new_columns', 'sync_all_columns'] -%}
    {{ return(on_schema_change) }}
  {%- endif -%}
  {%- do log('Invalid value for on_schema_change (' ~ on_schema_change ~ ') specified. Setting default value of ' ~ default ~ '.') -%}
  {{ return(default) }}
{% endmacro %}

{# dbt's default leaves out what the table has no column for. Who writes `ignore` wants that. `columns`: of rsdbt_widened_columns. #}
{% macro rsdbt_warn_of_left_out_columns(columns, target_relation) %}
  {%- set there = columns['target'] | map(attribute='name') | list -%}
  {%- set left_out = columns['source'] | rejectattr('name', 'in', there) | map(attribute='quoted') | list -%}
  {%- if left_out and there and 'on_schema_change' not in model.unrendered_config -%}
    {%- set one = left_out | length == 1 -%}
    {%- do rsdbt_warn(
      ('column ' if one else 'columns ') ~ left_out | join(', ') ~ ' of the query ' ~ ('is' if one else 'are') ~ ' not in ' ~ target_relation.render()
      ~ ' and ' ~ ('was' if one else 'were') ~ ' left out. Set on_schema_change: `append_new_columns` adds ' ~ ('it' if one else 'them')
      ~ ' to the table, `ignore` leaves ' ~ ('it' if one else 'them') ~ ' out without this warning'
    ) -%}
  {%- endif -%}
{% endmacro %}

{# The columns to insert, or nothing when the table's own shall be used. #}
{% macro process_schema_changes(on_schema_change, source_relation, target_relation) %}
  {%- if on_schema_change == 'ignore' -%}
    {{ return({}) }}
  {%- endif -%}
  {%- set changes = check_for_schema_changes(source_relation, target_relation) -%}
  {%- if not changes['source_columns'] -%}
    {%- set problem = 'Could not read any columns of ' ~ source_relation ~ ', which this run has just built: '
      ~ 'this is a metadata failure, not a change of ' ~ target_relation -%}
    {%- if on_schema_change == 'append_new_columns' -%}
      {%- do exceptions.warn(problem) -%}
      {{ return({}) }}
    {%- endif -%}
    {{ exceptions.raise_compiler_error(problem) }}
  {%- elif changes['schema_changed'] and on_schema_change == 'fail' -%}
    {{ exceptions.raise_compiler_error(
      'The source and target schemas on this incremental model are out of sync!\n'
      ~ '  Source columns not in target: ' ~ changes['source_not_in_target'] | map(attribute='name') | join(', ') ~ '\n'
      ~ '  Target columns not in source: ' ~ changes['target_not_in_source'] | map(attribute='name') | join(', ') ~ '\n'
      ~ '  New column types: ' ~ changes['new_target_types'] ~ '\n'
      ~ 'Set on_schema_change to append_new_columns or sync_all_columns, run with --full-refresh, or alter the table'
    ) }}
  {%- elif changes['schema_changed'] -%}
    {%- do rsdbt_keep_consumed_columns(source_relation, target_relation, changes) if on_schema_change == 'sync_all_columns' -%}
    {%- do sync_column_schemas(on_schema_change, target_relation, changes) -%}
  {%- endif -%}
  {{ return(changes['source_columns']) }}
{% endmacro %}

{% macro check_for_schema_changes(source_relation, target_relation) %}
  {%- set filled = rsdbt_filled_columns(target_relation) -%}
  {%- set given = adapter.get_columns_in_relation(source_relation) -%}
  {%- set source_columns = rsdbt_without_filled(given, filled, given) -%}
  {%- set target_columns = rsdbt_without_filled(adapter.get_columns_in_relation(target_relation), filled, given) -%}
  {%- set added = diff_columns(source_columns, target_columns) -%}
  {%- set removed = diff_columns(target_columns, source_columns) -%}
  {%- set retyped = diff_column_data_types(source_columns, target_columns) -%}
  {%- set changed = (added or removed or retyped) | length > 0 -%}
  {%- do log('In ' ~ target_relation ~ ': schema changed: ' ~ changed ~ ', added: ' ~ added ~ ', removed: ' ~ removed
    ~ ', retyped: ' ~ retyped) -%}
  {{ return({
    'schema_changed': changed, 'source_columns': source_columns, 'target_columns': target_columns,
    'source_not_in_target': added, 'target_not_in_source': removed, 'new_target_types': retyped,
  }) }}
{% endmacro %}

{% macro sync_column_schemas(on_schema_change, target_relation, schema_changes_dict) %}
  {%- set sync_all = on_schema_change == 'sync_all_columns' -%}
  {%- set removed = schema_changes_dict['target_not_in_source'] if sync_all else [] -%}
  {%- if schema_changes_dict['source_not_in_target'] or removed -%}
    {%- do alter_relation_add_remove_columns(target_relation, schema_changes_dict['source_not_in_target'], removed) -%}
  {%- endif -%}
  {%- for change in schema_changes_dict['new_target_types'] if sync_all -%}
    {%- do alter_column_type(target_relation, change['column_name'], change['new_type']) -%}
  {%- endfor -%}
{% endmacro %}
