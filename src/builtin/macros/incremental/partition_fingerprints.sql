{# `dirty: true`: for every input with an event_time, the number of rows and a checksum per period. #}

{#
  Of the windows, or of all periods since the horizon, or before it. The planner takes every timestamp for a group of its own and would
  sort all rows; behind `offset '0'` it cannot see the timestamps, and hashes in parallel. Rows of one window need no groups.
#}
{% macro rsdbt_fingerprints_sql(horizon, windows, side='since') %}
  {%- set queries = [] -%}
  {%- set width = namespace(bin=none) -%}
  {%- set whole = windows[0] if windows is not none and windows | length == 1 and windows[0]['steady'] else none -%}
  {%- for node in rsdbt_inputs_with_event_time() -%}
    {%- set columns = rsdbt_columns_of_input(node) -%}
    {%- set at = 'input.' ~ rsdbt_event_column(node, columns).quoted -%}
    {%- set kind = rsdbt_event_kind(node, columns) -%}
    {%- set edge = (windows[0] if windows is not none else horizon or {}).get('start' if kind == 'instant' else 'local_start') -%}
    {%- set since = edge if side == 'since' else none -%}
    {%- if kind == 'instant' and width.bin is none and whole is none -%}
      {%- set width.bin = rsdbt_bin_width(since, windows[-1]['end'] if windows else none, rsdbt_partitioning().time_zone) -%}
    {%- endif -%}
    {%- set query -%}
      select '{{ escape_single_quotes(node.unique_id) }}'::text as input, period, pg_catalog.sum(row_count)::bigint as row_count, pg_catalog.sum(checksum){{ rsdbt_calendar_hash(columns) }} as checksum
      from (
        select
          {{ "timestamp '" ~ whole['local_start'] ~ "'" if whole is not none
            else "pg_catalog.date_trunc('" ~ rsdbt_partitioning().granularity ~ "', " ~ rsdbt_local_field('bin', kind) ~ ')' }} as period,
          pg_catalog.count(*) as row_count, pg_catalog.sum({{ rsdbt_mixed_hash('hash') }}) as checksum
        from (
          select {{ (rsdbt_bin(at, since, width.bin) if kind == 'instant' else at) ~ ' as bin, ' if whole is none }}{{ rsdbt_row_hash(columns) }} as hash
          from {{ node.relation_name }} as input
          where {{ rsdbt_in_windows(at, kind, windows) if windows is not none
            else at ~ (' >= ' if side == 'since' else ' < ') ~ "'" ~ edge ~ "'" if edge is not none else at ~ ' is not null' }}
          offset '0'
        ) as hashed
        {{ 'group by bin' if whole is none else 'having pg_catalog.count(*) > 0' }}
      ) as counted
      group by period
    {%- endset -%}
    {%- do queries.append(query) -%}
  {%- endfor -%}
  {%- if not queries -%}
    {{ exceptions.raise_compiler_error('`dirty: true` needs an input with an `event_time`') }}
  {%- endif -%}
  {{ return(queries | join('\nunion all\n')) }}
{% endmacro %}
