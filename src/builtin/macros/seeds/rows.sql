{# The rows of a seed. #}

{# One COPY for the whole file. Its answer is left as the result `rsdbt_copied`. #}
{% macro load_csv_rows(model, agate_table) %}
  {%- set columns = get_seed_column_quoted_csv(model, agate_table.column_names) -%}
  {%- set copy_sql = adapter.load_seed(this, agate_table, columns) -%}
  {%- set missing = agate_table.rows | length - load_result('rsdbt_copied')['response'].rows_affected -%}
  {%- do rsdbt_raise_discarded(this, missing) if missing > 0 -%}
  {%- set acting = rsdbt_acting_on_rows(this, ['insert']) -%}
  {%- do rsdbt_fire_deferred(acting) if acting -%}
  {%- do rsdbt_check_there(this, agate_table.rows | length, acting) if acting -%}
  {{ return(copy_sql) }}
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
