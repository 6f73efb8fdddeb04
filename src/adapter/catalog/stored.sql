with asked as (
  select distinct schema, name
  from rows from (pg_catalog.unnest($1::pg_catalog.text[]), pg_catalog.unnest($2::pg_catalog.text[])) as asked (schema, name)
), found as (
  select class.oid, class.relkind, class.reltuples, namespace.nspname, class.relname
  from asked
  join pg_catalog.pg_namespace as namespace on pg_catalog.lower(namespace.nspname::pg_catalog.text) = asked.schema
  join pg_catalog.pg_class as class
    on class.relnamespace = namespace.oid and pg_catalog.lower(class.relname::pg_catalog.text) = asked.name
  where class.relkind in ('r', 'p', 'm') and class.relpersistence in ('p', 'u')
)
select nspname::pg_catalog.text, relname::pg_catalog.text, pg_catalog.json_build_object(
  -- as the last ANALYZE or VACUUM counted them
  'rows', case
    when relkind = 'p' then (
      select pg_catalog.sum(leaf.reltuples) from pg_catalog.pg_partition_tree(found.oid) as part
      join pg_catalog.pg_class as leaf on leaf.oid = part.relid::pg_catalog.oid
      where part.isleaf and leaf.reltuples >= 0::pg_catalog.float4
    )
    when reltuples >= 0::pg_catalog.float4 then reltuples
  end,
  'bytes', case
    when relkind = 'p' then (
      select pg_catalog.sum(pg_catalog.pg_total_relation_size(part.relid)) from pg_catalog.pg_partition_tree(found.oid) as part
    )
    else pg_catalog.pg_total_relation_size(oid)
  end,
  'partitions', case when relkind = 'p' then (
    select pg_catalog.count(*) from pg_catalog.pg_partition_tree(found.oid) as part where part.isleaf
  ) end,
  'indexes', (
    select pg_catalog.json_agg(pg_catalog.json_build_array(
      class.relname, pg_catalog.pg_get_indexdef(class.oid), pg_catalog.pg_relation_size(class.oid), index.indisvalid
    ) order by class.relname)
    from pg_catalog.pg_index as index join pg_catalog.pg_class as class on class.oid = index.indexrelid
    where index.indrelid = found.oid
  ),
  'constraints', (
    select pg_catalog.json_agg(pg_catalog.json_build_array(
      known.conname, pg_catalog.pg_get_constraintdef(known.oid), known.convalidated
    ) order by known.conname)
    from pg_catalog.pg_constraint as known
    where known.conrelid = found.oid and known.contype in ('c', 'f', 'p', 'u', 'x')
  ),
  'required', (
    select pg_catalog.json_agg(attname order by attnum) from pg_catalog.pg_attribute
    where attrelid = found.oid and attnum > 0::pg_catalog.int2 and attnotnull and not attisdropped
  )
)::pg_catalog.text
from found
