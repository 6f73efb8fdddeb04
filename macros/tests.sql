{# No two rows of one grain. #}
{% test unique_grain(model, columns) %}
select {{ columns | join(', ') }}, count(*) as rows_of_grain
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1
{% endtest %}

{% test not_negative(model, column_name) %}
select * from {{ model }} where {{ column_name }} < 0
{% endtest %}
