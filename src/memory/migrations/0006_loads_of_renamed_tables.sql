-- The oid of a table's row type stays when the table is renamed, and tells it from a later table with its oid.
alter table rsdbt.loads add column row_type oid;
update rsdbt.loads set row_type = class.reltype
from pg_catalog.pg_class as class join pg_catalog.pg_namespace as namespace on namespace.oid = class.relnamespace, rsdbt.relations as known
where class.oid = loads.relation and known.relation = class.oid and class.relname = known.relation_name
  and namespace.nspname = known.schema_name;
delete from rsdbt.loads where row_type is null;
alter table rsdbt.loads alter row_type set not null;
