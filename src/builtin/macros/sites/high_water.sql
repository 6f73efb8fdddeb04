{# Up to where the model's table has the rows. #}

{#
  The highest value of a column, as a literal with its type: for `where updated_at > {{ high_water('updated_at') }}` in a query that runs where
  the table is not. Of a table without rows, what comes before all values.
#}
{% macro high_water(column) %}
  {{ return(adapter.high_water(this, column)) }}
{% endmacro %}
