{# Publications that name the table. Those of all tables, or of the schema, have the new one anyway. #}

{% macro rsdbt_publications_sql() -%}
  select
    'late', 520, name, pg_catalog.format('membership in publication %I', pubname),
    pg_catalog.format(
      'exists (select from pg_catalog.pg_publication_rel where prpubid = %L::pg_catalog.oid and prrelid = %L::pg_catalog.regclass::pg_catalog.oid)',
      prpubid, name
    ),
    case when new_kind = 'r' then pg_catalog.format(
      'alter publication %I add table only %s%s%s', pubname, name,
      (
        select ' (' || pg_catalog.string_agg(pg_catalog.quote_ident(attname), ', ' order by attnum) || ')'
        from pg_catalog.pg_attribute
        where attrelid = old_id and attnum = any(prattrs::pg_catalog.int2[])
      ),
      ' where (' || pg_catalog.pg_get_expr(prqual, prrelid) || ')'
    ) end, old_id
  from pair
  join pg_catalog.pg_publication_rel on prrelid = old_id
  join pg_catalog.pg_publication on pg_publication.oid = prpubid
{%- endmacro %}
