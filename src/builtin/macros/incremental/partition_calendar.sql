{# Between timestamps and the periods of a time zone; the server does the calendar. #}

{# Whatever the session's time zone: the epoch of a column without one counts from UTC. #}
{% macro rsdbt_local_field(column, kind) %}
  {%- if kind != 'instant' -%}
    {{ return('(' ~ column ~ ')::timestamp') }}
  {%- endif -%}
  {{ return('(' ~ rsdbt_instant_sql(column) ~ " at time zone '" ~ rsdbt_partitioning().time_zone ~ "')") }}
{% endmacro %}

{# Neither null nor infinite. #}
{% macro rsdbt_has_period_sql(column) -%}
  coalesce(pg_catalog.isfinite({{ column }}), false)
{%- endmacro %}

{# Local time of a timestamp in UTC. #}
{% macro rsdbt_local(timestamp, time_zone) -%}
  (({{ timestamp }})::timestamp at time zone 'UTC' at time zone '{{ time_zone }}')
{%- endmacro %}

{# The windows of queries that select local times, in their order. `steady`: all timestamps between its edges are the period's. #}
{% macro rsdbt_windows(queries, by=none) %}
  {%- set by = by or rsdbt_partitioning() -%}
  {%- if not queries -%}
    {{ return([]) }}
  {%- endif -%}
  {%- set rows = run_query(rsdbt_steady_windows_sql(rsdbt_chosen_periods_sql(queries, by), by)).rows -%}
  {%- set steady = not rows | rejectattr(5) | list -%}
  {%- if not steady -%}
    {%- set rows = run_query(rsdbt_windows_sql(queries, by)).rows -%}
  {%- endif -%}
  {{ return(rsdbt_windows_in(rows, steady)) }}
{% endmacro %}

{% macro rsdbt_windows_in(rows, steady) %}
  {%- set windows = [] -%}
  {%- for row in rows -%}
    {%- do windows.append({'start': row[0], 'end': row[1], 'local_start': row[2], 'local_end': row[3], 'name': row[4], 'steady': steady}) -%}
  {%- endfor -%}
  {{ return(windows) }}
{% endmacro %}

{# Where clocks stay as they are: column 5 says whether they do, for two days around both edges. `chosen` selects the starts. #}
{% macro rsdbt_steady_windows_sql(chosen, by, more='') %}
  {%- set offset = rsdbt_local('edge + around', by.time_zone) ~ ' - (edge + around)' -%}
  {%- set query -%}
    select
      (start - offset_of_start)::text || '+00', (stop - offset_of_end)::text || '+00', start::text, stop::text,
      {{ rsdbt_period_name('start', by) }}, steady_start and steady_end{{ more }}
    from (
      {{ chosen }}
    ) as period
    cross join lateral (values (start + interval '1 {{ by.granularity }}')) as following (stop)
    {%- for edge, name in [('start', 'start'), ('stop', 'end')] %}
    cross join lateral (
      select pg_catalog.min({{ offset }}), pg_catalog.min({{ offset }}) = pg_catalog.max({{ offset }})
      from (values ({{ edge }})) as edges (edge), pg_catalog.unnest(array[interval '-48 hours', '0', '48 hours']) as around
    ) as of_{{ name }} (offset_of_{{ name }}, steady_{{ name }})
    {%- endfor %}
    order by start
  {%- endset -%}
  {{ return(query) }}
{% endmacro %}

{% macro rsdbt_chosen_periods_sql(queries, by) -%}
  select distinct pg_catalog.date_trunc('{{ by.granularity }}', local_time) as start
  from (
    {{ queries | join('\nunion all\n') }}
  ) as chosen (local_time)
  where pg_catalog.isfinite(local_time)
{%- endmacro %}

{% macro rsdbt_period_name(start, by) -%}
  pg_catalog.to_char({{ start }}, '{{ 'YYYYMMDD_HH24' if by.granularity == 'hour' else 'YYYYMM' if by.granularity == 'month' else 'YYYYMMDD' }}')
{%- endmacro %}
