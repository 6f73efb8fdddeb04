{# Rules, policies, triggers, defaults and functions that name a table: altered in place, once the name means the new table. #}

{% macro rsdbt_rule_scripts_sql(ids, renames) -%}
  select
    rule.oid::pg_catalog.int8, 'rule', pg_catalog.format('rule %I on %s', rulename, on_table), null, null,
    {{ rsdbt_script("pg_catalog.regexp_replace(pg_catalog.pg_get_ruledef(rule.oid), '^CREATE RULE', 'CREATE OR REPLACE RULE')", renames) }},
    pg_catalog.quote_literal(pg_catalog.format('drop rule %I on %s', rulename, on_table)),
    {{ rsdbt_script("pg_catalog.concat_ws(e'\\n', pg_catalog.pg_get_ruledef(rule.oid), " ~ rsdbt_rule_state_sql() ~ ")", renames) }}, null
  from pg_catalog.pg_rewrite as rule
  cross join lateral (select rule.ev_class::pg_catalog.regclass::pg_catalog.text as on_table) as place
  where rule.oid in ({{ ids | join(', ') }})
{%- endmacro %}

{% macro rsdbt_rule_state_sql() -%}
  case when ev_enabled <> 'O' then pg_catalog.format('alter table %s %s rule %I;', on_table, {{ rsdbt_firing('ev_enabled') }}, rulename) end,
  {{ rsdbt_again_comment_sql('pg_rewrite', 'rule.oid', "pg_catalog.format('rule %I on %s', rulename, on_table)") }}
{%- endmacro %}

{% macro rsdbt_policy_scripts_sql(ids, renames) -%}
  select
    policy.oid::pg_catalog.int8, 'policy', pg_catalog.format('policy %I on %s', polname, polrelid::pg_catalog.regclass), null, null,
    {{ rsdbt_script(
      "pg_catalog.concat(pg_catalog.format('alter policy %I on %s', polname, polrelid::pg_catalog.regclass),"
      ~ " ' using (' || pg_catalog.pg_get_expr(polqual, polrelid) || ')', ' with check (' || pg_catalog.pg_get_expr(polwithcheck, polrelid) || ')')",
      renames
    ) }}, null, null, null
  from pg_catalog.pg_policy as policy
  where policy.oid in ({{ ids | join(', ') }})
{%- endmacro %}

{# A constraint trigger that names another table is dropped with it, in silence: it is made again. #}
{% macro rsdbt_trigger_scripts_sql(ids, renames) -%}
  select
    tg.oid::pg_catalog.int8, 'trigger', pg_catalog.format('trigger %I on %s', tgname, on_table), null, null,
    {{ rsdbt_script(
      "pg_catalog.concat_ws(e'\\n', pg_catalog.format('drop trigger %I on %s;', tgname, on_table), pg_catalog.pg_get_triggerdef(tg.oid) || ';', "
      ~ "case when tgenabled <> 'O' then pg_catalog.format('alter table %s %s trigger %I;', on_table, " ~ rsdbt_firing('tgenabled') ~ ", tgname) end, "
      ~ rsdbt_again_comment_sql('pg_trigger', 'tg.oid', "pg_catalog.format('trigger %I on %s', tgname, on_table)") ~ ")",
      renames
    ) }}, null, null, null
  from pg_catalog.pg_trigger as tg
  cross join lateral (select tg.tgrelid::pg_catalog.regclass::pg_catalog.text as on_table) as place
  where tg.oid in ({{ ids | join(', ') }})
{%- endmacro %}

{% macro rsdbt_default_scripts_sql(ids, renames) -%}
  select
    given.oid::pg_catalog.int8, 'default', pg_catalog.pg_describe_object('pg_catalog.pg_attrdef'::pg_catalog.regclass, given.oid, 0), null, null,
    {{ rsdbt_script(
      "pg_catalog.format('alter table %s alter column %I set default %s', adrelid::pg_catalog.regclass, attname, pg_catalog.pg_get_expr(adbin, adrelid))",
      renames
    ) }}, null, null, null
  from pg_catalog.pg_attrdef as given
  join pg_catalog.pg_attribute on attrelid = adrelid and attnum = adnum
  where given.oid in ({{ ids | join(', ') }})
{%- endmacro %}

{% macro rsdbt_function_scripts_sql(ids, renames) -%}
  select
    routine.oid::pg_catalog.int8, 'function', pg_catalog.pg_describe_object('pg_catalog.pg_proc'::pg_catalog.regclass, routine.oid, 0), null, null,
    {{ rsdbt_script("pg_catalog.pg_get_functiondef(routine.oid)", renames) }}, null, null, null
  from pg_catalog.pg_proc as routine
  where routine.oid in ({{ ids | join(', ') }})
{%- endmacro %}

{% macro rsdbt_firing(column) -%}
  case {{ column }} when 'D' then 'disable' when 'R' then 'enable replica' when 'A' then 'enable always' else 'enable' end
{%- endmacro %}
