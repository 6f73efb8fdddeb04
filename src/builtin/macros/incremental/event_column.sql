{# The column of an input that is its event time. #}
{% macro rsdbt_event_column(node, columns) %}
  {%- set event_time = node.config.get('event_time') -%}
  {%- for column in columns if column.quoted == event_time or column.name == event_time | lower -%}
    {%- if column.dtype != 'date' and not column.dtype.startswith('timestamp') -%}
      {{ exceptions.raise_compiler_error('event_time: `' ~ event_time ~ '` of ' ~ node.relation_name ~ ' is of type ' ~ column.dtype ~ ', not a date or timestamp') }}
    {%- endif -%}
    {{ return(column) }}
  {%- endfor -%}
  {{ exceptions.raise_compiler_error('event_time: ' ~ node.relation_name ~ ' has no column `' ~ event_time ~ '`') }}
{% endmacro %}

{# A date is a day of the calendar, in whatever time zone that is. #}
{% macro rsdbt_event_kind(node, columns) %}
  {{ return('date' if rsdbt_event_column(node, columns).dtype == 'date' else 'instant') }}
{% endmacro %}
