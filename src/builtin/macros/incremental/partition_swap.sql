{#
  The swap of native partitions. Everything slow happens aside; readers wait while the old partitions are detached and the
  new ones attached and this is written to the log, and for nothing else: not for an earlier reader.
#}

{# Builds the new partitions. Gives {swap, drop, failed}: what the transaction ends with, what is dropped after it, what went wrong. #}
{% macro rsdbt_swap_partitions(target, rows, columns, windows) %}
  {%- set may_act = rsdbt_refuse_other_partitions(target, columns, windows) -%}
  {%- set through = may_act and rsdbt_table_acts_on_rows(target) -%}
  {%- do rsdbt_add_missing_constraints(target) -%}
  {%- do rsdbt_add_missing_indexes(target) -%}
  {%- do rsdbt_drop_old_partitions(target) -%}
  {%- set outlived = rsdbt_outlived_partitions(target, columns) -%}
  {%- set locked = outlived | list -%}
  {%- set dropped = [] -%}
  {%- set failed = [] -%}
  {%- set changes = rsdbt_drops_of_outlived(target, outlived) -%}
  {%- set filled = namespace(rows=0) -%}
  {%- set own_rows = {} -%}
  {%- set files_before = rsdbt_files_literal(target) -%}
  {%- set with_rows = {} -%}
  {%- for window in rsdbt_windows_of_rows(rows, columns) -%}
    {%- do with_rows.update({window['name']: true}) -%}
  {%- endfor -%}
  {%- set states = {} -%}
  {%- for window in windows -%}
    {%- set partition = rsdbt_partition(target, window) -%}
    {%- do states.update({window['local_start']: rsdbt_partition_state(target, partition, rsdbt_partition_backup(partition), window, columns)}) -%}
  {%- endfor -%}
  {%- set elsewhere = rsdbt_windows_elsewhere(target, columns, windows, states) -%}
  {%- for window in windows -%}
    {%- set partition = rsdbt_partition(target, window) -%}
    {%- set backup = rsdbt_partition_backup(partition) -%}
    {%- set state = states[window['local_start']] -%}
    {%- if state or window['name'] in with_rows or window['local_start'] in elsewhere -%}
      {%- set done = rsdbt_overwrite_through(target, rows, columns, window, partition, state or window['local_start'] in elsewhere) if through
        else rsdbt_overwrite_elsewhere(target, rows, columns, window) if window['local_start'] in elsewhere
        else rsdbt_build_partition(partition, target, rows, columns, window, state) -%}
      {%- set filled.rows = filled.rows + done['rows'] -%}
      {%- if done['error'] -%}
        {%- do failed.append('\n  ' ~ partition.identifier ~ ': ' ~ done['error']) -%}
        {%- do run_query(rsdbt_unremember_sql([window])) if config.get('dirty') -%}
      {%- elif config.get('dirty') -%}
        {%- set where = [target, target, rsdbt_of_window(window, columns)] if window['local_start'] in elsewhere else [done['fresh'] or partition, target, 'true'] -%}
        {%- do own_rows.update({window['local_start']: rsdbt_own_rows_of(where[0], where[1], where[2])}) -%}
      {%- endif -%}
      {%- if done['fresh'] and not done['error'] -%}
        {%- set swapped = ['alter table ' ~ done['fresh'] ~ ' rename to ' ~ adapter.quote(partition.identifier),
          'alter table ' ~ target ~ ' attach partition ' ~ partition ~ ' for values ' ~ rsdbt_partition_bounds(window, rsdbt_field_kind(columns))] -%}
        {%- if state -%}
          {%- do locked.append(partition.render()) -%}
          {%- do dropped.append(backup.render()) -%}
          {%- set swapped = ['alter table ' ~ target ~ ' detach partition ' ~ partition,
            'alter table ' ~ partition ~ ' rename to ' ~ adapter.quote(backup.identifier)] + swapped -%}
        {%- else -%}
          {%- do swapped.extend(rsdbt_replica_identity_of_parent(target, partition)) -%}
        {%- endif -%}
        {%- do changes.append(rsdbt_swap_attempt_sql(window, partition, done['fresh'], swapped)) -%}
      {%- endif -%}
    {%- endif -%}
  {%- endfor -%}
  {%- do rsdbt_warn_of_unreplicated_swap(target) if changes -%}
  {%- do changes.extend(rsdbt_remember_swap(target, columns, windows, own_rows, changes or through, files_before)) -%}
  {%- set swap = (([rsdbt_lock_when_free([target.render()] + locked)] if locked else []) + changes) | join(';\n') -%}
  {%- call noop_statement('main', 'INSERT 0 ' ~ filled.rows, 'INSERT', filled.rows) %}{{ swap }}{% endcall -%}
  {{ return({'swap': swap if changes, 'drop': 'drop table if exists ' ~ dropped | join(', ') if dropped else none, 'failed': failed} if changes or failed else none) }}
{% endmacro %}

{% macro rsdbt_partition_backup(partition) %}
  {{ return(make_relation_with_suffix(partition, '__dbt_backup')) }}
{% endmacro %}
