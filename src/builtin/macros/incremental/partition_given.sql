{#
  Periods that are built whether their inputs changed or not: a window from the command line, which is a limit, or the
  interval of a job and `lookback`, which are a minimum.
#}

{# Queries for them: local times. `lookback` counts back from the interval, if there is one. #}
{% macro rsdbt_given_periods() %}
  {%- if flags.EVENT_TIME_START -%}
    {{ return([rsdbt_local_times_sql(flags.EVENT_TIME_START, flags.EVENT_TIME_END)]) }}
  {%- endif -%}
  {%- set periods = [] -%}
  {%- if flags.INTERVAL_START -%}
    {%- do periods.append(rsdbt_local_times_sql(flags.INTERVAL_START, flags.INTERVAL_END)) -%}
  {%- endif -%}
  {#- Every model has dbt's default for microbatches; only one that the project wrote counts. -#}
  {%- if 'lookback' in (model.unrendered_config or {}) -%}
    {%- do periods.append(rsdbt_lookback_sql()) -%}
  {%- endif -%}
  {{ return(periods) }}
{% endmacro %}

{# Windows that must not be emptied without --allow-empty: only given, and no input with an event_time has a row there. #}
{% macro rsdbt_doubtful_windows(windows) %}
  {%- set given = windows | selectattr('given') | list if windows and not flags.ALLOW_EMPTY else [] -%}
  {%- if not given -%}
    {{ return([]) }}
  {%- endif -%}
  {%- set inputs = [] -%}
  {%- for node in rsdbt_inputs_with_event_time() -%}
    {%- set columns = rsdbt_columns_of_input(node) -%}
    {%- set column = rsdbt_event_column(node, columns) -%}
    {%- do inputs.append({'from': node.relation_name ~ ' as input', 'at': 'input.' ~ column.quoted, 'type': column.dtype, 'kind': rsdbt_event_kind(node, columns)}) -%}
  {%- endfor -%}
  {{ return(rsdbt_windows_without_rows(given, inputs)) }}
{% endmacro %}

{# In none of the relations: {from, at, type, kind}. #}
{% macro rsdbt_windows_without_rows(windows, relations) %}
  {%- if not windows -%}
    {{ return([]) }}
  {%- endif -%}
  {%- set values = [] -%}
  {%- for window in windows -%}
    {%- do values.append("(" ~ loop.index0 ~ ", '" ~ [window['start'], window['end'], window['local_start'], window['local_end']] | join("', '") ~ "')") -%}
  {%- endfor -%}
  {%- set found = [] -%}
  {%- for relation in relations -%}
    {%- set side = '' if relation['kind'] == 'instant' else 'local_' -%}
    {%- do found.append('exists (select from ' ~ relation['from'] ~ ' where ' ~ relation['at'] ~ ' >= asked.' ~ side ~ 'start::' ~ relation['type']
      ~ ' and ' ~ relation['at'] ~ ' < asked.' ~ side ~ 'stop::' ~ relation['type'] ~ ')') -%}
  {%- endfor -%}
  {%- set query = 'select asked.number from (values ' ~ values | join(', ') ~ ') as asked (number, start, stop, local_start, local_stop) where not ('
    ~ (found | join(' or ') or 'false') ~ ') order by asked.number' -%}
  {%- set without = [] -%}
  {%- for row in run_query(query).rows -%}
    {%- do without.append(windows[row[0]]) -%}
  {%- endfor -%}
  {{ return(without) }}
{% endmacro %}
