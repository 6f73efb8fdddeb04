{# The rows of a seed. #}

{# One COPY for the whole file. #}
{% macro load_csv_rows(model, agate_table) %}
  {%- set columns = get_seed_column_quoted_csv(model, agate_table.column_names) -%}
  {{ return(adapter.load_seed(this, agate_table, columns)) }}
{% endmacro %}

{% macro get_seed_column_quoted_csv(model, column_names) %}
  {%- set quoted = [] -%}
  {%- for name in column_names -%}
    {%- do quoted.append(adapter.quote_seed_column(name | string, model['config'].get('quote_columns'))) -%}
  {%- endfor -%}
  {{ return(quoted | join(', ')) }}
{% endmacro %}

{# For projects that insert in batches of their own. #}
{% macro get_batch_size() %}{{ return(10000) }}{% endmacro %}

{% macro get_binding_char() %}{{ return('%s') }}{% endmacro %}
