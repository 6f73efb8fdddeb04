{# Tables that the relation is a partition or a child of, and its type when it is a table of a type. #}

{% macro rsdbt_inheritance_sql() -%}
  select
    'late', 495, name, 'type', null, pg_catalog.format('alter table %s of %s', name, of_type_id::pg_catalog.regtype), old_id
  from pair
  where of_type_id <> 0 and new_kind = 'r'
  union all
  select
    'late', 496 + inhseqno, name, pg_catalog.format('place below %s', parent_name), null,
    case when new_kind <> 'r' then null
    when is_partition then pg_catalog.format(
      'alter table %s attach partition %s %s', parent_name, name, pg_catalog.pg_get_expr(old.relpartbound, old_id)
    )
    else pg_catalog.format('alter table %s inherit %s', name, parent_name) end, old_id
  from pair
  join pg_catalog.pg_class as old on old.oid = old_id
  join pg_catalog.pg_inherits on inhrelid = old_id
  cross join lateral (
    select pg_catalog.format('%I.%I', schema.nspname, parent.relname)
    from pg_catalog.pg_class as parent
    join pg_catalog.pg_namespace as schema on schema.oid = parent.relnamespace
    where parent.oid = inhparent
  ) as above (parent_name)
  where inhparent not in (select other.old_id from pair as other)
{%- endmacro %}
