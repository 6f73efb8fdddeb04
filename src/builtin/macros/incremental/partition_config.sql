{# What `partition_overwrite` is told, before anything is read. #}

{% macro rsdbt_check_partition_config() %}
  {%- do rsdbt_partitioning() -%}
  {%- set keys = ['field', 'granularity', 'time_zone', 'local', 'independent'] -%}
  {%- for key in config.get('partition_by') if key not in keys -%}
    {{ exceptions.raise_compiler_error('`partition_by` has no key `' ~ key ~ '`: its keys are `' ~ keys | join('`, `') ~ '`') }}
  {%- endfor -%}
  {%- set zone = (config.get('partition_by').get('time_zone') or '') | string -%}
  {%- if modules.re.match('[A-Za-z]+[+-]?[0-9]+(:[0-9]+)*$', zone) and zone not in ['GMT0', 'GMT+0', 'GMT-0'] -%}
    {{ exceptions.raise_compiler_error(
      '`time_zone: ' ~ zone ~ '` of `partition_by` is a POSIX time zone, whose hours count to the west of Greenwich\nhelp: write the name of a place, as `Asia/Seoul`, or `Etc/GMT-9` for nine hours east'
    ) }}
  {%- elif zone -%}
    {#- The server does not accept an unknown one. -#}
    {%- do adapter.introspect("select pg_catalog.now() at time zone '" ~ escape_single_quotes(zone) ~ "'") -%}
  {%- endif -%}
  {%- for key in ['horizon', 'retention'] + ([] if config.get('lookback') is sequence and config.get('lookback') is not string else ['lookback']) -%}
    {%- set value = config.get(key) -%}
    {%- if value is not none and not (value | string).isdigit() -%}
      {%- do rsdbt_raise_config(key, value, 'a number of periods, from 0 on') -%}
    {%- endif -%}
  {%- endfor -%}
  {%- if config.get('lookback') is sequence and config.get('lookback') is not string and (not config.get('lookback') or config.get('lookback') | reject('integer') | list) -%}
    {%- do rsdbt_raise_config('lookback', config.get('lookback'), 'a number of periods, or a list of numbers; 0 is the current period, and negative ones come after it') -%}
  {%- endif -%}
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
