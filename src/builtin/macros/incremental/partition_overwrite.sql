{#
  Strategy `partition_overwrite`: whole periods of a table are replaced by what the query gives for them now.

    partition_by: {field, granularity: hour | day | week | month, time_zone, local}
    partitioned     true: native partitions, each built aside and swapped in
    lookback        periods before the current one that are built again
    dirty           true: the periods whose inputs changed, by a fingerprint per period of every input with an event_time
    retention       partitions before the current period and so many before it are dropped; with `partitioned` only
  restate         queries that name further periods, by values of the field

  The periods are those of --event-time-start/--event-time-end, else --interval-start/--interval-end, lookback, dirty and
  restate together, else those that the query's rows have. `where {{ in_partitions('created_at') }}` in the model reads
  only what belongs to them.
#}

{% macro get_incremental_partition_overwrite_sql(arg_dict) %}
  {%- set target = arg_dict['target_relation'] -%}
  {%- set windows = arg_dict.get('partitions') -%}
  {%- if windows is none -%}
    {%- set windows = rsdbt_windows_of_rows(arg_dict['temp_relation'], arg_dict['dest_columns']) -%}
  {%- endif -%}
  {%- if not arg_dict.get('reading') -%}
    {%- do rsdbt_check_rows(arg_dict['temp_relation'], arg_dict['dest_columns'], windows, arg_dict.get('narrowed')) -%}
  {%- endif -%}
  {%- if config.get('partitioned') -%}
    {{ return(rsdbt_swap_partitions(target, arg_dict['temp_relation'], arg_dict['dest_columns'], windows)) }}
  {%- endif -%}
  {%- set condition = rsdbt_in_windows(rsdbt_partitioning().field, rsdbt_field_kind(arg_dict['dest_columns']), windows) -%}
  {%- do rsdbt_refuse_other_periods(target, arg_dict['dest_columns'], windows) if windows -%}
  {%- do rsdbt_refuse_cascades(target, '`partition_overwrite`', condition=condition) if windows -%}
  {%- do arg_dict.update({'rsdbt_overwritten': condition}) -%}
  {%- set columns = get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) -%}
  {%- set fresh = rsdbt_rows_of(arg_dict) -%}
  {%- set overwrite_sql -%}
  delete from {{ target }}
  where {{ condition }};
  {%- set check = rsdbt_check_deleted_sql(target, condition) %}
  {{ check ~ ';' if check }}
  {{ fresh['with'] -}}
  insert into {{ target }} ({{ columns }})
  select {{ columns }}
  {%- if arg_dict.get('reading') and arg_dict.get('narrowed') %}
  {#- Behind `offset '0'` the condition meets the rows that the query gives, and no others. #}
  from (select * from {{ fresh['rows'] }} offset '0') as rsdbt_rows
  where {{ rsdbt_counting_condition(condition) }}
  {%- else %}
  from {{ fresh['rows'] }}
  where {{ condition }}
  {%- endif %}
  {%- endset -%}
  {{ return(overwrite_sql) }}
{% endmacro %}

{# How the field tells its period: `date` and `local` by the calendar of the time zone, `instant` in UTC. #}
{% macro rsdbt_field_kind(columns) %}
  {{ return('date' if rsdbt_field_column(columns).dtype == 'date' else 'local' if rsdbt_partitioning().local else 'instant') }}
{% endmacro %}

{% macro rsdbt_field_column(columns) %}
  {%- set field = rsdbt_partitioning().field -%}
  {%- for column in columns if column.quoted == field -%}
    {{ return(column) }}
  {%- endfor -%}
  {{ exceptions.raise_compiler_error('partition_by: the model has no column `' ~ field[1:-1] ~ '`') }}
{% endmacro %}
