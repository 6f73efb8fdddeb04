{#
  Rows that are made of input rows of several periods together: a pair whose times lie on both sides of midnight, a group over two days. A run
  that builds one of the periods alone makes others, and those of the period beside stay as they were. `partition_by.independent` says that there are none.
#}

{#
  Where the query's text does not tell, the rows of each group are made of its own input rows and of those of all groups together. `groups`: [{own, read}],
  periods and windows of input rows in their order. `places`: see rsdbt_any_two_apart.
#}
{% macro rsdbt_refuse_mixed_rows(groups, places, kinds, columns) %}
  {%- set ordered = rsdbt_how_made(kinds, columns)['ordered'] -%}
  {%- set mixed = rsdbt_mixed_steady_periods(groups, places, kinds, columns, columns | rejectattr('name', 'in', ordered) | list) -%}
  {%- if mixed['fewer'] or mixed['other'] -%}
    {%- do rsdbt_raise_mixed_rows(mixed, groups) -%}
  {%- elif mixed['random'] -%}
    {%- do rsdbt_warn('it is not known whether rows are made of input rows of several periods: the query gives another number of rows each time') -%}
  {%- elif ordered and rsdbt_mixed_steady_periods(groups, places, kinds, columns, columns)['other'] -%}
    {%- do rsdbt_warn(
      'values of ' ~ ('`' ~ ordered | join('`, `') ~ '`') ~ ' are others where the periods of ' ~ rsdbt_listed_periods(groups | map(attribute='own') | list)
      ~ ' are built together: a window function, or an aggregate that keeps an order, looks at the input rows of the periods that are built. Set `independent: true` in `partition_by` if this is meant'
    ) -%}
  {%- endif -%}
{% endmacro %}

{# Without the columns that have other values each time. #}
{% macro rsdbt_mixed_steady_periods(groups, places, kinds, columns, compared) %}
  {%- set mixed = rsdbt_mixed_periods(groups, places, kinds, columns, compared) -%}
  {%- if mixed['changing'] -%}
    {{ return(rsdbt_mixed_periods(groups, places, kinds, columns, rsdbt_steady_columns(groups, kinds, columns, compared))) }}
  {%- endif -%}
  {{ return(mixed) }}
{% endmacro %}

{#
  {fewer, other, changing, random}: periods with another number of rows, and with others of the same number; whether the query gives other values each time,
  and another number of rows.
#}
{% macro rsdbt_mixed_periods(groups, places, kinds, columns, compared) %}
  {%- set found = {'fewer': [], 'other': [], 'changing': false, 'random': false} -%}
  {%- set mixed = make_temp_relation(this, '__mixed') -%}
  {%- set done = rsdbt_attempt([rsdbt_mixed_rows_sql(mixed, groups, places, kinds, columns, compared)]) -%}
  {%- if done['error'] -%}
    {%- do rsdbt_warn('it is not known whether rows are made of input rows of several periods: ' ~ done['error']) -%}
    {{ return(found) }}
  {%- endif -%}
  {%- if done['rows'] > 0 -%}
    {%- set is = run_query('select pg_catalog.bool_or(more = 0 and changing), pg_catalog.bool_or(more <> 0 and random) from ' ~ mixed).rows[0] -%}
    {%- do found.update({
      'changing': is[0], 'random': is[1], 'fewer': rsdbt_windows(['select at from ' ~ mixed ~ ' where more <> 0 and not random']),
      'other': rsdbt_windows(['select at from ' ~ mixed ~ ' where more = 0 and not changing']),
    }) -%}
  {%- endif -%}
  {%- do run_query('drop table ' ~ mixed) -%}
  {{ return(found) }}
{% endmacro %}

{% macro rsdbt_raise_mixed_rows(mixed, groups) %}
  {%- set periods = rsdbt_listed_periods(mixed['fewer'] or mixed['other']) -%}
  {{ exceptions.raise_database_error(
    'the query makes rows of ' ~ periods ~ ' from input rows of several periods together: it makes ' ~ ('another number of rows' if mixed['fewer'] else 'rows of other values')
    ~ ' where ' ~ rsdbt_listed_periods(groups | map(attribute='own') | list) ~ ' are built together. `in_partitions` reads the periods that are built, and runs that build one without the other would '
    ~ 'lose this. Nothing was changed\nhelp: use `in_partitions` for the input alone that gives the period, and read the others whole or by a wider condition of their own; '
    ~ 'join inputs on their periods, and group and rank by the period, too; or leave out `in_partitions`. Where they differ for another reason, set `independent: true` in `partition_by`'
  ) }}
{% endmacro %}
