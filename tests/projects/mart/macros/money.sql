{% macro cents(column) %}{{ round_half(column) }} / 100{% endmacro %}
{% macro round_half(column) %}round({{ column }}){% endmacro %}
{% test at_least_one(model, column_name, minimum=1) %}select 1 from {{ model }} having count({{ column_name }}) < {{ minimum }}{% endtest %}
