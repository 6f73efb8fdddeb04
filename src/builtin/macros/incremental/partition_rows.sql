{# Rows that a run does not write: they are counted, and said. #}

{#
  The windows to overwrite, once the rows are read into a table: doubtful ones in which the table has rows and the query
  gives none are kept. What of their inputs was remembered while reading is not what they were built of.
#}
{% macro rsdbt_without_kept(windows, doubtful, rows, target, columns) %}
  {%- set field = {'at': 'own.' ~ rsdbt_partitioning().field, 'type': rsdbt_field_column(columns).dtype, 'kind': rsdbt_field_kind(columns)} -%}
  {%- set unread = rsdbt_windows_without_rows(doubtful, [dict(field, from=rows ~ ' as own')]) -%}
  {%- set kept = rsdbt_windows_but(unread, rsdbt_windows_without_rows(unread, [dict(field, from=target ~ ' as own')])) -%}
  {%- if not kept -%}
    {{ return(windows) }}
  {%- endif -%}
  {%- if config.get('dirty') -%}
    {%- do run_query('update rsdbt.periods set row_count = -1 where relation = ' ~ rsdbt_regclass(this) ~ " and input <> 'own rows' and "
      ~ rsdbt_in_windows('period', 'local', kept)) -%}
  {%- endif -%}
  {%- do rsdbt_warn(
    rsdbt_counted(kept | length, 'period has', 'periods have') ~ ' rows in ' ~ this.identifier ~ ' but none in the inputs, and '
    ~ ('is' if kept | length == 1 else 'are') ~ ' kept: ' ~ rsdbt_listed_periods(kept) ~ '. With --allow-empty they become empty'
  ) -%}
  {{ return(rsdbt_windows_but(windows, kept)) }}
{% endmacro %}

{# Rows of a narrowed query that belong to other periods would be lost: they were read in part only. #}
{% macro rsdbt_check_rows(rows, columns, windows, narrowed) %}
  {%- set field = rsdbt_partitioning().field -%}
  {%- set outside = 'not ' ~ rsdbt_in_windows(field, rsdbt_field_kind(columns), windows) if narrowed and windows else 'false' -%}
  {%- set counts = run_query(
    'select pg_catalog.count(*) filter (where not ' ~ rsdbt_has_period_sql(field) ~ '), pg_catalog.count(*) filter (where ' ~ outside ~ "), (select pg_catalog.string_agg(value, ', ') from (select "
    ~ field ~ '::text as value from ' ~ rows ~ ' where ' ~ outside ~ ' limit 3) as first) from ' ~ rows
  ).rows[0] -%}
  {%- do rsdbt_report_rows(counts[0], counts[1], counts[2]) -%}
{% endmacro %}

{% macro rsdbt_report_rows(without_period, outside, first) %}
  {%- set by = rsdbt_partitioning() -%}
  {%- if outside > 0 -%}
    {{ exceptions.raise_database_error(
      rsdbt_counted(outside, 'row of the query belongs', 'rows of the query belong') ~ ' to periods that `in_partitions` does not read in this run: '
      ~ by.field[1:-1] ~ ' = ' ~ first ~ (', ..' if outside > 3) ~ '. They would be lost; nothing is written.\nhelp: compute `' ~ by.field[1:-1]
      ~ '` from the column in `in_partitions`, in time zone ' ~ by.time_zone ~ ', and narrow every input that gives rows of its own'
    ) }}
  {%- endif -%}
  {%- if without_period > 0 -%}
    {%- do rsdbt_warn(
      rsdbt_counted(without_period, 'row', 'rows') ~ ' of the query without a finite `' ~ by.field[1:-1] ~ '` ' ~ ('belongs' if without_period == 1 else 'belong')
      ~ ' to no period and ' ~ ('is' if without_period == 1 else 'are') ~ ' not written'
    ) -%}
  {%- endif -%}
{% endmacro %}
