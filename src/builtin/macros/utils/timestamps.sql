{# The server's clock. `now()` is the transaction's start: all statements of a model see the same time. #}

{% macro current_timestamp() -%}
  pg_catalog.now()
{%- endmacro %}

{% macro current_timestamp_backcompat() -%}
  current_timestamp::{{ type_timestamp() }}
{%- endmacro %}

{% macro current_timestamp_in_utc_backcompat() -%}
  (current_timestamp at time zone 'utc')::{{ type_timestamp() }}
{%- endmacro %}
