{# Timestamps of either type as `timestamptz`, independent of the session's time zone. Those without a time zone are in UTC. #}

{# Seconds are floats, and exact for microseconds in these years only. #}
{% macro rsdbt_instant_sql(column) -%}
  case when {{ column }} between '1700-01-01' and '2250-01-01' or not pg_catalog.isfinite({{ column }})
    then pg_catalog.to_timestamp(pg_catalog.date_part('epoch', {{ column }}))
    else (timestamp '1970-01-01' + ({{ column }} - '1970-01-01 00:00:00+00')) at time zone 'UTC' end
{%- endmacro %}

{# Of the timestamps between two in UTC, close enough to meet each period; clocks may go back meanwhile. #}
{% macro rsdbt_local_times_sql(start, end) -%}
  {%- set by = rsdbt_partitioning() -%}
  select {{ rsdbt_local('at', by.time_zone) }}
  from (
    select pg_catalog.generate_series(timestamp '{{ start }}', timestamp '{{ end }}' - interval '1 microsecond', interval '{{ '15 minutes' if by.granularity == 'hour' else '6 hours' }}')
    union all
    select timestamp '{{ end }}' - interval '1 microsecond'
  ) as timestamps (at)
{%- endmacro %}
