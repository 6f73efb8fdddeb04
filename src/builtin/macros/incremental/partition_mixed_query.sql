{# How many rows of periods there are, and a checksum of them, made of their own input rows and of those of several. #}

{# By period: how many rows more are made together, and whether the query gives other rows, or another number, each time. #}
{% macro rsdbt_mixed_rows_sql(mixed, groups, places, kinds, columns, compared) %}
  {%- set sums = rsdbt_sum_of_lines_sql(rsdbt_line_sql(compared)) ~ ' as checksum' -%}
  {%- set is_other = 'one.number is distinct from other.number or one.checksum is distinct from other.checksum' -%}
  {%- set twice = 'rsdbt_alone_' ~ places[0] ~ ' as one full join rsdbt_again as other on one.at = other.at' -%}
  create temporary table {{ mixed }} as
  with
  rsdbt_together as materialized ({{ rsdbt_sums_of_groups_sql(groups, kinds, columns, sums) }}),
  rsdbt_again as materialized ({{ rsdbt_sums_alone_sql(groups, places[0], kinds, columns, sums) }}),
  {%- for place in places %}
  rsdbt_alone_{{ place }} as materialized ({{ rsdbt_sums_alone_sql(groups, place, kinds, columns, sums) }}),
  {%- endfor %}
  rsdbt_other as (
    {%- for place in places %}
    select coalesce(one.at, other.at) as at, coalesce(one.number, 0::pg_catalog.int8) - coalesce(other.number, 0::pg_catalog.int8) as more
    from rsdbt_together as one full join rsdbt_alone_{{ place }} as other on one.at = other.at where {{ is_other }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
  )
  select
    at, more, (select pg_catalog.count(*) > 0::pg_catalog.int8 from {{ twice }} where {{ is_other }}) as changing,
    (select pg_catalog.count(*) > 0::pg_catalog.int8 from {{ twice }} where one.number is distinct from other.number) as random
  from rsdbt_other
{% endmacro %}

{# Those whose values are the same each time. #}
{% macro rsdbt_steady_columns(groups, kinds, columns, compared) %}
  {%- set sums = [] -%}
  {%- set are_same = [] -%}
  {%- for value in rsdbt_compared_values(compared) -%}
    {%- do sums.append(rsdbt_sum_of_lines_sql('row(' ~ value ~ ')::text') ~ ' as sum_' ~ loop.index) -%}
    {%- do are_same.append('pg_catalog.bool_and(one.sum_' ~ loop.index ~ ' is not distinct from other.sum_' ~ loop.index ~ ')') -%}
  {%- endfor -%}
  {%- set rows = rsdbt_sums_alone_sql(groups, 1, kinds, columns, sums | join(', ')) -%}
  {%- set query -%}
    with rsdbt_first as materialized ({{ rows }}), rsdbt_again as materialized ({{ rows }})
    select {{ are_same | join(', ') }} from rsdbt_first as one full join rsdbt_again as other on one.at = other.at
  {%- endset -%}
  {%- set is_steady = run_query(query).rows[0] -%}
  {%- set steady = [] -%}
  {%- for column in compared -%}
    {%- do steady.append(column) if is_steady[loop.index0] -%}
  {%- endfor -%}
  {{ return(steady) }}
{% endmacro %}

{# Each half of the groups by itself: by the digit of their numbers, so that neighbours are apart. #}
{% macro rsdbt_sums_alone_sql(groups, place, kinds, columns, sums) -%}
  {%- set sides = [[], []] -%}
  {%- for group in groups -%}
    {%- do sides[loop.index0 // place % 2].append(group) -%}
  {%- endfor -%}
  {%- set rows = [] -%}
  {%- for side in sides if side -%}
    {%- do rows.append(rsdbt_sums_of_groups_sql(side, kinds, columns, sums)) -%}
  {%- endfor -%}
  {{ return(rows | join(' union all ')) }}
{%- endmacro %}

{# Of their rows, made of their input rows. #}
{% macro rsdbt_sums_of_groups_sql(groups, kinds, columns, sums) -%}
  {%- set by = rsdbt_partitioning() -%}
  {%- set read = groups | map(attribute='read') | sum(start=[]) | sort(attribute='local_start') | list -%}
  select pg_catalog.date_trunc('{{ by.granularity }}', {{ rsdbt_local_field('rsdbt_rows.' ~ by.field, rsdbt_field_kind(columns)) }}) as at, pg_catalog.count(*) as number, {{ sums }}
  from (select * from (
    {{ rsdbt_query_of(read, kinds) }}
  ) as rsdbt_query offset '0') as rsdbt_rows
  where {{ rsdbt_in_windows('rsdbt_rows.' ~ by.field, rsdbt_field_kind(columns), groups | map(attribute='own') | list) }}
  group by 1
{%- endmacro %}

{% macro rsdbt_sum_of_lines_sql(line) -%}
  pg_catalog.sum(pg_catalog.hashtextextended({{ line }} collate "C", 0))
{%- endmacro %}
