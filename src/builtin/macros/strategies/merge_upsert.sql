{#
  Strategy `merge_upsert`: the latest row per key wins, whatever the order in which rows arrive.

    unique_key      the key; rows without it are refused
    updated_at      the column that orders the rows of a key
    order_by        further columns for rows with equal timestamps
    consume         true: the rows of the staging table that were applied are deleted from it
    delete_when     a condition on the model's columns: such a row deletes its key
    merge_update_columns, merge_exclude_columns
#}

{% macro get_incremental_merge_upsert_sql(arg_dict) %}
  {%- set target = arg_dict['target_relation'] -%}
  {%- set staged = rsdbt_rows_of(arg_dict) -%}
  {%- set keys = rsdbt_listed(arg_dict['unique_key']) -%}
  {%- if not keys or not config.get('updated_at') -%}
    {{ exceptions.raise_compiler_error('incremental_strategy `merge_upsert` needs `unique_key` and `updated_at`') }}
  {%- endif -%}
  {%- do rsdbt_check_merged_names(keys, arg_dict['dest_columns']) -%}
  {%- do rsdbt_ensure_unique_index(target, keys) -%}
  {%- set names = [] -%}
  {%- for column in arg_dict['dest_columns'] -%}
    {%- do names.append(column.quoted) -%}
  {%- endfor -%}
  {%- if config.get('delete_when') -%}
    {{ return(rsdbt_upsert_with_deletes_sql(target, staged, keys, names, arg_dict)) }}
  {%- endif -%}
  {%- set latest = '(' ~ rsdbt_latest_sql(staged['rows'], keys) ~ ')' -%}
  {{ return(staged['with'] ~ rsdbt_upsert_sql(target, latest, keys, names, arg_dict, [])) }}
{% endmacro %}

{# Sorted by key: two runs at once take the target's rows in one order. What is needed to check the outcome is left in `arg_dict`. #}
{% macro rsdbt_upsert_sql(target, latest, keys, names, arg_dict, conditions) -%}
  {%- set written = rsdbt_upserted_columns(target, keys, arg_dict['dest_columns']) -%}
  {%- do rsdbt_refuse_rules(target, 'INSERT with ON CONFLICT', "'2', '3'") -%}
  {%- do arg_dict.update({'rsdbt_upserted': {'latest': latest, 'keys': keys, 'conditions': conditions, 'written': written}}) -%}
  {%- set assignments = [] -%}
  {%- for column in written -%}
    {%- do assignments.append(column ~ ' = excluded.' ~ column) -%}
  {%- endfor -%}
  {%- if arg_dict['acting'] and arg_dict['acting']['updates'] -%}
  {%- do arg_dict['rsdbt_upserted'].update({'old': make_temp_relation(target, '__dbt_old')}) -%}
  {{ rsdbt_old_rows_sql(arg_dict['rsdbt_upserted']['old'], target, latest ~ ' as latest', 'latest', ([rsdbt_same_key(keys, 'latest', 'DBT_INTERNAL_DEST'), rsdbt_not_older('latest', 'DBT_INTERNAL_DEST')] + conditions) | join(' and '), written) }};
  {% endif -%}
  insert into {{ target }} as DBT_INTERNAL_DEST ({{ names | join(', ') }})
  select {{ names | join(', ') }}
  from {{ latest }} as latest
  {{ 'where ' ~ conditions | join(' and ') if conditions }}
  on conflict ({{ keys | join(', ') }}) do update set
    {{ assignments | join(',\n    ') }}
  {%- set applies = rsdbt_not_older('excluded', 'DBT_INTERNAL_DEST') %}
  where {{ 'case when ' ~ applies ~ ' then true else ' ~ rsdbt_one_more('rsdbt.superseded') ~ ' is null end' if arg_dict['acting'] else applies }}
{%- endmacro %}

{# The unique index finds its rows. #}
{% macro rsdbt_traits_merge_upsert() %}
  {{ return({'consumes': true, 'has_index_of_key': true, 'writes_all': true}) }}
{% endmacro %}

{# An upsert has its own way to look at rows: it begins with an empty table. #}
{% macro rsdbt_first_merge_upsert(relation, get_strategy_sql) %}
  {%- do rsdbt_drop_tombstones() -%}
  {%- call statement('create_empty') -%}
    {{ get_create_table_as_sql(False, relation, get_empty_subquery_sql(sql)) }}
  {%- endcall -%}
  {%- do rsdbt_increment(relation, relation, 'merge_upsert', get_strategy_sql) -%}
{% endmacro %}

{% macro rsdbt_enter_merge_upsert() %}
  {%- do rsdbt_one_merge_at_a_time(this) -%}
{% endmacro %}

{% macro rsdbt_prepare_merge_upsert(existing_relation) %}
  {%- do rsdbt_enter_merge_upsert() -%} {#- again: a hook may have ended the transaction -#}
  {{ return({'reading': rsdbt_consuming(sql), 'reads_at_last': true}) }}
{% endmacro %}

{% macro rsdbt_finish_merge_upsert(arg_dict) %}
  {%- do rsdbt_check_staged_rows(rsdbt_listed(arg_dict['unique_key']), arg_dict['prepared']['reading']) -%}
{% endmacro %}
