{#
  The periods that a run overwrites. A window is {start, end} in UTC and {local_start, local_end} by the calendar; `given`: no
  change of an input has named it.
#}

{# Neighbours become one range. #}
{% macro rsdbt_in_windows(column, kind, windows) %}
  {%- set from = 'start' if kind == 'instant' else 'local_start' -%}
  {%- set to = 'end' if kind == 'instant' else 'local_end' -%}
  {%- set ranges = [] -%}
  {%- for window in windows -%}
    {%- if ranges and ranges[-1][1] == window[from] -%}
      {%- do ranges.append([ranges.pop()[0], window[to]]) -%}
    {%- else -%}
      {%- do ranges.append([window[from], window[to]]) -%}
    {%- endif -%}
  {%- endfor -%}
  {%- if ranges | length > 64 -%}
    {{ return(rsdbt_in_many_ranges(column, kind, ranges)) }}
  {%- endif -%}
  {%- set conditions = [] -%}
  {%- for range in ranges -%}
    {%- do conditions.append(column ~ " >= '" ~ range[0] ~ "' and " ~ column ~ " < '" ~ range[1] ~ "'") -%}
  {%- endfor -%}
  {{ return('(' ~ conditions | join(' or ') ~ ')' if conditions else 'false') }}
{% endmacro %}

{# None when only the rows can tell. #}
{% macro rsdbt_windows_of_run(columns) %}
  {%- if flags.SAMPLE -%}
    {%- do rsdbt_warn('`--sample` reads parts of periods, so the table was not changed. Build the sample in a schema in which the table does not exist') -%}
  {%- endif -%}
  {%- if flags.EMPTY or flags.SAMPLE -%}
    {{ return([]) }}
  {%- endif -%}
  {%- set given = rsdbt_given_periods() -%}
  {%- set named = rsdbt_named_periods(columns) -%}
  {%- if not given and not named -%}
    {{ return(none) }}
  {%- endif -%}
  {%- set windows = {} -%}
  {%- set given, named = rsdbt_windows_of_both(given, named) -%}
  {%- for window in given -%}
    {%- do windows.update({window['local_start']: dict(window, given=true)}) -%}
  {%- endfor -%}
  {%- set left_out = [] -%}
  {%- for window in named -%}
    {%- if flags.EVENT_TIME_START and window['local_start'] not in windows -%}
      {%- do left_out.append(window) -%}
    {%- else -%}
      {%- do windows.update({window['local_start']: window}) -%}
    {%- endif -%}
  {%- endfor -%}
  {%- if left_out -%}
    {#- What was compared is remembered: these must differ in the next run, too. -#}
    {%- do run_query(rsdbt_unremember_sql(left_out)) if config.get('dirty') -%}
    {%- do rsdbt_warn(
      rsdbt_counted(left_out | length, 'changed period is', 'changed periods are') ~ ' outside of --event-time-start and --event-time-end and not built: '
      ~ rsdbt_listed_periods(left_out) ~ '. A run without these options builds them'
    ) -%}
  {%- endif -%}
  {{ return(rsdbt_retained(windows.values() | sort(attribute='local_start') | list)) }}
{% endmacro %}

{# Queries for the periods that changes name: local times. #}
{% macro rsdbt_named_periods(columns) %}
  {%- set periods = [] -%}
  {%- if config.get('dirty') -%}
    {%- do rsdbt_warn_of_rows_without_event_time() if not flags.EVENT_TIME_START -%}
    {%- do periods.append(rsdbt_changed_periods_sql(columns)) -%}
  {%- endif -%}
  {%- for query in rsdbt_listed(config.get('restate')) -%}
    {%- do periods.append('select ' ~ rsdbt_local_field('named.value', rsdbt_field_kind(columns)) ~ ' from (' ~ render(query) ~ ') as named (value)') -%}
  {%- endfor -%}
  {{ return(periods) }}
{% endmacro %}

{% macro rsdbt_windows_of_rows(relation, columns) %}
  {{ return(rsdbt_retained(rsdbt_windows(['select ' ~ rsdbt_local_field(rsdbt_partitioning().field, rsdbt_field_kind(columns)) ~ ' from ' ~ relation]))) }}
{% endmacro %}
