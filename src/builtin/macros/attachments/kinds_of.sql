{# Which kinds of attachments tables have, so that `rsdbt_attachments` asks for those only. #}

{% macro rsdbt_kinds_of_attachments(pairs) %}
  {%- set of_class = "'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid" -%}
  {%- set of_type = "'pg_catalog.pg_type'::pg_catalog.regclass::pg_catalog.oid" -%}
  {%- set of_comments = '' if pairs | length == 1 and config.persist_relation_docs() and config.persist_column_docs() else 'has_comments or ' -%}
  {%- set query -%}
    select
      pg_catalog.bool_or(old.relacl is distinct from new.relacl or old.relowner <> new.relowner or has_privileges) as privileges,
      pg_catalog.bool_or({{ of_comments }}has_labels) as comments,
      pg_catalog.bool_or(has_properties or has_defaults or has_identity or has_privileges or {{ of_comments }}has_labels) as columns,
      pg_catalog.bool_or(has_sequences or has_identity) as sequences,
      pg_catalog.bool_or(old.relrowsecurity or old.relforcerowsecurity or old.relkind in ('r', 'p') and exists (
        select from pg_catalog.pg_policy where polrelid = old.oid
      )) as policies,
      pg_catalog.bool_or(old.relhastriggers or old.relhasrules and (old.relkind in ('r', 'p') or exists (
        select from pg_catalog.pg_rewrite where ev_class = old.oid and rulename <> '_RETURN'
      ))) as triggers,
      pg_catalog.bool_or(old.relkind in ('r', 'p') and exists (select from pg_catalog.pg_publication_rel where prrelid = old.oid)) as publications,
      pg_catalog.bool_or(exists (select from pg_catalog.pg_statistic_ext where stxrelid = old.oid)) as statistics,
      pg_catalog.bool_or(old.relhasindex and exists (
        select from pg_catalog.pg_index
        join pg_catalog.pg_class as index_relation on index_relation.oid = indexrelid
        where indrelid = old.oid and (indisclustered or indisreplident or index_relation.relname !~ '^[0-9a-f]{32}$')
      )) as indexes,
      pg_catalog.bool_or(old.relkind in ('r', 'p') and (loses_not_null or exists (
        select from pg_catalog.pg_constraint as had
        where had.conrelid = old.oid and not exists (
          select from pg_catalog.pg_constraint as has
          where has.conrelid = new.oid and has.contype = had.contype
            and pg_catalog.pg_get_constraintdef(has.oid) = pg_catalog.pg_get_constraintdef(had.oid)
        )
      ))) as constraints,
      pg_catalog.bool_or(
        old.reloptions is not null or old.relreplident <> new.relreplident or old.relpersistence <> new.relpersistence
        or old.relam <> new.relam or old.reltablespace <> 0 and old.reltablespace <> new.reltablespace
        or exists (select from pg_catalog.pg_class as toast where toast.oid = old.reltoastrelid and toast.reloptions is not null)
      ) as storage,
      pg_catalog.bool_or(old.reloftype <> 0 or old.relkind in ('r', 'p') and exists (
        select from pg_catalog.pg_inherits where inhrelid = old.oid
      )) as inheritance,
      pg_catalog.bool_or(has_holders or exists (
        select from pg_catalog.pg_depend
        where refclassid = {{ of_type }} and deptype = 'n'
          and refobjid in (old.reltype, (select typarray from pg_catalog.pg_type where pg_type.oid = old.reltype))
      ) or exists (
        select from pg_catalog.pg_depend where classid = {{ of_class }} and objid = old.oid and deptype = 'e'
      ) or exists (
        select from pg_catalog.pg_subscription_rel where srrelid = old.oid
      )) as refusals
    from (values {{ rsdbt_pairs_of_ids(pairs) }}) as given (old_id, new_id)
    join pg_catalog.pg_class as old on old.oid = given.old_id
    join pg_catalog.pg_class as new on new.oid = given.new_id
    {{ rsdbt_attributes_with_attachments_sql() }}
    {{ rsdbt_links_of_attachments_sql(of_class) }}
  {%- endset -%}
  {%- set kinds = [] -%}
  {%- for kind, found in adapter.introspect(query).rows[0].dict().items() if found -%}
    {%- do kinds.append(kind) -%}
  {%- endfor -%}
  {{ return(kinds) }}
{% endmacro %}
