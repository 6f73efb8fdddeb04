{# The scripts of foreign keys, and the order of all scripts. #}

{# A foreign key moves in one statement. #}
{% macro rsdbt_foreign_key_scripts_sql(constraint_ids) -%}
  select
    reference.oid::bigint, 'f', format('%s %I', child_name, conname), schema.nspname || '.' || child.relname,
    quote_literal(format('alter table %s drop constraint %I, add constraint %I %s', child_name, conname, conname, body)),
    quote_literal(format('alter table %s drop constraint %I', child_name, conname)),
    quote_literal(format('alter table %s add constraint %I %s', child_name, conname, body))
  from pg_catalog.pg_constraint as reference
  join pg_catalog.pg_class as child on child.oid = reference.conrelid
  join pg_catalog.pg_namespace as schema on schema.oid = child.relnamespace
  cross join lateral (
    select format('%I.%I', schema.nspname, child.relname) as child_name, pg_get_constraintdef(reference.oid) as body
  ) as text
  where reference.oid in ({{ constraint_ids | join(', ') }})
{%- endmacro %}

{# Inner dependents first. #}
{% macro rsdbt_by_level(rows, levels) %}
  {%- set scripts = [] -%}
  {%- for row in rows -%}
    {%- do scripts.append({
      'id': row['id'] | string, 'level': levels[row['id'] | string], 'kind': row['kind'], 'name': row['name'],
      'plain_name': row['plain_name'], 'replace': row['replace'], 'remove': row['remove'], 'rebuild': row['rebuild'],
    }) -%}
  {%- endfor -%}
  {{ return(scripts | sort(attribute='level') | list) }}
{% endmacro %}
