{# Comments, labels, rules, triggers and the exact privileges of a view or materialized view that is made anew. #}

{% macro rsdbt_again_comment_sql(catalog, id, object) -%}
  (
    select pg_catalog.format('comment on %s is %L;', {{ object }}, description)
    from pg_catalog.pg_description
    where objoid = {{ id }} and objsubid = 0 and classoid = 'pg_catalog.{{ catalog }}'::pg_catalog.regclass
  )
{%- endmacro %}

{% macro rsdbt_relation_comments_sql() -%}
  {%- for catalog, verb, value in [
    ('pg_description', "'comment on '", 'description'), ('pg_seclabel', "pg_catalog.format('security label for %I on ', provider)", 'label')
  ] %}
  (
    select pg_catalog.string_agg(
      {{ verb }} || case when objsubid = 0 then pg_catalog.format('%s %s', word, name) else pg_catalog.format('column %s.%I', name, attname) end
      || pg_catalog.format(' is %L;', {{ value }}), e'\n'
    )
    from pg_catalog.{{ catalog }}
    left join pg_catalog.pg_attribute on attrelid = objoid and attnum = objsubid
    where objoid = named.id and classoid = 'pg_catalog.pg_class'::pg_catalog.regclass
  ){{ ',' if not loop.last }}
  {%- endfor %}
{%- endmacro %}

{% macro rsdbt_relation_rules_sql() -%}
  (
    select pg_catalog.string_agg(pg_catalog.concat_ws(
      e'\n', pg_catalog.pg_get_ruledef(oid),
      {{ rsdbt_again_comment_sql('pg_rewrite', 'pg_rewrite.oid', "pg_catalog.format('rule %I on %s', rulename, name)") }}
    ), e'\n')
    from pg_catalog.pg_rewrite
    where ev_class = named.id and ev_type <> '1'
  ),
  (
    select pg_catalog.string_agg(pg_catalog.concat_ws(
      e'\n', pg_catalog.pg_get_triggerdef(oid) || ';',
      case when tgenabled <> 'O' then pg_catalog.format('alter table %s %s trigger %I;', name, {{ rsdbt_firing('tgenabled') }}, tgname) end,
      {{ rsdbt_again_comment_sql('pg_trigger', 'pg_trigger.oid', "pg_catalog.format('trigger %I on %s', tgname, name)") }}
    ), e'\n')
    from pg_catalog.pg_trigger
    where tgrelid = named.id and not tgisinternal
  )
{%- endmacro %}

{# What default privileges gave goes first. Another role's grant is that role's again where we may act for it. #}
{% macro rsdbt_relation_privileges_sql() -%}
  pg_catalog.format('do %L;', pg_catalog.format(
    e'declare grantee pg_catalog.text; begin\nfor grantee in select distinct case when given.grantee = 0 then ''public'' else pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(given.grantee)) end from pg_catalog.pg_class, pg_catalog.aclexplode(relacl) as given where oid = pg_catalog.to_regclass(%L)::pg_catalog.oid%s loop execute pg_catalog.format(''revoke all on %%s from %%s'', %L, grantee); end loop; end',
    name, case when acl is null then pg_catalog.format(' and given.grantee <> %s', owner_id) end, name
  )),
  case when acl is not null then pg_catalog.format('revoke all on %s from %I, public;', name, owner) end,
  (
    select pg_catalog.string_agg(
      case when grantor <> owner_id and pg_catalog.pg_has_role(grantor, 'member') then pg_catalog.format(
        'set local role %I; %s set local role %I;', pg_catalog.pg_get_userbyid(grantor), statement, current_user
      ) else statement end, e'\n' order by grantor <> owner_id, attnum, ordinality
    )
    from (
      select 0 as attnum, grantor, ordinality, pg_catalog.format(
        'grant %s on %s to %s%s;', privilege_type, name, {{ rsdbt_grantee('grantee') }}, case when is_grantable then ' with grant option' end
      ) as statement
      from pg_catalog.aclexplode(acl) with ordinality
      union all
      select attnum, grantor, ordinality, pg_catalog.format(
        'grant %s (%I) on %s to %s%s;', privilege_type, attname, name, {{ rsdbt_grantee('grantee') }}, case when is_grantable then ' with grant option' end
      )
      from pg_catalog.pg_attribute, pg_catalog.aclexplode(attacl) with ordinality
      where attrelid = named.id and not attisdropped
    ) as given
  )
{%- endmacro %}

{% macro rsdbt_grantee(column) -%}
  case when {{ column }} = 0 then 'public' else pg_catalog.quote_ident(pg_catalog.pg_get_userbyid({{ column }})) end
{%- endmacro %}
