{#
  A query with `in_partitions` reads the input rows of the periods that are built. Rows that it makes for them from those of other periods would be
  deleted and not made again. Another time zone takes rows from next to a period: each run asks for them there. A first build asks some of its periods.
#}

{# Of a run, before it writes. `rows` has the columns of the query. One that builds many periods is also like a first build. #}
{% macro rsdbt_refuse_unread_rows(windows, kinds, rows) %}
  {%- if windows and kinds and not flags.EMPTY and not flags.SAMPLE -%}
    {%- set columns = adapter.get_columns_in_relation(rows) -%}
    {%- set beside = rsdbt_windows_beside(windows, 'hour' if rsdbt_partitioning().granularity == 'hour' else 'day') -%}
    {%- do rsdbt_refuse_rows_read_from(beside, windows, kinds, columns) -%}
    {%- for group in rsdbt_some_of(windows) if windows | length > 12 -%}
      {%- do rsdbt_refuse_rows_read_from(group, none, kinds, columns) -%}
    {%- endfor -%}
  {%- endif -%}
{% endmacro %}

{# Of a first build, if later runs read some periods: of those with input rows, or those of the table and their neighbours. #}
{% macro rsdbt_refuse_rows_unread_later(relation) %}
  {%- set narrows = config.get('dirty') or config.get('restate') or 'lookback' in (model.unrendered_config or {}) or flags.INTERVAL_START -%}
  {%- if narrows and rsdbt_query_parts | length > 1 and not flags.EMPTY and not flags.SAMPLE -%}
    {%- set columns = adapter.get_columns_in_relation(relation) -%}
    {%- set inputs = ["select distinct period from rsdbt.periods where input <> 'own rows' and row_count > 0 and relation = " ~ rsdbt_regclass(relation) ~ '::pg_catalog.oid'] -%}
    {%- set windows = rsdbt_windows(inputs) if config.get('dirty') else rsdbt_windows_of_rows(relation, columns) -%}
    {%- set windows = windows + (rsdbt_windows_beside(windows, rsdbt_partitioning().granularity) if not config.get('dirty') else []) -%}
    {%- set kinds = rsdbt_kinds_of_conditions(rsdbt_query_parts) if windows else [] -%}
    {%- for group in rsdbt_some_of(windows | sort(attribute='local_start') | list) if group -%}
      {%- do rsdbt_refuse_rows_read_from(group, none, kinds, columns) -%}
    {%- endfor -%}
  {%- endif -%}
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
