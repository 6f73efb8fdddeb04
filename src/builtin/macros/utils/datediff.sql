{#
  Boundaries crossed, not time elapsed: from 23:59 to 00:01 is one day, two minutes.
  Each coarser unit is scaled to the finer one and corrected by the parts that are left.
#}

{% macro datediff(first_date, second_date, datepart) -%}
  {%- set part = datepart | lower -%}
  {%- if part == 'year' -%}
    ({{ rsdbt_part_difference('year', first_date, second_date, 'date') }})
  {%- elif part == 'quarter' or part == 'month' -%}
    {{ rsdbt_scaled(datediff(first_date, second_date, 'year'), 4 if part == 'quarter' else 12, rsdbt_part_difference(part, first_date, second_date, 'date')) }}
  {%- elif part == 'day' -%}
    (({{ second_date }})::date - ({{ first_date }})::date)
  {%- elif part == 'week' -%}
    {#- Weeks begin on Sunday: both dates go back to theirs. -#}
    ((({{ second_date }})::date - pg_catalog.date_part('dow', ({{ second_date }})::date)::integer
      - (({{ first_date }})::date - pg_catalog.date_part('dow', ({{ first_date }})::date)::integer)) / 7)
  {%- elif part == 'hour' -%}
    {{ rsdbt_scaled(datediff(first_date, second_date, 'day'), 24, rsdbt_part_difference('hour', first_date, second_date)) }}
  {%- elif part == 'minute' -%}
    {{ rsdbt_scaled(datediff(first_date, second_date, 'hour'), 60, rsdbt_part_difference('minute', first_date, second_date)) }}
  {%- elif part in ('second', 'millisecond', 'microsecond') -%}
    {%- set per_minute = {'second': 60, 'millisecond': 60000, 'microsecond': 60000000}[part] -%}
    {{ rsdbt_scaled(datediff(first_date, second_date, 'minute'), per_minute, rsdbt_part_difference(part, first_date, second_date)) }}
  {%- else -%}
    {{ exceptions.raise_compiler_error("Unsupported datepart for macro datediff in postgres: '" ~ datepart ~ "'") }}
  {%- endif -%}
{%- endmacro %}

{% macro rsdbt_scaled(coarser, factor, difference) -%}
  (({{ coarser }})::pg_catalog.float8 * {{ factor }}::pg_catalog.float8 + ({{ difference }}))
{%- endmacro %}

{% macro rsdbt_part_difference(part, first_date, second_date, type='timestamp') -%}
  pg_catalog.floor(pg_catalog.date_part('{{ part }}', ({{ second_date }})::{{ type }})) - pg_catalog.floor(pg_catalog.date_part('{{ part }}', ({{ first_date }})::{{ type }}))
{%- endmacro %}
