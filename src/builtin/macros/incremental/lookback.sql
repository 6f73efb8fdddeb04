{# `lookback`: periods before the current one, or before each period of the interval, that are built again. #}

{# A query for their local times. A number: so many and the current one; a list: those so far back, negative ones after it. #}
{% macro rsdbt_lookback_sql() %}
  {%- set by = rsdbt_partitioning() -%}
  {%- set lookback = config.get('lookback') -%}
  {%- set is_list = lookback is sequence and lookback is not string -%}
  {%- if is_list -%}
    {%- set current = rsdbt_local_times_sql(flags.INTERVAL_START, flags.INTERVAL_END) if flags.INTERVAL_START -%}
    {%- set farthest, last = lookback | max, lookback | min -%}
  {%- else -%}
    {%- set current = 'select ' ~ rsdbt_local("timestamp '" ~ flags.INTERVAL_START ~ "'", by.time_zone) if flags.INTERVAL_START -%}
    {%- set farthest, last = lookback | int, 0 -%}
  {%- endif -%}
  {%- set steps = [] -%}
  {%- if farthest >= 0 -%}
    {%- do steps.append(rsdbt_steps_sql('-', farthest, by)) -%}
  {%- endif -%}
  {%- if last < 0 -%}
    {%- do steps.append(rsdbt_steps_sql('+', -last, by)) -%}
  {%- endif -%}
  {{ return(
    'select step.at from (' ~ (current or "select pg_catalog.now() at time zone '" ~ by.time_zone ~ "'") ~ ') as current (at), lateral (' ~ steps | join(' union all ') ~ ') as step (at, ago) where step.ago '
    ~ ('<= ' ~ farthest ~ '::pg_catalog.int8' if not is_list else '= any(array[' ~ lookback | join(', ') ~ ']::pg_catalog.int8[])')
  ) }}
{% endmacro %}

{# Periods that a clock leaves out do not count: those of an hour or a day begin when they end. #}
{% macro rsdbt_steps_sql(direction, farthest, by) -%}
  select candidate.at, {{ '-' if direction == '+' }}(pg_catalog.row_number() over (order by candidate.number) - 1::pg_catalog.int8)
  from (
    select pg_catalog.date_trunc('{{ by.granularity }}'::pg_catalog.text, current.at) {{ direction }} number::pg_catalog.float8 * interval '1 {{ by.granularity }}', number
    from pg_catalog.generate_series(0, {{ farthest }} + 26) as number
  ) as candidate (at, number)
  where (candidate.at + interval '1 {{ by.granularity }}') at time zone '{{ by.time_zone }}' > candidate.at at time zone '{{ by.time_zone }}'
{%- endmacro %}
