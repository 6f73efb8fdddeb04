{# Whether a query keeps the periods of its input rows, whatever these are: then none of them need be asked. #}

{# Its field must be made of the columns in `in_partitions`, and times of the periods that are read must give none of the periods that are looked for. #}
{% macro rsdbt_keeps_periods(read, built, kinds, columns) %}
  {{ return(rsdbt_makings_keep(rsdbt_how_made(kinds, columns)['makings'], read, built, columns)) }}
{% endmacro %}

{# All input rows that it reads must be tied to those that make the field, by their periods. #}
{% macro rsdbt_makes_rows_of_one_period(read, built, kinds, columns) %}
  {%- set how = rsdbt_how_made(kinds, columns) -%}
  {%- set ties = how['ties'] or [] -%}
  {{ return(how['ties'] is not none and rsdbt_makings_keep(how['makings'] + ties, read, built, columns, also_within=ties | length > 0)) }}
{% endmacro %}

{# `also_within`: times of the periods that are built give these. #}
{% macro rsdbt_makings_keep(makings, read, built, columns, also_within=false) %}
  {%- set makings = makings if not rsdbt_query_parts[1::3] | reject('equalto', 'type') | list else [] -%}
  {%- set types = rsdbt_types_of_conditions(rsdbt_query_parts) if makings else [] -%}
  {%- set kind = rsdbt_field_kind(columns) -%}
  {%- set tried = [] -%}
  {%- for making in makings -%}
    {%- set values = 'select from (select (' ~ making.expression ~ ')::' ~ rsdbt_field_column(columns).data_type ~ ' as value from ' -%}
    {%- do tried.append(values ~ rsdbt_times_sql(rsdbt_spread_of(read), types[making.condition]) ~ ') as rsdbt_read where ' ~ rsdbt_unread_condition('value', kind, read, built)) -%}
    {%- do tried.append(values ~ rsdbt_times_sql(rsdbt_spread_of(built), types[making.condition]) ~ ') as rsdbt_built where (' ~ rsdbt_in_windows('value', kind, built) ~ ') is not true') if also_within -%}
  {%- endfor -%}
  {%- if not tried -%}
    {{ return(false) }}
  {%- endif -%}
  {%- set moved = rsdbt_attempt([tried | join('\nunion all ')]) -%}
  {{ return(not moved['error'] and moved['rows'] == 0) }}
{% endmacro %}

{# `{makings, ties, ordered}` of the field, and of all columns. #}
{% macro rsdbt_how_made(kinds, columns) %}
  {%- set roles = rsdbt_roles_of_conditions() -%}
  {%- set marks = [] -%}
  {%- for kind in kinds -%}
    {%- set limits = kind is not none and roles[loop.index0] == 'input' -%}
    {%- do marks.append('rsdbt_limits(' ~ rsdbt_query_parts[loop.index0 * 3 + 2] ~ ', ' ~ loop.index0 ~ ')' if limits else 'true') -%}
  {%- endfor -%}
  {{ return(adapter.rsdbt_makings(rsdbt_query_with(marks), rsdbt_plain_names(rsdbt_partitioning().field)[0], columns | map(attribute='name') | list)) }}
{% endmacro %}

{# With `in_partitions` on columns of tables: each names an event_time, and limits the rows by it. #}
{% macro rsdbt_reads_by_event_times(rows) %}
  {%- if rsdbt_query_parts | length == 1 -%}
    {{ return(false) }}
  {%- endif -%}
  {%- set kinds = rsdbt_kinds_of_conditions(rsdbt_query_parts) -%}
  {%- set plain = rsdbt_how_made(kinds, adapter.get_columns_in_relation(rows))['plain'] -%}
  {%- set roles = rsdbt_roles_of_conditions() -%}
  {%- for kind in kinds if kind is not none -%}
    {%- if roles[loop.index0] == 'input' and loop.index0 not in plain -%}
      {{ return(false) }}
    {%- endif -%}
  {%- endfor -%}
  {{ return(true) }}
{% endmacro %}

{% macro rsdbt_warn_unless_narrowed(message) %}
  {%- do rsdbt_warn(message) if rsdbt_query_parts | length == 1 -%}
{% endmacro %}

{# The first and the last instant of each window and those between, or its dates. #}
{% macro rsdbt_times_sql(windows, type) -%}
  {%- set is_date = type == 'date' -%}
  {%- set bounds = 'timestamp without time zone' if is_date else type -%}
  {%- set ranges = [] -%}
  {%- for window in windows -%}
    {%- set first, past = (window['local_start'], window['local_end']) if is_date else (window['start'], window['end']) -%}
    {%- do ranges.append("('" ~ first ~ "'::" ~ bounds ~ ", '" ~ past ~ "'::" ~ bounds ~ ')') -%}
  {%- endfor -%}
  (
    select least(at, past - interval '1 microsecond')::{{ type }} as rsdbt_value
    from (values {{ ranges | join(', ') }}) as rsdbt_ranges (first, past),
      pg_catalog.generate_series(first, past, interval '{{ '1 day' if is_date else '15 minutes' if windows | length < 200 else '6 hours' }}') as at
  ) as rsdbt_times
{%- endmacro %}
