{#
  A query with `in_partitions` reads the input rows of the periods that are built. Rows that it makes for them from those of other periods would be
  deleted and not made again. Another time zone takes rows from next to a period: each run asks for them there. A first build asks some of its periods.
#}

{# Of a run, before it writes. `rows` has the columns of the query. One that builds many periods is also like a first build. #}
{% macro rsdbt_refuse_unread_rows(windows, kinds, rows) %}
  {%- if windows and kinds and not flags.EMPTY and not flags.SAMPLE -%}
    {%- set columns = adapter.get_columns_in_relation(rows) -%}
    {%- set beside = rsdbt_windows_beside(windows, 'hour' if rsdbt_partitioning().granularity == 'hour' else 'day') -%}
    {%- do rsdbt_refuse_rows_beside(windows, beside, kinds, columns) -%}
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
    {%- set windows = windows | sort(attribute='local_start') | list -%}
    {%- for group in rsdbt_some_of(windows) if group -%}
      {%- do rsdbt_refuse_rows_read_from(group, none, kinds, columns) -%}
    {%- endfor -%}
    {#- Pairs may be further apart: any two of the last periods are looked at. A calendar between its first and its last day is another one of fewer periods. -#}
    {%- do rsdbt_refuse_rows_beside(windows[-12:], rsdbt_windows_beside(windows[-12:], 'hour' if rsdbt_partitioning().granularity == 'hour' else 'day'), kinds, columns, all=true) if windows and 'generate_series' not in sql | lower -%}
  {%- endif -%}
{% endmacro %}

{# Of windows that are built, rows that are made of those beside them, or of both. `all`: of any two of them. #}
{% macro rsdbt_refuse_rows_beside(windows, beside, kinds, columns, all=false) %}
  {%- if not rsdbt_makes_rows_of_one_period(beside, windows, kinds, columns) -%}
    {%- do rsdbt_refuse_rows_read_from(beside, windows, kinds, columns) -%}
    {%- if not rsdbt_partitioning().independent -%}
      {%- do rsdbt_refuse_mixed_rows(rsdbt_groups_of(windows if all else rsdbt_edges_of(windows), windows, beside), [1, 2, 4, 8] if all else [1], kinds, columns) -%}
    {%- endif -%}
  {%- endif -%}
{% endmacro %}
