{#
  Windows near changes of clocks. A period is all instants whose local time is in it. Where clocks go back over an edge
  (St. John's: from 00:01 to 23:01), two periods take turns: they are one period to rebuild. The windows of such
  periods meet where the later one begins for the first time.
#}

{# Windows of the periods that the queries' local times are in, and of those that take turns with them. #}
{% macro rsdbt_windows_sql(queries, by) %}
  {%- set step = "interval '1 " ~ by.granularity ~ "'" -%}
  {#- Vostok went back by seven hours. -#}
  {%- set reach = 12 if by.granularity == 'hour' else 2 -%}
  {%- set query -%}
    with recursive chosen as materialized (
      {{ rsdbt_chosen_periods_sql(queries, by) }}
    ),
    candidate as materialized (
      select distinct start + n::pg_catalog.float8 * {{ step }} as start from chosen, pg_catalog.generate_series(-{{ reach }}, {{ reach }}) as n
    ),
    edge (edge) as materialized (
      select start from candidate union select start + {{ step }} from candidate
    ),
    {{ rsdbt_transitions_sql("select distinct pg_catalog.date_bin('6 hours', edge, timestamp '2000-01-01') + n::pg_catalog.float8 * interval '6 hours'
      from edge, pg_catalog.generate_series(-8, 9) as n", '6 hours', by.time_zone) }},
    piece (edge, starts, clock) as (
      select edge, timestamp '-infinity', clock from edge join probe
        on at = pg_catalog.date_bin('6 hours', edge, timestamp '2000-01-01') - interval '48 hours'
      union all
      select edge, transition.at, transition.clock from edge join transition
        on transition.at > pg_catalog.date_bin('6 hours', edge, timestamp '2000-01-01') - interval '48 hours'
        and transition.at <= pg_catalog.date_bin('6 hours', edge, timestamp '2000-01-01') + interval '54 hours'
    ),
    instant (edge, first, taking_turns) as materialized (
      select edge, pg_catalog.min(greatest(starts, edge - clock)) filter (where greatest(starts, edge - clock) < stops),
        pg_catalog.max(least(stops, edge - clock)) filter (where least(stops, edge - clock) > starts)
          > pg_catalog.min(greatest(starts, edge - clock)) filter (where greatest(starts, edge - clock) < stops)
      from (
        select edge, starts, clock, coalesce(pg_catalog.lead(starts) over (partition by edge order by starts), 'infinity') as stops
        from piece
      ) as bounded
      group by edge
    ),
    turns as (
      select start, pg_catalog.count(*) filter (where not (taking_turns and start - {{ step }} = earlier)) over (order by start) as turn
      from (select start, coalesce(pg_catalog.lag(start) over (order by start), '-infinity') as earlier from candidate) as ordered
      join instant on edge = start
    )
    select
      opened.first::text || '+00', closed.first::text || '+00', start::text, (start + {{ step }})::text,
      {{ rsdbt_period_name('start', by) }}, true
    from turns
    join instant as opened on opened.edge = start
    join instant as closed on closed.edge = start + {{ step }}
    where turn in (select turn from turns join chosen using (start))
    order by start
  {%- endset -%}
  {{ return(query) }}
{% endmacro %}

{# Expressions of a recursive `with`: the times `probe`d, so far apart, and each `transition` to another clock between two of them. #}
{% macro rsdbt_transitions_sql(times, apart, time_zone) -%}
    probe (at, clock) as materialized (
      select at, {{ rsdbt_local('at', time_zone) }} - at from ({{ times }}) as times (at)
    ),
    narrowed (low, high, clock) as (
      select at - interval '{{ apart }}', at, clock
      from (select at, clock, pg_catalog.lag(clock) over by_time as before, pg_catalog.lag(at) over by_time as earlier from probe window by_time as (order by at)) as pair
      where clock <> before and earlier = at - interval '{{ apart }}'
      union all
      select case when is_after then low else middle end, case when is_after then middle else high end, clock
      from (select *, low + pg_catalog.date_trunc('second', (high - low) / 2::pg_catalog.float8) as middle from narrowed where high - low > interval '1 second') as halved
      cross join lateral (values ({{ rsdbt_local('middle', time_zone) }} - middle = clock)) as half (is_after)
    ),
    transition (at, clock) as materialized (select high, clock from narrowed where high - low = interval '1 second')
{%- endmacro %}
