{# Timestamps of both types as points in time, whatever the session's time zone: without one they are in UTC. #}

{# Seconds are floats, and exact for microseconds in these years only. #}
{% macro rsdbt_instant_sql(column) -%}
  case when {{ column }} between '1700-01-01' and '2250-01-01' or not pg_catalog.isfinite({{ column }})
    then pg_catalog.to_timestamp(pg_catalog.date_part('epoch', {{ column }}))
    else (timestamp '1970-01-01' + ({{ column }} - '1970-01-01 00:00:00+00')) at time zone 'UTC' end
{%- endmacro %}
