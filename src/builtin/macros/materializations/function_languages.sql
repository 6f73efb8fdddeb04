{# The pieces of functions that Postgres does not build by itself; projects override them. #}

{% macro get_aggregate_function_create_replace_signature(target_relation) -%}
  {{ exceptions.raise_compiler_error('aggregate functions are not supported: write `create aggregate` in a hook or an operation') }}
{%- endmacro %}

{% macro get_formatted_aggregate_function_args() -%}
  {{ formatted_scalar_function_args_sql() }}
{%- endmacro %}

{% macro get_aggregate_function_volatility_specifier() -%}
  {{ scalar_function_volatility_sql() }}
{%- endmacro %}

{% macro get_function_language_specifier() -%}
  {{ 'language ' ~ model.get('language') if model.get('language') not in [none, 'sql'] }}
{%- endmacro %}

{% macro get_function_python_options() %}{% endmacro %}

{% macro formatted_scalar_function_args_javascript() -%}
  {{ exceptions.raise_compiler_error('formatted_scalar_function_args_javascript not implemented for adapter postgres') }}
{%- endmacro %}

{% macro scalar_function_volatility_javascript() %}
  {%- if model.config.get('volatility') is not none -%}
    {%- do exceptions.warn('Volatility is not supported by postgres in javascript UDF and will be ignored') -%}
  {%- endif -%}
{% endmacro %}
