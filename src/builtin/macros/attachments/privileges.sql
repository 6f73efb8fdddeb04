{#
  The owner, and who may do what. `grants` of the config decides the table's privileges, as in dbt; privileges of columns
  have no config. Default privileges add nothing to a table that exists already.
#}

{% macro rsdbt_privileges_sql() -%}
  select
    'early', 310, name, 'owner ' || pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(owner_id)), null,
    pg_catalog.format('alter table %s owner to %I', name, pg_catalog.pg_get_userbyid(owner_id)), old_id
  from pair
  where owner_id <> new_owner_id
  union all
  select
    'early', 320, name, 'privileges', null,
    {{ rsdbt_replace_privileges_sql('acl', 'new_acl', "'r'", 'owner_id', "'table ' || name") }}, old_id
  from pair
  where acl is distinct from new_acl and {{ 'is_part' if config.get('grants') else 'true' }}
  union all
  select
    case when is_there then 'early' else 'late' end, 330, name, pg_catalog.format('privileges of column %I', attname), null,
    {{ rsdbt_grants_sql('attacl', 'owner_id', "pg_catalog.format(' (%I)', attname)", "'table ' || name") }}, old_id
  from col
  where attacl is not null and is_kept
{%- endmacro %}

{# A script that makes one set of privileges of another one. The arguments are SQL expressions. #}
{% macro rsdbt_replace_privileges_sql(acl, new_acl, kind, owner, object) -%}
  (
    select pg_catalog.string_agg(pg_catalog.format(
      'revoke all on %s from %s;', {{ object }},
      case when grantee = 0 then 'public' else pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(grantee)) end
    ), e'\n')
    from (
      select grantee from pg_catalog.aclexplode({{ new_acl }}) union select {{ owner }}
    ) as granted
  ) || e'\n' || coalesce(
    {{ rsdbt_grants_sql('coalesce(' ~ acl ~ ', pg_catalog.acldefault(' ~ kind ~ ', ' ~ owner ~ '))', owner, "''", object) }}, ''
  )
{%- endmacro %}

{#
  In the order of the list, in which a grantee comes after who granted it. Whoever else than the owner granted a
  privilege grants it again where the run's role may become that role, else the owner does.
#}
{% macro rsdbt_grants_sql(acl, owner, columns, object) -%}
  (
    select pg_catalog.string_agg(
      case
        when grantor = {{ owner }} then statement
        else pg_catalog.format('do %L;', pg_catalog.format(
          'begin begin set local role %I; exception when insufficient_privilege then null; end; %s set local role %I; end',
          pg_catalog.pg_get_userbyid(grantor), statement, current_user
        ))
      end, e'\n' order by ordinality
    )
    from pg_catalog.aclexplode({{ acl }}) with ordinality as item (grantor, grantee, privilege_type, is_grantable, ordinality)
    cross join lateral (
      select pg_catalog.format(
        'grant %s%s on %s to %s%s;', privilege_type, {{ columns }}, {{ object }},
        case when grantee = 0 then 'public' else pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(grantee)) end,
        case when is_grantable then ' with grant option' else '' end
      )
    ) as made (statement)
  )
{%- endmacro %}
