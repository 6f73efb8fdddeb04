{# Whether rows of some periods are lost when these are built without another one, and the error that says so. #}

{#
  Those of `periods`. Where the query gives other rows for the same input rows (a random id), their number counts: of those that come
  of the input rows of `read`, and of none.
#}
{% macro rsdbt_lost_periods(periods, read, kinds, columns) %}
  {%- set field = rsdbt_partitioning().field -%}
  {%- set lost = make_temp_relation(this, '__lost') -%}
  {%- set names = {'alone': periods, 'again': periods, 'together': (periods + read) | sort(attribute='local_start') | list, 'other': read, 'none': []} -%}
  {%- set query -%}
    create temporary table {{ lost }} as
    with
    {%- for name, windows in names.items() %}
    rsdbt_{{ name }} as materialized (
      select {{ field }} as value, {{ rsdbt_line_sql(columns) }} as line from (select * from (
        {{ rsdbt_query_of(windows, kinds) }}
      ) as rsdbt_query offset '0') as rsdbt_rows
      where {{ rsdbt_in_windows(field, rsdbt_field_kind(columns), periods) }}
    ){{ ',' if not loop.last }}
    {%- endfor %}
    select value from (
      (select * from rsdbt_together except all select * from rsdbt_alone) union all (select * from rsdbt_alone except all select * from rsdbt_together)
    ) as different
    where case when exists (select * from rsdbt_alone except all select * from rsdbt_again)
      then (select pg_catalog.count(*) from rsdbt_other) > (select pg_catalog.count(*) from rsdbt_none) else true end
  {%- endset -%}
  {%- if rsdbt_attempt([query])['error'] -%}
    {{ return(periods) }}
  {%- endif -%}
  {%- set found = rsdbt_windows(['select ' ~ rsdbt_local_field('value', rsdbt_field_kind(columns)) ~ ' from ' ~ lost]) -%}
  {%- do run_query('drop table ' ~ lost) -%}
  {{ return(found) }}
{% endmacro %}

{% macro rsdbt_raise_unread_rows(periods, window) %}
  {%- set by = rsdbt_partitioning() -%}
  {%- set field = by.field[1:-1] -%}
  {%- set inputs = [] -%}
  {%- for node in rsdbt_inputs_with_event_time() -%}
    {%- do inputs.append((node.source_name ~ '.' if node.source_name) ~ node.name) -%}
  {%- endfor -%}
  {%- set zones = modules.re.findall("(?i)\\btime\\s+zone\\s+'([^']+)'", sql) -%}
  {{ exceptions.raise_database_error(
    'the query makes rows of ' ~ rsdbt_listed_periods(periods) ~ ' from input rows of ' ~ rsdbt_listed_periods([window]) ~ ' (' ~ ('`' ~ rsdbt_query_parts[2::3] | unique | join('`, `') ~ '`')
    ~ (' of ' ~ inputs | join(', ') if inputs) ~ ', in time zone ' ~ by.time_zone ~ '). `in_partitions` reads the periods that are built: a run that builds '
    ~ rsdbt_listed_periods(periods) ~ ' without ' ~ rsdbt_listed_periods([window]) ~ ' would lose these rows. Nothing was changed\nhelp: '
    ~ ('set `partition_by.time_zone: ' ~ zones[-1] ~ '`, which the query uses; or ' if zones and zones[-1] != by.time_zone)
    ~ 'compute `' ~ field ~ '` from the column in `in_partitions`, in time zone ' ~ by.time_zone
    ~ '; or use `in_partitions` with a column whose period is that of `' ~ field ~ '` in each row, and make it the event_time of the input'
  ) }}
{% endmacro %}
