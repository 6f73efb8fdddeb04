{% test is_even(model, column_name) %}{{ config(severity='warn') }}select * from {{ model }} where {{ column_name }} % 2 = 1{% endtest %}
