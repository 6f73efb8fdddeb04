{# What the operational database should not have sent. #}
{% macro drop_units_without_key() %}
  {% do run_query('delete from ' ~ source('ad', 'unit_staging') ~ ' where id is null') %}
{% endmacro %}
