{# What `partition_overwrite` is told, before anything is read. #}

{% macro rsdbt_check_partition_config() %}
  {%- do rsdbt_partitioning() -%}
  {%- set keys = ['field', 'granularity', 'time_zone', 'local', 'independent'] -%}
  {%- for key in config.get('partition_by') if key not in keys -%}
    {{ exceptions.raise_compiler_error('`partition_by` has no key `' ~ key ~ '`: its keys are `' ~ keys | join('`, `') ~ '`') }}
  {%- endfor -%}
  {%- for key in ['horizon', 'retention', 'lookback'] -%}
    {%- set value = config.get(key) -%}
    {%- if value is not none and not (value | string).isdigit() -%}
      {%- do rsdbt_raise_config(key, value, 'a number of periods, from 0 on') -%}
    {%- endif -%}
  {%- endfor -%}
  {%- for key in ['dirty', 'partitioned'] -%}
    {%- set value = config.get(key) -%}
    {%- if value is not none and value is not boolean -%}
      {%- do rsdbt_raise_config(key, value, '`true` or `false`') -%}
    {%- endif -%}
  {%- endfor -%}
  {%- set restate = config.get('restate') -%}
  {%- if restate is not none and restate is not string and (restate is not sequence or restate | reject('string') | list) -%}
    {%- do rsdbt_raise_config('restate', restate, 'a query, or a list of queries') -%}
  {%- endif -%}
{% endmacro %}

{% macro rsdbt_raise_config(key, value, what) %}
  {{ exceptions.raise_compiler_error('`' ~ key ~ ': ' ~ value ~ '` of `partition_overwrite`: it is ' ~ what) }}
{% endmacro %}
