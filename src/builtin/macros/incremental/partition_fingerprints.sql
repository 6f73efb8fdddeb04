{# `dirty: true`: for every input with an event_time, the number of rows and a checksum per period. #}

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
