{#
  Deletes what is known of relations that are gone or renamed. Not what another run deletes right now, and not which files were loaded
  into a table that has another name now: it may get its name back.
#}
{% macro rsdbt_forget_orphans_sql() -%}
  delete from rsdbt.relations
  where relation in (
    select known.relation
    from rsdbt.relations as known
    where not exists (
      select from pg_catalog.pg_class as class join pg_catalog.pg_namespace as namespace on namespace.oid = class.relnamespace
      where class.oid = known.relation and class.relname = known.relation_name and namespace.nspname = known.schema_name
    ) and not exists (
      select from rsdbt.loads as loaded join pg_catalog.pg_class as class on class.oid = loaded.relation and class.reltype = loaded.row_type
      where loaded.relation = known.relation
    )
    for update skip locked
  )
{%- endmacro %}
