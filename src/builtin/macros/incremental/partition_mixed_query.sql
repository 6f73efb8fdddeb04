{# The rows of periods, made of their own input rows and of those of several. #}

{# By period: how many rows more are made together, and whether the query gives other rows, or another number, each time. #}
{% macro rsdbt_mixed_rows_sql(mixed, groups, places, kinds, columns, compared) %}
  {%- set values = rsdbt_line_sql(compared) ~ ' as line' -%}
  {%- set first = 'rsdbt_alone_' ~ places[0] -%}
  create temporary table {{ mixed }} as
  with
  rsdbt_together as materialized ({{ rsdbt_rows_of_groups_sql(groups, kinds, columns, values) }}),
  rsdbt_again as materialized ({{ rsdbt_rows_alone_sql(groups, places[0], kinds, columns, values) }}),
  {%- for place in places %}
  rsdbt_alone_{{ place }} as materialized ({{ rsdbt_rows_alone_sql(groups, place, kinds, columns, values) }}),
  {%- endfor %}
  rsdbt_other as (
    {%- for place in places %}
    select {{ place }} as place, at, 1::pg_catalog.int8 as one from (select * from rsdbt_together except all select * from rsdbt_alone_{{ place }}) as added
    union all
    select {{ place }}, at, (-1)::pg_catalog.int8 from (select * from rsdbt_alone_{{ place }} except all select * from rsdbt_together) as missing
    {{ 'union all' if not loop.last }}
    {%- endfor %}
  )
  select
    at, pg_catalog.sum(one) as more,
    exists (select * from {{ first }} except all select * from rsdbt_again) as changing,
    exists (select at, pg_catalog.count(*) from {{ first }} group by at except all select at, pg_catalog.count(*) from rsdbt_again group by at) as random
  from rsdbt_other group by place, at
{% endmacro %}

{# Those whose values are the same each time. #}
{% macro rsdbt_steady_columns(groups, kinds, columns, compared) %}
  {%- set values = [] -%}
  {%- for value in rsdbt_compared_values(compared) -%}
    {%- do values.append('(' ~ value ~ ')::text as value_' ~ loop.index) -%}
  {%- endfor -%}
  {%- set rows = rsdbt_rows_alone_sql(groups, 1, kinds, columns, values | join(', ')) -%}
  {%- set query -%}
    with rsdbt_first as materialized ({{ rows }}), rsdbt_again as materialized ({{ rows }})
    select
    {%- for value in values %}
      not exists (select at, value_{{ loop.index }} from rsdbt_first except all select at, value_{{ loop.index }} from rsdbt_again){{ ',' if not loop.last }}
    {%- endfor %}
  {%- endset -%}
  {%- set is_steady = run_query(query).rows[0] -%}
  {%- set steady = [] -%}
  {%- for column in compared -%}
    {%- do steady.append(column) if is_steady[loop.index0] -%}
  {%- endfor -%}
  {{ return(steady) }}
{% endmacro %}

{# Each half of the groups by itself: by the digit of their numbers, so that neighbours are apart. #}
{% macro rsdbt_rows_alone_sql(groups, place, kinds, columns, values) -%}
  {%- set sides = [[], []] -%}
  {%- for group in groups -%}
    {%- do sides[loop.index0 // place % 2].append(group) -%}
  {%- endfor -%}
  {%- set rows = [] -%}
  {%- for side in sides if side -%}
    {%- do rows.append(rsdbt_rows_of_groups_sql(side, kinds, columns, values)) -%}
  {%- endfor -%}
  {{ return(rows | join(' union all ')) }}
{%- endmacro %}

{# Their rows, of their input rows. #}
{% macro rsdbt_rows_of_groups_sql(groups, kinds, columns, values) -%}
  {%- set by = rsdbt_partitioning() -%}
  {%- set read = groups | map(attribute='read') | sum(start=[]) | sort(attribute='local_start') | list -%}
  select pg_catalog.date_trunc('{{ by.granularity }}', {{ rsdbt_local_field(by.field, rsdbt_field_kind(columns)) }}) as at, {{ values }}
  from (select * from (
    {{ rsdbt_query_of(read, kinds) }}
  ) as rsdbt_query offset '0') as rsdbt_rows
  where {{ rsdbt_in_windows(by.field, rsdbt_field_kind(columns), groups | map(attribute='own') | list) }}
{%- endmacro %}
