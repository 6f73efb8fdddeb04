{#
  Foreign keys of other tables to a table that is replaced or loaded anew. One whose table has its turn later in the run is
  not validated until then. What waits is marked by the constraint's comment, so that a run that was killed is finished by
  the next one, and a key that somebody wants NOT VALID stays that way.
#}

{# `awaited`: the ids of those that are validated later. A partitioned table takes no key without validation. #}
{% macro rsdbt_foreign_key_scripts_sql(ids, awaited) -%}
  select
    reference.oid::pg_catalog.int8 as id, 'foreign key' as kind, pg_catalog.format('foreign key %I of %s', conname, child_name) as name,
    null as target, null as backup, pg_catalog.quote_literal(pg_catalog.concat(
      pg_catalog.format('alter table %s drop constraint %I, add constraint %I %s', child_name, conname, conname, body),
      case when valid and waits then ' not valid' end, {{ rsdbt_foreign_key_comment_sql('valid and waits') }}
    )) as replace,
    pg_catalog.quote_literal(pg_catalog.format('alter table %s drop constraint %I', child_name, conname)) as remove,
    pg_catalog.quote_literal(pg_catalog.concat(
      pg_catalog.format('alter table %s add constraint %I %s', child_name, conname, body),
      case when valid and waits then ' not valid' end, {{ rsdbt_foreign_key_comment_sql('valid and waits') }}
    )) as rebuild, null as refresh
  from pg_catalog.pg_constraint as reference
  join pg_catalog.pg_class as child on child.oid = reference.conrelid
  join pg_catalog.pg_namespace as schema on schema.oid = child.relnamespace
  cross join lateral (select {{ rsdbt_constraint_comment_sql('reference.oid') }} as comment) as described
  cross join lateral (select comment like {{ rsdbt_waiting_mark() }} as marked) as mark
  cross join lateral (
    select
      pg_catalog.format('%I.%I', schema.nspname, child.relname) as child_name,
      case when marked then comment::pg_catalog.json ->> 'comment' else comment end as own_comment,
      convalidated or marked as valid,
      child.relkind <> 'p' and reference.oid in ({{ awaited | join(', ') }}) as waits
  ) as state
  cross join lateral (
    select case when valid then pg_catalog.regexp_replace(definition, ' NOT VALID$', '') else definition end as body
    from pg_catalog.pg_get_constraintdef(reference.oid) as definition
  ) as text
  where reference.oid in ({{ ids | join(', ') }})
{%- endmacro %}

{% macro rsdbt_constraint_comment_sql(id) -%}
  coalesce(pg_catalog.obj_description({{ id }}, 'pg_constraint'), '')
{%- endmacro %}

{% macro rsdbt_waiting_mark() -%}
  '{"rsdbt_validates_later"%'
{%- endmacro %}

{% macro rsdbt_foreign_key_comment_sql(waits) -%}
  case
    when {{ waits }} then pg_catalog.format(
      '; comment on constraint %I on %s is %L', conname, child_name,
      pg_catalog.json_build_object('rsdbt_validates_later', true, 'comment', own_comment)
    )
    when own_comment <> '' then pg_catalog.format('; comment on constraint %I on %s is %L', conname, child_name, own_comment)
  end
{%- endmacro %}

{# Rows of (child, name, statement): what waits on the given tables, by SQL that picks constraints `reference`. #}
{% macro rsdbt_waiting_foreign_keys(picked) %}
  {%- set query -%}
    select
      schema.nspname::pg_catalog.text as schema, child.relname::pg_catalog.text as relation, reference.conname::pg_catalog.text as name,
      (select pg_namespace.nspname::pg_catalog.text from pg_catalog.pg_namespace where pg_namespace.oid = parent.relnamespace) as parent_schema,
      parent.relname::pg_catalog.text as parent,
      pg_catalog.format('alter table %I.%I validate constraint %I', schema.nspname, child.relname, reference.conname) as validate,
      pg_catalog.format(
        'comment on constraint %I on %I.%I is %L', reference.conname, schema.nspname, child.relname,
        nullif(({{ rsdbt_constraint_comment_sql('reference.oid') }})::pg_catalog.json ->> 'comment', '')
      ) as comment
    from pg_catalog.pg_constraint as reference
    join pg_catalog.pg_class as child on child.oid = reference.conrelid
    join pg_catalog.pg_namespace as schema on schema.oid = child.relnamespace
    join pg_catalog.pg_class as parent on parent.oid = reference.confrelid
    where reference.contype = 'f' and not reference.convalidated and ({{ picked }})
      and {{ rsdbt_constraint_comment_sql('reference.oid') }} like {{ rsdbt_waiting_mark() }}
    order by reference.oid
  {%- endset -%}
  {{ return(adapter.introspect(query).rows) }}
{% endmacro %}
