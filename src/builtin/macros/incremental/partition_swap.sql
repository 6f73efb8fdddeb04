{#
  The swap of native partitions. Everything slow happens aside; readers wait while the old partitions are detached and the
  new ones attached, and for nothing else: not for the disk, and not for an earlier reader.
#}

{# Builds the new partitions. Gives {swap, drop}: what the transaction ends with, and what is dropped after it. #}
{% macro rsdbt_swap_partitions(target, rows, columns, windows) %}
  {%- do rsdbt_add_missing_constraints(target) -%}
  {%- do rsdbt_add_missing_indexes(target) -%}
  {%- do rsdbt_drop_old_partitions(target) -%}
  {%- set outlived = rsdbt_outlived_partitions(target, columns) -%}
  {%- set locked = outlived | list -%}
  {%- set dropped = [] -%}
  {%- set changes = ['drop table ' ~ outlived | join(', ')] if outlived else [] -%}
  {%- set filled = namespace(rows=0) -%}
  {%- set counts = {} -%}
  {%- set files_before = rsdbt_files_literal(target) -%}
  {%- set with_rows = rsdbt_windows_of_rows(rows, columns) | map(attribute='name') | list -%}
  {%- for window in windows -%}
    {%- set partition = rsdbt_partition(target, window) -%}
    {%- set fresh = make_relation_with_suffix(partition, '__dbt_tmp') -%}
    {%- set backup = make_relation_with_suffix(partition, '__dbt_backup') -%}
    {%- set found = run_query('select ' ~ rsdbt_regclass(partition) ~ ' is not null, ' ~ rsdbt_regclass(backup) ~ ' is not null').rows[0] -%}
    {#- Of a run that ended between the swap and the drop. -#}
    {%- do run_query('drop table ' ~ backup) if found[1] -%}
    {%- if found[0] or window['name'] in with_rows -%}
      {%- do rsdbt_build_partition(fresh, target, rows, columns, window) -%}
      {%- do counts.update({window['local_start']: load_result('fill_partition')['response'].rows_affected}) -%}
      {%- set filled.rows = filled.rows + counts[window['local_start']] -%}
      {%- if found[0] -%}
        {%- do locked.append(partition.render()) -%}
        {%- do dropped.append(backup.render()) -%}
        {%- do changes.append('alter table ' ~ target ~ ' detach partition ' ~ partition) -%}
        {%- do changes.append('alter table ' ~ partition ~ ' rename to ' ~ adapter.quote(backup.identifier)) -%}
      {%- endif -%}
      {%- do changes.append('alter table ' ~ fresh ~ ' rename to ' ~ adapter.quote(partition.identifier)) -%}
      {%- do changes.append('alter table ' ~ target ~ ' attach partition ' ~ partition ~ ' for values '
        ~ rsdbt_partition_bounds(window, rsdbt_field_kind(columns))) -%}
    {%- endif -%}
  {%- endfor -%}
  {%- do changes.extend(rsdbt_remember_swap(target, columns, windows, counts, changes, files_before)) -%}
  {%- set swap = (([rsdbt_lock_when_free([target.render()] + locked)] if locked else []) + changes) | join(';\n') -%}
  {%- call noop_statement('main', 'INSERT 0 ' ~ filled.rows, 'INSERT', filled.rows) %}{{ swap }}{% endcall -%}
  {{ return({'swap': swap, 'drop': 'drop table ' ~ dropped | join(', ') if dropped else none} if changes else none) }}
{% endmacro %}

{% macro rsdbt_build_partition(fresh, target, rows, columns, window) %}
  {%- set field = rsdbt_partitioning().field -%}
  {%- call statement('build_partition') -%}
    create table {{ fresh }} (
      like {{ target }} including all,
      check ({{ field }} is not null and {{ rsdbt_in_windows(field, rsdbt_field_kind(columns), [window]) }})
    )
  {%- endcall -%}
  {%- call statement('fill_partition') -%}
    {{ rsdbt_insert_windows_sql(fresh, rows, columns, [window]) }}
  {%- endcall -%}
{% endmacro %}

{#
  A commit that drops tables waits for the disk: they are dropped after it, by a commit that makes both last. Without a
  trip to the server in between, unless the transaction has hooks to run.
#}
{% macro rsdbt_end_with_swap(ending) %}
  {%- call statement('swap') -%}
    {{ ending['swap'] }};
    {%- if post_hooks | selectattr('transaction') | list %}
    {{ ending['drop'] or 'select 0' }}
    {%- elif ending['drop'] %}
    set local synchronous_commit = off;
    commit;
    {{ ending['drop'] }}
    {%- else %}
    commit
    {%- endif %}
  {%- endcall -%}
{% endmacro %}
