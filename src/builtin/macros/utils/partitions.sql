{# Dates as Python values, for macros that loop over days. #}

{% macro convert_datetime(date_str, date_fmt) %}
  {%- set message = "The provided partition date '" ~ date_str ~ "' does not match the expected format '" ~ date_fmt ~ "'" -%}
  {{ return(try_or_compiler_error(message, modules.datetime.datetime.strptime, date_str.strip(), date_fmt)) }}
{% endmacro %}

{% macro dates_in_range(start_date_str, end_date_str=none, in_fmt='%Y%m%d', out_fmt='%Y%m%d') %}
  {%- set first_day = convert_datetime(start_date_str, in_fmt) -%}
  {%- set last_day = convert_datetime(start_date_str if end_date_str is none else end_date_str, in_fmt) -%}
  {%- if first_day > last_day -%}
    {{ exceptions.raise_compiler_error('Partition start date is after the end date (' ~ first_day ~ ', ' ~ last_day ~ ')') }}
  {%- endif -%}
  {%- set days = [] -%}
  {%- for offset in range((last_day - first_day).days + 1) -%}
    {%- set day = first_day + modules.datetime.timedelta(days=offset) -%}
    {%- do days.append(day.strftime(out_fmt) if out_fmt else day) -%}
  {%- endfor -%}
  {{ return(days) }}
{% endmacro %}

{# `20240101` or `20240101,20240131`. #}
{% macro partition_range(raw_partition_date, date_fmt='%Y%m%d') %}
  {%- set bounds = (raw_partition_date | string).split(',') -%}
  {%- if bounds | length > 2 -%}
    {{ exceptions.raise_compiler_error('Invalid partition time. Expected format: {Start Date}[,{End Date}]. Got: ' ~ raw_partition_date) }}
  {%- endif -%}
  {{ return(dates_in_range(bounds[0], bounds[1] if bounds | length == 2 else none, in_fmt=date_fmt)) }}
{% endmacro %}

{% macro py_current_timestring() %}
  {{ return(modules.datetime.datetime.now().strftime('%Y%m%d%H%M%S%f')) }}
{% endmacro %}
