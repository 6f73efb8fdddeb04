{# The periods that a run overwrites. A window is {start, end} in UTC and {local_start, local_end} by the calendar. #}

{# Condition on a column of an input: true for all rows until the run knows its periods. #}
{% macro in_partitions(column, kind='instant') -%}
  (/* periods by {{ kind }} of: {{ column }} */ true)
{%- endmacro %}

{# The query, reading only those periods, and what remembers how they were read. #}
{% macro rsdbt_reading_windows(query, windows) %}
  {%- if windows is none -%}
    {{ return({'query': query, 'beside': []}) }}
  {%- endif -%}
  {%- set narrowed = namespace(sql=query) -%}
  {%- for kind, column in modules.re.findall('\\(/\\* periods by (\\w+) of: (.+?) \\*/ true\\)', query) -%}
    {%- set meant = 'date' if kind == 'instant' and rsdbt_is_date_of_input(column) else kind -%}
    {%- set narrowed.sql = narrowed.sql | replace(in_partitions(column, kind), '(' ~ rsdbt_in_windows(column, meant, windows) ~ ')') -%}
  {%- endfor -%}
  {{ return({'query': narrowed.sql, 'beside': rsdbt_remembering(windows) if windows and config.get('dirty') else []}) }}
{% endmacro %}

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
  {%- set conditions = [] -%}
  {%- for range in ranges -%}
    {%- do conditions.append(column ~ " >= '" ~ range[0] ~ "' and " ~ column ~ " < '" ~ range[1] ~ "'") -%}
  {%- endfor -%}
  {{ return('(' ~ conditions | join(' or ') ~ ')' if conditions else 'false') }}
{% endmacro %}

{# None when only the rows can tell. #}
{% macro rsdbt_windows_of_run(columns) %}
  {%- set by = rsdbt_partitioning() -%}
  {%- set step = "interval '1 " ~ by.granularity ~ "'" -%}
  {%- set periods = [] -%}
  {%- if flags.EMPTY -%}
    {{ return([]) }}
  {%- endif -%}
  {%- if flags.EVENT_TIME_START -%}
    {%- do periods.append("select generate_series(date_trunc('" ~ by.granularity ~ "', " ~ rsdbt_local("timestamp '" ~ flags.EVENT_TIME_START ~ "'")
      ~ '), ' ~ rsdbt_local("timestamp '" ~ flags.EVENT_TIME_END ~ "'") ~ " - interval '1 microsecond', " ~ step ~ ')') -%}
  {%- else -%}
    {#- Every model has dbt's default for microbatches; only one that the project wrote counts. -#}
    {%- if 'lookback' in (model.unrendered_config or {}) -%}
      {%- set current = "date_trunc('" ~ by.granularity ~ "', now() at time zone '" ~ by.time_zone ~ "')" -%}
      {%- do periods.append('select generate_series(' ~ current ~ ' - ' ~ config.get('lookback') ~ ' * ' ~ step ~ ', ' ~ current ~ ', ' ~ step ~ ')') -%}
    {%- endif -%}
    {%- if config.get('dirty') -%}
      {%- do periods.append(rsdbt_changed_periods_sql(columns)) -%}
    {%- endif -%}
    {%- for query in rsdbt_listed(config.get('restate')) -%}
      {%- do periods.append('select ' ~ rsdbt_local_field('moment', rsdbt_field_kind(columns)) ~ ' from (' ~ render(query) ~ ') as named (moment)') -%}
    {%- endfor -%}
  {%- endif -%}
  {{ return(rsdbt_retained(rsdbt_windows(periods)) if periods else none) }}
{% endmacro %}

{% macro rsdbt_windows_of_rows(relation, columns) %}
  {%- set by = rsdbt_partitioning() -%}
  {{ return(rsdbt_retained(rsdbt_windows(['select ' ~ rsdbt_local_field(by.field, rsdbt_field_kind(columns)) ~ ' from ' ~ relation]))) }}
{% endmacro %}
