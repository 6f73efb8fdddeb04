{# The windows of queries, where one statement serves for more than one list of them, or for a single period. #}

{# The window of so many periods ago. #}
{% macro rsdbt_periods_ago(count) %}
  {%- set by = rsdbt_partitioning() -%}
  {{ return(rsdbt_windows([
    "select pg_catalog.now() at time zone '" ~ by.time_zone ~ "' - " ~ count ~ "::pg_catalog.float8 * interval '1 " ~ by.granularity ~ "'"
  ])[0]) }}
{% endmacro %}

{# [windows of the one list, windows of the other]: asked together where clocks stay as they are. #}
{% macro rsdbt_windows_of_both(one, other) %}
  {%- if one and other -%}
    {%- set by = rsdbt_partitioning() -%}
    {%- set chosen -%}
      select start, pg_catalog.bool_or(list = 1::pg_catalog.int4) as in_one, pg_catalog.bool_or(list = 2::pg_catalog.int4) as in_other
      from (
        select 1::pg_catalog.int4 as list, start from ({{ rsdbt_chosen_periods_sql(one, by) }}) as chosen
        union all
        select 2::pg_catalog.int4, start from ({{ rsdbt_chosen_periods_sql(other, by) }}) as chosen
      ) as listed
      group by start
    {%- endset -%}
    {%- set rows = run_query(rsdbt_steady_windows_sql(chosen, by, ', in_one, in_other')).rows -%}
    {%- if not rows | rejectattr(5) | list -%}
      {{ return([rsdbt_windows_in(rows | selectattr(6) | list, true), rsdbt_windows_in(rows | selectattr(7) | list, true)]) }}
    {%- endif -%}
  {%- endif -%}
  {{ return([rsdbt_windows(one), rsdbt_windows(other)]) }}
{% endmacro %}
