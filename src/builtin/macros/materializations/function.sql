{# A user-defined function in SQL. #}

{% materialization function, default, supported_languages=['sql', 'python'] %}
  {%- set existing_relation = load_cached_relation(this) -%}
  {%- set target_relation = this.incorporate(type=this.Function) -%}
  {{ run_hooks(pre_hooks) }}
  {%- set build_name = this.get_function_macro_name(this.get_function_config(model)) -%}
  {%- set build_sql = adapter.dispatch(build_name, 'dbt')(target_relation) -%}
  {%- do function_execute_build_sql(build_sql, existing_relation, target_relation) -%}
  {{ run_hooks(post_hooks) }}
  {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

{% macro function_execute_build_sql(build_sql, existing_relation, target_relation) %}
  {%- do rsdbt_begin_where_needed() -%}
  {%- call statement(name='main') -%}
    {{ build_sql }}
  {%- endcall -%}
  {%- do rsdbt_apply_function_grants(target_relation, config.get('grants')) -%}
  {%- do persist_docs(target_relation, model) -%}
  {%- do adapter.commit() -%}
{% endmacro %}

{% macro scalar_function_sql(target_relation) -%}
  {{ scalar_function_create_replace_signature_sql(target_relation) }}
  {{ scalar_function_body_sql() }};
{%- endmacro %}

{% macro scalar_function_create_replace_signature_sql(target_relation) -%}
  CREATE OR REPLACE FUNCTION {{ target_relation.render() }} ({{ formatted_scalar_function_args_sql() }})
  returns {{ model.returns.data_type }}
  {{ scalar_function_volatility_sql() }}
  AS
{%- endmacro %}

{% macro formatted_scalar_function_args_sql() -%}
  {%- set arguments = [] -%}
  {%- for argument in model.arguments -%}
    {%- set default = argument.get('default_value', none) -%}
    {%- do arguments.append(argument.name ~ ' ' ~ argument.data_type ~ (' DEFAULT ' ~ default if default is not none else '')) -%}
  {%- endfor -%}
  {{ arguments | join(', ') }}
{%- endmacro %}

{# Another quote where the body has the usual one: names may hold it. #}
{% macro scalar_function_body_sql() -%}
  {%- set quote = '$rsdbt_' ~ local_md5(model.compiled_code) ~ '$' if '$$' in model.compiled_code else '$$' -%}
  {{ quote }}
    {{ model.compiled_code }}
  {{ quote }} LANGUAGE {{ rsdbt_function_language() }}
{%- endmacro %}

{# SQL, or what `language` in the config says: any that the server has. #}
{% macro rsdbt_function_language() -%}
  {{ 'SQL' if not config.get('language') else adapter.quote(config.get('language') | lower) }}
{%- endmacro %}

{# `type: procedure`: called by `call`, and free to end transactions; it returns nothing. #}
{% macro procedure_function_sql(target_relation) -%}
  CREATE OR REPLACE PROCEDURE {{ target_relation.render() }} ({{ formatted_scalar_function_args_sql() }})
  AS
  {{ scalar_function_body_sql() }};
{%- endmacro %}

{% macro scalar_function_volatility_sql() -%}
  {%- set words = {'deterministic': 'IMMUTABLE', 'stable': 'STABLE', 'non-deterministic': 'VOLATILE'} -%}
  {%- set volatility = model.config.get('volatility') -%}
  {%- if volatility is not none and volatility not in words -%}
    {%- do unsupported_volatility_warning(volatility) -%}
  {%- endif -%}
  {{ words.get(volatility, '') }}
{%- endmacro %}

{% macro unsupported_volatility_warning(volatility) %}
  {%- do exceptions.warn('Found `' ~ volatility ~ '` volatility specified on function `' ~ model.name
    ~ '`. This volatility is not supported by postgres, and will be ignored') -%}
{% endmacro %}
