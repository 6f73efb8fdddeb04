{# Between moments and the periods of a time zone; the server does the calendar. #}

{# A moment without a time zone is UTC. #}
{% macro rsdbt_local(moment) -%}
  (({{ moment }})::timestamp at time zone 'UTC' at time zone '{{ rsdbt_partitioning().time_zone }}')
{%- endmacro %}

{# Whatever the session's time zone: the epoch of a column without one counts from UTC. #}
{% macro rsdbt_local_field(column, kind) %}
  {%- if kind != 'instant' -%}
    {{ return('(' ~ column ~ ')::timestamp') }}
  {%- endif -%}
  {{ return("(to_timestamp(date_part('epoch', " ~ column ~ ")) at time zone '" ~ rsdbt_partitioning().time_zone ~ "')") }}
{% endmacro %}

{# In UTC. Where clocks go back, a time comes twice and the server means the later one; where they go forward, none. #}
{% macro rsdbt_first_moment(local_time) -%}
  {%- set time_zone = rsdbt_partitioning().time_zone -%}
  {%- set moment = '(' ~ local_time ~ " at time zone '" ~ time_zone ~ "')" -%}
  coalesce((
    select min({{ moment }} - earlier)
    from unnest(array[interval '0', '30 minutes', '1 hour', '2 hours']) as earlier
    where ({{ moment }} - earlier) at time zone '{{ time_zone }}' = {{ local_time }}
  ), {{ moment }}) at time zone 'UTC'
{%- endmacro %}

{# The windows of queries that select local times, in their order. #}
{% macro rsdbt_windows(queries) %}
  {%- set by = rsdbt_partitioning() -%}
  {%- set query -%}
    with period as (
      select distinct date_trunc('{{ by.granularity }}', moment) as start
      from (
        {{ queries | join('\nunion all\n') }}
      ) as chosen (moment)
      where moment is not null
    )
    select
      {{ rsdbt_first_moment('start') }} as "start",
      {{ rsdbt_first_moment("(start + interval '1 " ~ by.granularity ~ "')") }} as "end",
      start as local_start,
      start + interval '1 {{ by.granularity }}' as local_end,
      to_char(start, '{{ 'YYYYMMDD_HH24' if by.granularity == 'hour' else 'YYYYMM' if by.granularity == 'month' else 'YYYYMMDD' }}') as name
    from period
    order by start
  {%- endset -%}
  {%- set windows = [] -%}
  {%- for row in run_query("select \"start\" || '+00', \"end\" || '+00', local_start::text, local_end::text, name from (" ~ query ~ ') as windows order by 3').rows -%}
    {%- do windows.append({'start': row[0], 'end': row[1], 'local_start': row[2], 'local_end': row[3], 'name': row[4]}) -%}
  {%- endfor -%}
  {{ return(windows) }}
{% endmacro %}

{# The window of so many periods ago. #}
{% macro rsdbt_periods_ago(count) %}
  {%- set by = rsdbt_partitioning() -%}
  {{ return(rsdbt_windows([
    "select now() at time zone '" ~ by.time_zone ~ "' - " ~ count ~ " * interval '1 " ~ by.granularity ~ "'"
  ])[0]) }}
{% endmacro %}

{#
  A moment, coarse, in the same period of any time zone: to count by quarters and those by periods is cheaper than to
  look up the zone for every row. Offsets have been whole quarters since 1972; one that is spelt out may be anything.
#}
{% macro rsdbt_quarter(moment, since) %}
  {%- set width = '1 second' if ':' in rsdbt_partitioning().time_zone else '15 minutes' -%}
  {%- set quarter = "date_bin('" ~ width ~ "', " ~ moment ~ ", timestamp '2000-01-01')" -%}
  {%- if since is not none and since >= '1972-01-08' -%}
    {{ return(quarter) }}
  {%- endif -%}
  {{ return('case when ' ~ moment ~ " < '1972-01-08' then date_trunc('second', " ~ moment ~ ') else ' ~ quarter ~ ' end') }}
{% endmacro %}
