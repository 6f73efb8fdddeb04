{# Parts of the look for attachments. #}

{% macro rsdbt_pairs_of_ids(pairs) %}
  {%- set given = [] -%}
  {%- for pair in pairs -%}
    {%- do given.append('(' ~ rsdbt_regclass(pair[0]) | trim ~ '::pg_catalog.oid, ' ~ rsdbt_regclass(pair[1]) | trim ~ '::pg_catalog.oid)') -%}
  {%- endfor -%}
  {{ return(given | join(', ')) }}
{% endmacro %}

{% macro rsdbt_attributes_with_attachments_sql() -%}
  cross join lateral (
    select
      pg_catalog.bool_or(attacl is not null) as has_privileges,
      pg_catalog.bool_or(atthasdef) as has_defaults,
      pg_catalog.bool_or(attidentity <> '') as has_identity,
      pg_catalog.bool_or(attnotnull and not exists (
        select from pg_catalog.pg_attribute as has where has.attrelid = new.oid and has.attname = had.attname and has.attnotnull
      )) as loses_not_null,
      pg_catalog.bool_or(attoptions is not null or attcompression <> '' or coalesce(attstattarget, -1) >= 0 or attstorage <> typstorage) as has_properties
    from pg_catalog.pg_attribute as had
    join pg_catalog.pg_type on pg_type.oid = atttypid
    where attrelid = old.oid and attnum > 0 and not attisdropped
  ) as attribute
{%- endmacro %}

{# What refers to the relation in other catalogs. Views and foreign keys are dependents. #}
{% macro rsdbt_links_of_attachments_sql(of_class) -%}
  cross join lateral (
    select
      exists (select from pg_catalog.pg_description where objoid = old.oid and classoid = {{ of_class }}) as has_comments,
      exists (select from pg_catalog.pg_seclabel where objoid = old.oid and classoid = {{ of_class }}) as has_labels
  ) as described
  cross join lateral (
    select
      pg_catalog.bool_or(deptype = 'n' and classid not in (
        'pg_catalog.pg_rewrite'::pg_catalog.regclass::pg_catalog.oid, 'pg_catalog.pg_constraint'::pg_catalog.regclass::pg_catalog.oid
      )) as has_holders,
      pg_catalog.bool_or(deptype = 'a' and classid = {{ of_class }} and exists (
        select from pg_catalog.pg_class as sequence where sequence.oid = objid and sequence.relkind = 'S'
      )) as has_sequences
    from pg_catalog.pg_depend
    where refclassid = {{ of_class }} and refobjid = old.oid
  ) as link
{%- endmacro %}
