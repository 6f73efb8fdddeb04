{#
  A query that limits its rows by `interval_start` gives none for the other periods that a run builds: those whose inputs changed, that
  `restate` names or `lookback` adds would be emptied. Of a period that the interval covers in part it gives a part.
#}

{# How the query limits its rows by the interval itself; none if it does not. #}
{% macro rsdbt_limit_of_query() %}
  {%- set names = '(?i)\\{[{%][^}]*\\b((?:interval|event_time)_(?:start|end))\\b' -%}
  {#- Beside in_partitions it may be a value; compared with something it is a limit. -#}
  {%- set compared = "(?i)(?:[<>=]|\\bbetween|\\band)\\s*(?:\\w+\\s*)?'?\\s*\\{\\{[^}]*\\b((?:interval|event_time)_(?:start|end))\\b" -%}
  {%- set found = modules.re.search(compared if 'in_partitions' in model.raw_code else names, model.raw_code) -%}
  {{ return(found.group(1) if found else none) }}
{% endmacro %}

{% macro rsdbt_check_interval() %}
  {%- set adds = [] -%}
  {%- for key in ['dirty', 'restate', 'lookback'] if config.get(key) and key in (model.unrendered_config or {}) -%}
    {%- do adds.append(key) -%}
  {%- endfor -%}
  {%- set limit = rsdbt_limit_of_query() if adds else none -%}
  {%- if limit -%}
    {{ exceptions.raise_compiler_error(
      '`' ~ limit ~ '` limits the rows of the query, and `' ~ adds[0] ~ '` builds further periods, which would be emptied. Nothing was changed.\n'
      ~ "help: limit it by in_partitions('created_at') instead, with the column that tells the time, or remove `" ~ adds[0] ~ '`'
    ) }}
  {%- endif -%}
{% endmacro %}

{% macro rsdbt_check_whole_periods(windows) %}
  {%- set given = windows | selectattr('given') | list if windows else [] -%}
  {%- set limit = rsdbt_limit_of_query() if given else none -%}
  {%- if not limit -%}
    {{ return('') }}
  {%- endif -%}
  {%- set start, end = [flags.EVENT_TIME_START or flags.INTERVAL_START, flags.EVENT_TIME_END or flags.INTERVAL_END] -%}
  {%- set query = "select 'part' where timestamp '" ~ start ~ "' <> '" ~ given[0]['start'] ~ "'::pg_catalog.timestamp or timestamp '" ~ end
    ~ "' <> '" ~ given[-1]['end'] ~ "'::pg_catalog.timestamp" -%}
  {%- if run_query(query).rows -%}
    {{ exceptions.raise_compiler_error(
      '`' ~ limit ~ '` limits the rows of the query to ' ~ start ~ ' .. ' ~ end ~ ', which covers a ' ~ rsdbt_partitioning().granularity
      ~ ' in part: all of it would be replaced by that part. Nothing was changed.\n'
      ~ "help: limit it by in_partitions('created_at') instead, with the column that tells the time, or build whole periods"
    ) }}
  {%- endif -%}
{% endmacro %}
