{# Generated rows: numbers and periods. #}

{# One row per number from 1 to the bound, in a column `generated_number`. #}
{% macro generate_series(upper_bound) -%}
  select generated_number
  from pg_catalog.generate_series(1, ({{ upper_bound }})::integer) as generated_numbers (generated_number)
{%- endmacro %}

{% macro get_powers_of_two(upper_bound) %}
  {%- if upper_bound <= 0 -%}
    {{ exceptions.raise_compiler_error('upper bound must be positive') }}
  {%- endif -%}
  {%- for power in range(1, 100) if upper_bound <= 2 ** power -%}
    {{ return(power) }}
  {%- endfor -%}
{% endmacro %}

{# How many periods lie between two date expressions: asks the server. #}
{% macro get_intervals_between(start_date, end_date, datepart) %}
  {%- call statement('get_intervals_between', fetch_result=True) -%}
    select {{ datediff(start_date, end_date, datepart) }}
  {%- endcall -%}
  {%- set answer = load_result('get_intervals_between') -%}
  {{ return(answer['data'][0][0] if answer and answer['data'] else 1) }}
{% endmacro %}

{# One row per period, from the first date to before the last, in a column `date_<part>`. #}
{% macro date_spine(datepart, start_date, end_date) -%}
  with numbered_periods as (
    {{ generate_series(get_intervals_between(start_date, end_date, datepart)) }}
  ),
  all_periods as (
    select ({{ dateadd(datepart, 'generated_number - 1', start_date) }}) as date_{{ datepart }}
    from numbered_periods
  )
  select *
  from all_periods
  where date_{{ datepart }} <= {{ end_date }}
{%- endmacro %}
