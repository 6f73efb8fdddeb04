{# Windows at the edges of others, beside them, and apart from each other. #}

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

{#
  Lists of periods: a dozen, of which any two are apart in some of the lists. Of more: eight, closer to each other towards the last.
#}
{% macro rsdbt_some_of(windows) %}
  {%- set last = windows | length - 1 -%}
  {%- if last < 12 -%}
    {{ return(rsdbt_any_two_apart(windows)) }}
  {%- endif -%}
  {%- set back = [0] -%}
  {%- for step in range(1, 8) -%}
    {%- do back.append([step * step * last // 49, back[-1] + 2] | max) if back[-1] + 2 <= last -%}
  {%- endfor -%}
  {%- set some = [] -%}
  {%- for periods in back | reverse -%}
    {%- do some.append(windows[last - periods]) -%}
  {%- endfor -%}
  {{ return(rsdbt_any_two_apart(some)) }}
{% endmacro %}

{# By the digits of their binary numbers: a row that the query moves from one period to another shows in one of the lists. The first two have no neighbours. #}
{% macro rsdbt_any_two_apart(windows) %}
  {%- set lists = [] -%}
  {%- for place in [1, 2, 4, 8] if place == 1 or place < windows | length -%}
    {%- set sides = [[], []] -%}
    {%- for window in windows -%}
      {%- do sides[loop.index0 // place % 2].append(window) -%}
    {%- endfor -%}
    {%- do lists.extend(sides) -%}
  {%- endfor -%}
  {{ return(lists) }}
{% endmacro %}
