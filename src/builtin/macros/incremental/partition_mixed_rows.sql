{#
  Rows that are made of input rows of several periods together: a pair whose times lie on both sides of midnight, a group over two days. A run
  that builds one of the periods alone makes others. `partition_by.independent` says that there are none.
#}

{#
  Where the query's text does not tell, the rows of the first and the last period of each range are compared with those that it makes with the input rows
  `beside` them. {fewer, other}: periods with another number of rows, and with others of the same number.
#}
{% macro rsdbt_mixed_periods(edges, beside, kinds, columns) %}
  {%- set mixed = make_temp_relation(this, '__mixed') -%}
  {%- set found = {'fewer': [], 'other': []} -%}
  {%- set done = rsdbt_attempt([rsdbt_mixed_rows_sql(mixed, edges, beside, kinds, columns)]) -%}
  {%- if done['error'] -%}
    {%- do rsdbt_warn('it is not known whether rows of ' ~ rsdbt_listed_periods(edges) ~ ' are made of input rows of several periods: ' ~ done['error']) -%}
    {{ return(found) }}
  {%- endif -%}
  {%- if done['rows'] > 0 -%}
    {%- do found.update({'fewer': rsdbt_windows(['select at from ' ~ mixed ~ ' where more <> 0']), 'other': rsdbt_windows(['select at from ' ~ mixed ~ ' where more = 0'])}) -%}
  {%- endif -%}
  {%- do run_query('drop table ' ~ mixed) -%}
  {{ return(found) }}
{% endmacro %}

{# Where the order of the rows has a say, values alone are a warning. #}
{% macro rsdbt_refuse_mixed_rows(mixed, beside, kinds) %}
  {%- set periods = rsdbt_listed_periods(mixed['fewer'] or mixed['other']) -%}
  {%- if mixed['fewer'] or not rsdbt_how_made(kinds)['is_ordered'] -%}
    {{ exceptions.raise_database_error(
      'the query makes rows of ' ~ periods ~ ' from input rows of several periods together: with those of ' ~ rsdbt_listed_periods(beside)
      ~ ' it makes ' ~ ('another number of rows' if mixed['fewer'] else 'rows of other values') ~ '. `in_partitions` reads the periods that are built, and a run that builds '
      ~ periods ~ ' alone would lose this. Nothing was changed\nhelp: use `in_partitions` for the input alone that gives the period, and read the others whole or by a wider condition of their own; '
      ~ 'join inputs on their periods, and group and rank by the period, too; or leave out `in_partitions`. Where they differ for another reason, set `independent: true` in `partition_by`'
    ) }}
  {%- endif -%}
  {%- do rsdbt_warn(
    'rows of ' ~ periods ~ ' have other values than a run that builds ' ~ rsdbt_listed_periods(beside)
    ~ ', too, would give them: a window function, an aggregate that keeps an order, or a limit looks at the input rows of the periods that are built. Set `independent: true` in `partition_by` if this is meant'
  ) -%}
{% endmacro %}

{# By period: how many rows more there are with the input rows `beside`; 0: other ones. Where the query gives other rows each time, it is not asked of them. #}
{% macro rsdbt_mixed_rows_sql(mixed, edges, beside, kinds, columns) %}
  {%- set by = rsdbt_partitioning() -%}
  {%- set reads = {'alone': edges, 'again': edges, 'together': (edges + beside) | sort(attribute='local_start') | list} -%}
  create temporary table {{ mixed }} as
  with
  {%- for name, windows in reads.items() %}
  rsdbt_{{ name }} as materialized (
    select pg_catalog.date_trunc('{{ by.granularity }}', {{ rsdbt_local_field(by.field, rsdbt_field_kind(columns)) }}) as at, {{ rsdbt_line_sql(columns) }} as line
    from (select * from (
      {{ rsdbt_query_of(windows, kinds) }}
    ) as rsdbt_query offset '0') as rsdbt_rows
    where {{ rsdbt_in_windows(by.field, rsdbt_field_kind(columns), edges) }}
  ),
  {%- endfor %}
  rsdbt_other as (
    select at, 1::pg_catalog.int8 as one from (select * from rsdbt_together except all select * from rsdbt_alone) as added
    union all
    select at, (-1)::pg_catalog.int8 from (select * from rsdbt_alone except all select * from rsdbt_together) as missing
  )
  select at, pg_catalog.sum(one) as more from rsdbt_other group by at
  having case
    when pg_catalog.sum(one) = 0::pg_catalog."numeric" then not exists (select * from rsdbt_alone except all select * from rsdbt_again)
    else not exists (select at, pg_catalog.count(*) from rsdbt_alone group by at except all select at, pg_catalog.count(*) from rsdbt_again group by at)
  end
{% endmacro %}

{# A row as a text. Sums of floats depend on the order of their rows: without their last digits. #}
{% macro rsdbt_line_sql(columns) -%}
  {%- set values = [] -%}
  {%- for column in columns -%}
    {%- set digits = {'double precision': '9.99999999EEEE', 'real': '9.999EEEE'}.get(column.dtype) -%}
    {%- do values.append('pg_catalog.to_char(rsdbt_rows.' ~ column.quoted ~ "::pg_catalog.float8, '" ~ digits ~ "')" if digits else 'rsdbt_rows.' ~ column.quoted) -%}
  {%- endfor -%}
  row({{ values | join(', ') }})::text
{%- endmacro %}
