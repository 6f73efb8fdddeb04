{#
  Deletes of a merge_upsert are remembered with their timestamp in a table beside the target, `<target>__tombstones`:
  an older row of a deleted key that arrives late does not bring it back.
#}

{% macro rsdbt_upsert_with_deletes_sql(target, staged, keys, names, arg_dict) -%}
  {%- set ensured = rsdbt_ensure_tombstones(target, keys) -%}
  {%- set tombstones = ensured['relation'] -%}
  {%- set latest = make_temp_relation(target, '__dbt_latest') -%}
  {%- set same_key = rsdbt_same_key(keys, 'latest', 'gone') -%}
  {%- set is_gone = 'latest.rsdbt_is_delete and ' ~ rsdbt_same_key(keys, 'latest', 'DBT_INTERNAL_DEST') ~ ' and ' ~ rsdbt_not_older('latest', 'DBT_INTERNAL_DEST') -%}
  {%- set check = rsdbt_check_deleted_sql(target, 'exists (select from ' ~ latest ~ ' as latest where ' ~ is_gone ~ ')') -%}
  {%- set remembered = keys + rsdbt_order_columns() -%}
  {%- set moments = [] -%}
  {%- for column in rsdbt_order_columns() + ensured['unused'] -%}
    {%- do moments.append(column ~ ' = excluded.' ~ column) -%}
  {%- endfor -%}
  create temporary table {{ latest }} on commit drop as
  {{ staged['with'] -}}
  select *, coalesce(({{ config.get('delete_when') }}), false) as rsdbt_is_delete
  from (
    {{ rsdbt_latest_sql(staged['rows'], keys) }}
  ) as newest;
  insert into {{ tombstones }} as gone ({{ remembered | join(', ') }})
  select {{ remembered | join(', ') }}
  from {{ latest }}
  where rsdbt_is_delete
  on conflict ({{ keys | join(', ') }}) do update set {{ moments | join(', ') }}
  where {{ rsdbt_not_older('excluded', 'gone') }};
  {{ rsdbt_fire_deferred_sql(ensured['acting']) if ensured['acting'] }}
  {{ rsdbt_check_remembered_sql(tombstones, latest, keys, ensured['acting']) if ensured['acting'] -}}
  {{ rsdbt_outlived_tombstones_sql(tombstones, arg_dict['dest_columns']) -}}
  with rsdbt_gone as (
    delete from {{ target }} as DBT_INTERNAL_DEST
    using {{ latest }} as latest
    where {{ is_gone }}
    returning 1
  )
  select pg_catalog.set_config('rsdbt.deleted', pg_catalog.count(*)::text, true) from rsdbt_gone;
  {{ check ~ ';' if check }}
  {{ rsdbt_upsert_sql(target, latest, keys, names, arg_dict, [
    'not latest.rsdbt_is_delete',
    'not exists (select from ' ~ tombstones ~ ' as gone where ' ~ same_key ~ ' and not ' ~ rsdbt_not_older('latest', 'gone') ~ ')',
  ]) }}
{%- endmacro %}

{% macro rsdbt_same_key(keys, row, other) %}
  {%- set matches = [] -%}
  {%- for key in keys -%}
    {%- do matches.append(row ~ '.' ~ key ~ ' = ' ~ other ~ '.' ~ key) -%}
  {%- endfor -%}
  {{ return(matches | join(' and ')) }}
{% endmacro %}

{# Each delete has a tombstone of just its time, or one that was there and is newer. #}
{% macro rsdbt_check_remembered_sql(tombstones, latest, keys, acting) -%}
  {%- set is_remembered = rsdbt_same_key(keys, 'latest', 'DBT_INTERNAL_DEST') ~ ' and case when ' ~ rsdbt_is_written_sql() ~ ' then not '
    ~ rsdbt_differs_sql(tombstones, 'latest', rsdbt_order_columns()) ~ ' else ' ~ rsdbt_not_older('DBT_INTERNAL_DEST', 'latest') ~ ' end' -%}
  {{ rsdbt_check_none_sql(
    latest ~ ' as latest where latest.rsdbt_is_delete and not exists (select from ' ~ tombstones ~ ' as DBT_INTERNAL_DEST where ' ~ is_remembered ~ ')',
    'delete is', 'deletes are', ' not remembered in ' ~ tombstones ~ ' as it should be, because of ' ~ rsdbt_all_acting(acting)
    ~ ': an older row would bring the key back. Nothing was changed\nhelp: drop the trigger; these rows are for rsdbt alone'
  ) }};
  {% endmacro %}
