{#
  The swap of native partitions. Everything slow happens aside; readers wait while the old partitions are detached and the
  new ones attached, and for nothing else: not for the disk, and not for an earlier reader.
#}

{# Builds the new partitions. Gives {swap, drop, failed}: what the transaction ends with, what is dropped after it, what went wrong. #}
{% macro rsdbt_swap_partitions(target, rows, columns, windows) %}
  {%- do rsdbt_refuse_other_partitions(target, columns, windows) -%}
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
  {%- for window in windows -%}
    {%- set partition = rsdbt_partition(target, window) -%}
    {%- set backup = make_relation_with_suffix(partition, '__dbt_backup') -%}
    {%- set state = rsdbt_partition_state(partition, backup) -%}
    {%- if state or window['name'] in with_rows -%}
      {%- set done = rsdbt_build_partition(partition, target, rows, columns, window, state) -%}
      {%- set filled.rows = filled.rows + done['rows'] -%}
      {%- if done['error'] -%}
        {%- do failed.append('\n  ' ~ partition.identifier ~ ': ' ~ done['error']) -%}
        {%- do run_query(rsdbt_unremember_sql([window])) if config.get('dirty') -%}
      {%- elif config.get('dirty') -%}
        {%- do own_rows.update({window['local_start']: rsdbt_own_rows_of(done['fresh'] or partition, target)}) -%}
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
  {%- do changes.extend(rsdbt_remember_swap(target, columns, windows, own_rows, changes, files_before)) -%}
  {%- set swap = (([rsdbt_lock_when_free([target.render()] + locked)] if locked else []) + changes) | join(';\n') -%}
  {%- call noop_statement('main', 'INSERT 0 ' ~ filled.rows, 'INSERT', filled.rows) %}{{ swap }}{% endcall -%}
  {{ return({'swap': swap if changes, 'drop': 'drop table if exists ' ~ dropped | join(', ') if dropped else none, 'failed': failed} if changes or failed else none) }}
{% endmacro %}

{#
  A commit that drops tables waits for the disk: they are dropped after it, by a commit that makes both last, unless the
  transaction has hooks to run. What could not be swapped is asked for before the commit: afterwards the session may be another one.
#}
{% macro rsdbt_end_with_swap(ending) %}
  {%- set drops_later = ending['drop'] and not post_hooks | selectattr('transaction') | list -%}
  {%- call statement('swap') -%}
    select pg_catalog.set_config('rsdbt.unswapped', '', false), pg_catalog.set_config('rsdbt.undropped', '', false);
    {{ ending['swap'] }}
    {%- if drops_later %};
    set local synchronous_commit = off
    {%- elif ending['drop'] %};
    {{ ending['drop'] }}
    {%- endif %}
  {%- endcall -%}
  {%- do rsdbt_note_what_stayed(ending) -%}
  {%- if drops_later -%}
    {%- call statement(auto_begin=False) -%}commit{%- endcall -%}
    {%- do adapter.repeat(ending['drop']) -%}
  {%- endif -%}
{% endmacro %}
