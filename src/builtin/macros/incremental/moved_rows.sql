{# Rows that were written for a period, and then are of another one, or of none: the runs that replace their period would not find them. #}

{# After an overwrite in place of the rows that meet the condition. Only where something of the table acts on rows. #}
{% macro rsdbt_check_periods(target, rows, columns, condition, acting) %}
  {%- set period = "pg_catalog.date_trunc('" ~ rsdbt_partitioning().granularity ~ "', " ~ rsdbt_local_field(rsdbt_partitioning().field, rsdbt_field_kind(columns)) ~ ')' -%}
  {%- set counted = ' as (select ' ~ period ~ ' as period, pg_catalog.count(*) as number from ' -%}
  {%- set query -%}
    with wanted {{- counted }}{{ rows }} where {{ condition }} group by 1),
    there {{- counted }}{{ target }} where {{ condition }} group by 1)
    select (wanted.number - coalesce(there.number, 0::pg_catalog.int8))::pg_catalog.int8, wanted.period::pg_catalog.text
    from wanted left join there on there.period = wanted.period
    where wanted.number > coalesce(there.number, 0::pg_catalog.int8)
    order by wanted.period
  {%- endset -%}
  {%- set lost = run_query(query).rows -%}
  {%- if lost -%}
    {%- set windows = [] -%}
    {%- for row in lost -%}
      {%- do windows.append({'local_start': row[1]}) -%}
    {%- endfor -%}
    {%- set count = lost | map(attribute=0) | sum -%}
    {{ exceptions.raise_database_error(
      rsdbt_counted(count, 'row was', 'rows were') ~ ' written into ' ~ target.render() ~ ' and then ' ~ ('was' if count == 1 else 'were')
      ~ ' not in the period that the query gives, because of ' ~ rsdbt_all_acting(acting) ~ ': ' ~ rsdbt_listed_periods(windows)
      ~ '. A run that replaces this period would not find ' ~ ('it' if count == 1 else 'them') ~ '. Nothing was changed'
      ~ '\nhelp: let the trigger keep such rows, with ' ~ rsdbt_partitioning().field ~ ' in its period, or let the query return what it writes'
    ) }}
  {%- endif -%}
{% endmacro %}
