{# Columns are compared by the operator that the server finds for their types: it may be one that another role has made. #}

{#
  An error when it could be. The operators of pg_catalog come first only for exactly these types. Visible means found by the search path
  of the session, so this is no query of our own path.
#}
{% macro rsdbt_refuse_operators_of_others(relation, temp_relation, compared) %}
  {%- set names = [] -%}
  {%- for key in compared -%}
    {%- do names.append("'" ~ escape_single_quotes(key[1:-1] | replace('""', '"') if key.startswith('"') else key | lower) ~ "'") -%}
  {%- endfor -%}
  {%- set query -%}
    select
      own.attname::pg_catalog.text, pg_catalog.format_type(own.atttypid, null::pg_catalog.int4), pg_catalog.format_type(given.atttypid, null::pg_catalog.int4),
      pg_catalog.format('%s of role %I', comparing.oid::pg_catalog.regoperator, owner.rolname)
    from pg_catalog.pg_attribute as own
    join pg_catalog.pg_attribute as given on given.attname = own.attname and given.attrelid = {{ rsdbt_regclass(temp_relation) }}::pg_catalog.oid
    join pg_catalog.pg_operator as comparing on comparing.oprname = any(array['=', '<>', '<', '>', '<=', '>=']::pg_catalog.name[])
      and (comparing.oprleft = own.atttypid or comparing.oprleft = given.atttypid or comparing.oprright = own.atttypid or comparing.oprright = given.atttypid)
    join pg_catalog.pg_namespace as schema on schema.oid = comparing.oprnamespace and schema.nspname <> 'pg_catalog'::pg_catalog.name
    join pg_catalog.pg_roles as owner on owner.oid = comparing.oprowner
    where own.attrelid = {{ rsdbt_regclass(relation) }}::pg_catalog.oid and own.attnum > 0::pg_catalog.int2 and given.attnum > 0::pg_catalog.int2
      and own.attname::pg_catalog.text = any(array[{{ names | join(', ') }}]::pg_catalog.text[])
      and pg_catalog.pg_operator_is_visible(comparing.oid)
      and not exists (
        select from pg_catalog.pg_operator as known
        join pg_catalog.pg_namespace as catalog on catalog.oid = known.oprnamespace and catalog.nspname = 'pg_catalog'::pg_catalog.name
        where known.oprname = comparing.oprname and known.oprleft = own.atttypid and known.oprright = given.atttypid
      )
      and not (owner.rolsuper or pg_catalog.pg_has_role(owner.oid, current_user::pg_catalog.name, 'MEMBER'))
    order by own.attnum, comparing.oid
    limit 1
  {%- endset -%}
  {%- for row in run_query(query).rows -%}
    {{ exceptions.raise_database_error(
      'Column `' ~ row[0] ~ '` is ' ~ row[1] ~ ' in the table and ' ~ row[2] ~ ' in the query, and PostgreSQL may compare them by ' ~ row[3]
      ~ '\nhelp: cast the column in the query, so that pg_catalog has an operator for both types, or take the schema of that operator out of the search path'
    ) }}
  {%- endfor -%}
{% endmacro %}

{#
  The same where the compared columns are not known before. A type of the operator's owner is compared by nothing else, and who has such
  columns wants it.
#}
{% macro rsdbt_refuse_comparisons_of_others() %}
  {%- set query -%}
    select pg_catalog.format('%s of role %I', comparing.oid::pg_catalog.regoperator, owner.rolname)
    from pg_catalog.pg_operator as comparing
    join pg_catalog.pg_namespace as schema on schema.oid = comparing.oprnamespace and schema.nspname <> 'pg_catalog'::pg_catalog.name
    join pg_catalog.pg_type as one on one.oid = comparing.oprleft and one.typowner <> comparing.oprowner
    join pg_catalog.pg_type as other on other.oid = comparing.oprright and other.typowner <> comparing.oprowner
    join pg_catalog.pg_roles as owner on owner.oid = comparing.oprowner
    where comparing.oprname = any(array['=', '<>', '<', '>', '<=', '>=']::pg_catalog.name[])
      and pg_catalog.pg_operator_is_visible(comparing.oid)
      and not (owner.rolsuper or pg_catalog.pg_has_role(owner.oid, current_user::pg_catalog.name, 'MEMBER'))
    order by comparing.oid
    limit 1
  {%- endset -%}
  {%- for row in run_query(query).rows -%}
    {{ exceptions.raise_database_error(
      'PostgreSQL may compare columns by ' ~ row[0]
      ~ '\nhelp: take the schema of that operator out of the search path, and let only roles that you trust create objects there'
    ) }}
  {%- endfor -%}
{% endmacro %}
