{#
  `dirty` finds periods by the inputs' event times, and a query without `in_partitions`, or with it on what it has computed, is asked for its rows of those. Rows that
  it makes for other periods would stay as they were: the query is run over the input rows of some periods, and over none.
#}

{# `relation` is what was built or is overwritten; no windows: a first build. `rows` has the columns of the query. #}
{% macro rsdbt_refuse_moved_rows(query, windows, relation, rows) %}
  {%- if not config.get('dirty') or flags.EMPTY or flags.SAMPLE or rsdbt_reads_by_event_times(rows) -%}
    {{ return('') }}
  {%- endif -%}
  {%- for tried, node in rsdbt_tried_inputs(rsdbt_tried_windows(windows, relation)) -%}
    {%- set of_tried, of_none = rsdbt_restricted_queries(query, tried, node) -%}
    {%- set moved = make_temp_relation(this, '__moved') -%}
    {%- if of_tried['refusal'] or not adapter.attempt(rsdbt_moved_rows_sql(moved, of_tried['query'], of_none['query'], tried, rows), ['42P01', '42703', '42803', '0A000']) -%}
      {%- do rsdbt_warn_unless_narrowed(
        'it is not known whether the query keeps the periods of its inputs (' ~ (of_tried['refusal'] or 'it names columns by schema and table, or needs a table where an input stands')
        ~ '). Rows that it makes for other periods than those in which inputs changed stay as they are. `in_partitions` makes them an error'
      ) -%}
      {{ return('') }}
    {%- endif -%}
    {%- set found = run_query('select * from ' ~ moved).rows[0] -%}
    {%- do run_query('drop table ' ~ moved) -%}
    {%- do rsdbt_raise_moved_rows(query, tried, found) if found[0] > 0 -%}
  {%- endfor -%}
{% endmacro %}

{% macro rsdbt_raise_moved_rows(query, tried, found) %}
  {%- set by = rsdbt_partitioning() -%}
  {{ exceptions.raise_database_error(
    'the query makes ' ~ rsdbt_counted(found[0], 'row', 'rows') ~ ' of other periods from input rows of ' ~ rsdbt_listed_periods(tried) ~ ': ' ~ by.field[1:-1] ~ ' = ' ~ found[1]
    ~ (', ..' if found[0] > 3) ~ '. `dirty` builds the periods in which inputs changed, and these would stay as they are. Nothing was changed\nhelp: compute `'
    ~ by.field[1:-1] ~ '` from the event_time without changing its period, in time zone ' ~ by.time_zone ~ '; or set an event_time with the period of `' ~ by.field[1:-1]
    ~ '` for the input, in a view if need be; ' ~ ('or take the bounds of the calendar from constants, or from a table without an event_time; ' if 'generate_series' in query | lower)
    ~ 'or leave out `dirty` and name the periods (`lookback`, `--event-time-start`)'
  ) }}
{% endmacro %}

{# Their number, and the first of their values. Compared as texts: any type has one. #}
{% macro rsdbt_moved_rows_sql(moved, of_windows, of_none, windows, rows) %}
  {%- set field = rsdbt_partitioning().field -%}
  {%- set outside = ' where not ' ~ rsdbt_in_windows(field, rsdbt_field_kind(adapter.get_columns_in_relation(rows)), windows) -%}
  {%- set outside_of = [] -%}
  {%- for query in [of_windows, of_none] -%}
    {%- do outside_of.append('select ' ~ field ~ "::text as value, rsdbt_rows::text from (select * from (\n" ~ query ~ "\n) as rsdbt_query offset '0') as rsdbt_rows" ~ outside) -%}
  {%- endfor -%}
  create temporary table {{ moved }} as
  with moved as ({{ outside_of | join('\nexcept all\n') }})
  select pg_catalog.count(*) as moved_rows, (select pg_catalog.string_agg(value, ', ') from (select value from moved order by value limit 3) as first) as first_values
  from moved
{% endmacro %}
