{#
  `dirty: true`: for every input with an event_time, the number of rows and a checksum per period are remembered in
  <target schema>_rsdbt.partition_fingerprints. What differs at the next run is built again.
#}

{# Local starts of the periods whose inputs differ from what the table was built of. #}
{% macro rsdbt_changed_periods_sql() %}
  {#- `horizon: 90`: older periods are taken as they are. A literal, so that an index on the event time serves. -#}
  {%- set horizon = rsdbt_periods_ago(config.get('horizon')) if config.get('horizon') is not none else none -%}
  {%- set changed -%}
    select coalesce(now_there.period, known.period)
    from (
      {{ rsdbt_fingerprints_sql(horizon, none) }}
    ) as now_there
    full join (
      select * from {{ rsdbt_fingerprint_store() }}
      where model = {{ rsdbt_model_literal() }} {{ "and period >= '" ~ horizon['local_start'] ~ "'" if horizon is not none }}
    ) as known using (input, period)
    where now_there.row_count is distinct from known.row_count or now_there.checksum is distinct from known.checksum
  {%- endset -%}
  {%- set periods = [] -%}
  {%- for row in run_query('select distinct period::text from (' ~ changed ~ ') as changed (period)').rows -%}
    {%- do periods.append("select timestamp '" ~ row[0] ~ "'") -%}
  {%- endfor -%}
  {{ return(periods | join('\nunion all\n') or 'select null::timestamp') }}
{% endmacro %}

{#
  Of the windows, or of all periods since the horizon. The planner takes every moment for a group of its own and would
  sort all rows; behind `offset '0'` it cannot see the moments, and hashes in parallel.
#}
{% macro rsdbt_fingerprints_sql(horizon, windows) %}
  {%- set queries = [] -%}
  {%- for unique_id in model.depends_on.nodes -%}
    {%- set node = graph.sources.get(unique_id) or graph.nodes.get(unique_id) -%}
    {%- if node.config.get('event_time') -%}
      {%- set columns = rsdbt_columns_of_input(node) -%}
      {%- set moment = 'input.' ~ node.config.get('event_time') -%}
      {%- set kind = rsdbt_event_kind(node, columns) -%}
      {%- set since = (windows[0] if windows is not none else horizon or {}).get('start' if kind == 'instant' else 'local_start') -%}
      {%- set query -%}
      select '{{ escape_single_quotes(unique_id) }}'::text as input, period, sum(row_count)::bigint as row_count, sum(checksum) as checksum
      from (
        select
          date_trunc('{{ rsdbt_partitioning().granularity }}', {{ rsdbt_local_field('quarter', kind) }}) as period, count(*) as row_count, sum(hash) as checksum
        from (
          select {{ rsdbt_quarter(moment, since) if kind == 'instant' else moment }} as quarter, {{ rsdbt_row_hash(columns) }} as hash
          from {{ node.relation_name }} as input
          where {{ rsdbt_in_windows(moment, kind, windows) if windows is not none
            else moment ~ " >= '" ~ since ~ "'" if since is not none else moment ~ ' is not null' }}
          offset '0'
        ) as hashed
        group by quarter
      ) as counted
      group by period
      {%- endset -%}
      {%- do queries.append(query) -%}
    {%- endif -%}
  {%- endfor -%}
  {%- if not queries -%}
    {{ exceptions.raise_compiler_error('`dirty: true` needs an input with an `event_time`') }}
  {%- endif -%}
  {{ return(queries | join('\nunion all\n')) }}
{% endmacro %}
