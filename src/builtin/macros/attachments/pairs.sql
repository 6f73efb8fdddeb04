{#
  Each table that is replaced beside its replacement, and the columns of both by name. Read while the old table still has
  the name, so that every definition that the server prints is one for the new table.
#}

{# `pairs`: [[old relation, new relation], ..] #}
{% macro rsdbt_attachment_pairs_sql(pairs) %}
  with pair as materialized (
    select
      old.oid as old_id, new.oid as new_id, old.relname,
      pg_catalog.format('%I.%I', old_schema.nspname, old.relname) as name,
      pg_catalog.format('%I.%I', new_schema.nspname, new.relname) as aside,
      case new.relkind when 'v' then 'view' when 'm' then 'materialized view' else 'table' end as word,
      case when old.relkind = 'p' then 'r' else old.relkind end as old_kind,
      case when new.relkind = 'p' then 'r' else new.relkind end as new_kind,
      old.relkind = 'p' or new.relkind = 'p' as is_partitioned, old.relispartition as is_partition, new.relispartition as is_part,
      old.relowner as owner_id, new.relowner as new_owner_id, old.relacl as acl, new.relacl as new_acl,
      old.reloptions as options, new.reloptions as new_options, old.reltoastrelid as toast_id,
      old.relam as method_id, new.relam as new_method_id, old.reltablespace as tablespace_id, new.reltablespace as new_tablespace_id,
      old.relpersistence as persistence, new.relpersistence as new_persistence, old.relrowsecurity as row_security,
      old.relforcerowsecurity as forced_row_security, old.relreplident as replica_identity, old.reloftype as of_type_id,
      old.reltype as row_type_id
    from (values {{ rsdbt_pairs_of_ids(pairs) }}) as given (old_id, new_id)
    join pg_catalog.pg_class as old on old.oid = given.old_id
    join pg_catalog.pg_namespace as old_schema on old_schema.oid = old.relnamespace
    join pg_catalog.pg_class as new on new.oid = given.new_id
    join pg_catalog.pg_namespace as new_schema on new_schema.oid = new.relnamespace
  ),
  col as materialized (
    select
      pair.*, had.attname, had.attnum, had.atttypid as type_id, has.atttypid as new_type_id, had.attacl,
      had.attoptions, has.attoptions as new_attoptions, had.attcompression as compression, has.attcompression as new_compression,
      had.attstorage as storage, has.attstorage as new_storage, type.typstorage as default_storage,
      coalesce(had.attstattarget, -1) as statistics_target, coalesce(has.attstattarget, -1) as new_statistics_target,
      had.attidentity as identity, has.attidentity as new_identity, had.attgenerated as generated, has.attgenerated as new_generated,
      had.attnotnull and has.attnotnull is not true as loses_not_null,
      has.attname is not null or had.attgenerated <> '' and new_kind = 'r' as is_kept, has.attname is not null as is_there,
      pg_catalog.pg_get_expr(given.adbin, pair.old_id) as expression, pg_catalog.pg_get_expr(gives.adbin, pair.new_id) as new_expression,
      pg_catalog.format_type(had.atttypid, had.atttypmod) as type_name,
      case when had.attcollation <> type.typcollation then had.attcollation end as collation_id
    from pair
    join pg_catalog.pg_attribute as had on had.attrelid = pair.old_id and had.attnum > 0 and not had.attisdropped
    join pg_catalog.pg_type as type on type.oid = had.atttypid
    left join pg_catalog.pg_attrdef as given on given.adrelid = pair.old_id and given.adnum = had.attnum
    left join pg_catalog.pg_attribute as has
      on has.attrelid = pair.new_id and has.attname = had.attname and has.attnum > 0 and not has.attisdropped
    left join pg_catalog.pg_attrdef as gives on gives.adrelid = pair.new_id and gives.adnum = has.attnum
  )
{% endmacro %}

{# The partitions of a table that is rebuilt with native partitions, each with the new one of its period. #}
{% macro rsdbt_partition_pairs(existing_relation, new_relation) %}
  {%- set pairs = [] -%}
  {%- if config.get('partitioned') -%}
    {%- set query -%}
      with {{ rsdbt_partitions_with_bounds(existing_relation, 'old') }}, {{ rsdbt_partitions_with_bounds(new_relation, 'new') }}
      select old.name, new.name
      from old
      join new on new.bounds = old.bounds
    {%- endset -%}
    {%- for row in adapter.introspect(query).rows -%}
      {%- do pairs.append([
        existing_relation.incorporate(path={'identifier': row[0]}), new_relation.incorporate(path={'identifier': row[1]})
      ]) -%}
    {%- endfor -%}
  {%- endif -%}
  {{ return(pairs) }}
{% endmacro %}
