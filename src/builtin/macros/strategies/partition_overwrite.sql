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
  {%- set prepared = arg_dict['prepared'] -%}
  {%- set windows = prepared['windows'] -%}
  {%- if windows is none -%}
    {%- set windows = rsdbt_windows_of_rows(arg_dict['temp_relation'], arg_dict['dest_columns']) -%}
  {%- endif -%}
  {%- if not arg_dict['reading'] -%}
    {%- do rsdbt_check_rows(arg_dict['temp_relation'], arg_dict['dest_columns'], windows, prepared['reading']['narrowed']) -%}
  {%- endif -%}
  {#- Rows that belong elsewhere are no reason to keep a period as if its inputs had none. -#}
  {%- if prepared['doubtful'] -%}
    {%- set windows = rsdbt_without_kept(windows, prepared['doubtful'], arg_dict['temp_relation'], target, arg_dict['dest_columns']) -%}
    {%- do prepared.update({'windows': windows}) -%}
  {%- endif -%}
  {%- if config.get('partitioned') -%}
    {{ return(rsdbt_swap_partitions(target, arg_dict['temp_relation'], arg_dict['dest_columns'], windows)) }}
  {%- endif -%}
  {{ return(rsdbt_overwrite_sql(arg_dict, windows)) }}
{% endmacro %}

{% macro rsdbt_traits_partition_overwrite() %}
  {{ return({'deletes': true, 'remembers': true, 'writes_all': true}) }}
{% endmacro %}

{% macro rsdbt_first_partition_overwrite(relation, get_strategy_sql) %}
  {%- do rsdbt_check_partition_config() -%}
  {%- do rsdbt_build_periods(relation) -%}
{% endmacro %}

{# A backfill builds batches side by side that have no period in common. #}
{% macro rsdbt_enter_partition_overwrite() %}
  {%- do rsdbt_one_merge_at_a_time(this, beside=flags.get('RSDBT_SIDE_BY_SIDE')) -%}
{% endmacro %}

{# Where old rows go before the query is read, it must not look at them: its rows wait in a table then. #}
{% macro rsdbt_prepare_partition_overwrite(existing_relation) %}
  {%- do rsdbt_check_partition_config() -%}
  {%- do rsdbt_check_interval() -%}
  {%- do rsdbt_check_event_times() -%}
  {%- do rsdbt_warn_of_unwatched_inputs() -%}
  {#- Again: a hook may have ended the transaction. -#}
  {%- do rsdbt_enter_partition_overwrite() -%}
  {%- set windows = rsdbt_windows_of_run(adapter.get_columns_in_relation(existing_relation)) -%}
  {%- do rsdbt_check_whole_periods(windows) -%}
  {%- set doubtful = rsdbt_doubtful_windows(windows) -%}
  {%- set reading = rsdbt_reading_windows(windows, doubtful) -%}
  {{ return({
    'reading': reading, 'windows': windows, 'doubtful': doubtful,
    'reads_at_last': windows is not none and not doubtful and not config.get('partitioned') and this.identifier not in reading['query'],
  }) }}
{% endmacro %}

{% macro rsdbt_read_partition_overwrite(prepared, rows) %}
  {%- do rsdbt_refuse_moved_rows(sql, prepared['windows'], this, rows) if prepared['windows'] is not none -%}
  {%- do rsdbt_refuse_unread_rows(prepared['windows'], prepared['reading'].get('kinds'), rows) -%}
{% endmacro %}

{% macro rsdbt_finish_partition_overwrite(arg_dict) %}
  {%- set prepared = arg_dict['prepared'] -%}
  {%- if prepared['windows'] and config.get('dirty') -%}
    {%- do rsdbt_remember_own_rows(arg_dict['target_relation'], arg_dict['dest_columns'], prepared['windows'], own_columns=arg_dict['own_columns']) -%}
  {%- endif -%}
  {%- do rsdbt_report_counted_rows() if arg_dict['reading'] and prepared['reading']['narrowed'] -%}
{% endmacro %}
