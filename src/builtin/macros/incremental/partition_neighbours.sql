{# Windows at the edges of others and beside them. #}

{# The first and the last of each range. #}
{% macro rsdbt_edges_of(windows) %}
  {%- set edges = [] -%}
  {%- for window in windows -%}
    {%- set is_inside = not loop.first and not loop.last and loop.previtem['local_end'] == window['local_start'] and loop.nextitem['local_start'] == window['local_end'] -%}
    {%- do edges.append(window) if not is_inside -%}
  {%- endfor -%}
  {{ return(edges) }}
{% endmacro %}

{# [{own, read}] in their order: periods, and input rows of each. Of the periods beside them, those next to them are read. #}
{% macro rsdbt_groups_of(chosen, windows, beside) %}
  {%- set groups = [] -%}
  {%- for window in chosen -%}
    {%- do groups.append({'at': window['local_start'], 'own': window, 'read': [window]}) -%}
  {%- endfor -%}
  {%- for own in rsdbt_windows_beside(windows, rsdbt_partitioning().granularity) -%}
    {%- set read = [] -%}
    {%- for window in beside if own['local_start'] <= window['local_start'] and window['local_start'] < own['local_end'] -%}
      {%- do read.append(window) -%}
    {%- endfor -%}
    {%- do groups.append({'at': own['local_start'], 'own': own, 'read': read}) if read -%}
  {%- endfor -%}
  {{ return(groups | sort(attribute='at') | list) }}
{% endmacro %}

{# Before and after each range of windows. #}
{% macro rsdbt_windows_beside(windows, unit) %}
  {%- set by = rsdbt_partitioning() -%}
  {%- set starts = [] -%}
  {%- set ends = [] -%}
  {%- for window in windows -%}
    {%- do starts.append(window['local_start']) if loop.first or loop.previtem['local_end'] != window['local_start'] -%}
    {%- do ends.append(window['local_end']) if loop.last or loop.nextitem['local_start'] != window['local_end'] -%}
  {%- endfor -%}
  {%- set beside = rsdbt_windows([
    "select at - interval '1 " ~ unit ~ "' from (" ~ rsdbt_timestamps_sql(starts) ~ ') as edges (at)', rsdbt_timestamps_sql(ends)
  ], dict(by, granularity=unit)) -%}
  {{ return(rsdbt_windows_but(beside, windows if unit == by.granularity else [])) }}
{% endmacro %}
