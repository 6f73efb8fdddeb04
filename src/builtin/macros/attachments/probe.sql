{#
  Whether a table may have attachments: usually it has none, and this look at the indexes of the catalogs is all there is.
  Of a table of others there is nothing to carry: it cannot be dropped. The oids are those of pg_class, pg_type and pg_rewrite, the same on every server; scalar subqueries are planned fastest.
#}

{% macro rsdbt_may_have_attachments(existing_relation, new_relation) %}
  {%- set query -%}
    select pg_catalog.pg_has_role(old.relowner, 'usage') and (
      old.relacl is distinct from new.relacl or old.relowner <> new.relowner or old.reloptions is not null or old.relrowsecurity
      or old.relforcerowsecurity or old.relreplident <> new.relreplident or old.relpersistence <> new.relpersistence
      or old.relam <> new.relam or old.reloftype <> 0 or old.relispartition or old.relhassubclass or old.relhastriggers
      or old.reltablespace <> 0 and old.reltablespace <> new.reltablespace or old.relkind in ('r', 'p') and old.relhasrules
      or coalesce((
        select true from pg_catalog.pg_attribute
        where attrelid = old.oid and attnum > 0 and not attisdropped and (
          attacl is not null or atthasdef or attidentity <> '' or attnotnull or attoptions is not null or attcompression <> ''
          or coalesce(attstattarget, -1) >= 0 or attlen = -1 and attstorage <> case when atttypid in (650, 869, 1700) then 'm' else 'x' end
        )
        limit 1
      ), (
        select true from pg_catalog.pg_depend
        where refclassid = 1259 and refobjid = old.oid and deptype in ('n', 'a') and not (classid = 2618 and old.relkind <> 'v')
          and coalesce(classid <> 1259 or (
            select relkind <> 'i' or relname !~ '^[0-9a-f]{32}$' or indisclustered
            from pg_catalog.pg_class as index_relation
            left join pg_catalog.pg_index on indexrelid = index_relation.oid
            where index_relation.oid = objid
          ), true)
        limit 1
      ), (
        select true from pg_catalog.pg_depend
        where refclassid = 1247 and deptype = 'n' and refobjid in (old.reltype, (select typarray from pg_catalog.pg_type where oid = old.reltype))
        limit 1
      ), (
        select true from pg_catalog.pg_depend where classid = 1259 and objid = old.oid and (deptype = 'e' or refclassid = 1259) limit 1
      ),
      {%- if not (config.persist_relation_docs() and config.persist_column_docs()) %}
      (select true from pg_catalog.pg_description where objoid = old.oid and classoid = 1259 limit 1),
      {%- endif %}
      (select true from pg_catalog.pg_seclabel where objoid = old.oid and classoid = 1259 limit 1),
      (select true from pg_catalog.pg_class as toast where toast.oid = old.reltoastrelid and toast.reloptions is not null),
      (select true from pg_catalog.pg_subscription_rel where srrelid = old.oid limit 1),
      false))
    from pg_catalog.pg_class as old, pg_catalog.pg_class as new
    where old.oid = {{ rsdbt_regclass(existing_relation) }} and new.oid = {{ rsdbt_regclass(new_relation) }}
  {%- endset -%}
  {%- set rows = adapter.introspect(query).rows -%}
  {{ return(rows[0][0] if rows else False) }}
{% endmacro %}
