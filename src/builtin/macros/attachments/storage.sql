{# How a relation is stored, and the parameters of its storage. #}

{% macro rsdbt_storage_sql(stage) -%}
  {%- set target = 'name' if stage == 'last' else 'aside' -%}
  select
    'slow', 100, name, 'access method', null,
    pg_catalog.format('alter table %s set access method %I', {{ target }}, (select amname from pg_catalog.pg_am where oid = method_id)), old_id
  from pair
  where old_kind in ('r', 'm') and new_kind in ('r', 'm') and method_id <> new_method_id and method_id <> 0 and new_method_id <> 0
  union all
  select
    'slow', 101, name, 'tablespace', null,
    pg_catalog.format('alter table %s set tablespace %I', {{ target }}, (select spcname from pg_catalog.pg_tablespace where oid = tablespace_id)), old_id
  from pair
  where new_kind in ('r', 'm') and tablespace_id <> 0 and new_tablespace_id = 0
  union all
  select 'late', 600, name, 'UNLOGGED (set `unlogged: true` in the config to keep it)', null, null, old_id
  from pair
  where persistence = 'u' and new_persistence = 'p' and {{ 'false' if 'unlogged' in (model.unrendered_config or {}) else 'true' }}
  union all
  select
    'late', case when fits then 440 else 600 end, name, 'options ' || changes, null,
    case when fits then pg_catalog.format('alter table %s set (%s)', name, changes) end, old_id
  from pair
  cross join lateral (
    select
      (old_kind = 'v') = (new_kind = 'v') and not is_partitioned,
      (
        select pg_catalog.string_agg({{ rsdbt_option_sql('item') }}, ', ')
        from pg_catalog.unnest(options) as item
        where pg_catalog.split_part(item, '=', 1) not in (select pg_catalog.split_part(set, '=', 1) from pg_catalog.unnest(new_options) as set)
      )
  ) as old_options (fits, changes)
  where changes is not null
  union all
  select
    'late', case when fits then 441 else 600 end, name, 'options ' || changes, null,
    case when fits then pg_catalog.format('alter table %s set (%s)', name, changes) end, old_id
  from pair
  cross join lateral (
    select
      new_kind in ('r', 'm') and not is_partitioned,
      (
        select pg_catalog.string_agg({{ rsdbt_option_sql("'toast.' || item") }}, ', ')
        from pg_catalog.pg_class as toast, pg_catalog.unnest(toast.reloptions) as item
        where toast.oid = toast_id
      )
  ) as old_options (fits, changes)
  where changes is not null
  union all
  select
    'late', 490, name, 'replica identity', pg_catalog.format('(select relreplident <> %L from pg_catalog.pg_class where oid = %L::pg_catalog.regclass::pg_catalog.oid)', 'd', name),
    pg_catalog.format('alter table %s replica identity %s', name, case replica_identity when 'f' then 'full' else 'nothing' end), old_id
  from pair
  where old_kind = 'r' and new_kind = 'r' and replica_identity in ('f', 'n')
{%- endmacro %}

{# `name=value`, as the catalog has it. #}
{% macro rsdbt_option_sql(item) -%}
  pg_catalog.format('%s = %L', pg_catalog.split_part({{ item }}, '=', 1), pg_catalog.substr({{ item }}, pg_catalog.strpos({{ item }}, '=') + 1))
{%- endmacro %}
