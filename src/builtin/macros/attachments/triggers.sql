{# Triggers and rules. Tables and views have different ones: those of the other kind are listed. #}

{% macro rsdbt_triggers_and_rules_sql() -%}
  select
    'late', 470, name, pg_catalog.format('trigger %I', tgname), {{ rsdbt_exists_sql('pg_trigger', 'tgrelid', 'tgname') }},
    case when fits then
      pg_catalog.pg_get_triggerdef(pg_trigger.oid)
      || {{ rsdbt_enabled_sql('tgenabled', 'trigger', 'tgname') }}
      || {{ rsdbt_comment_again_sql('pg_trigger', 'pg_trigger.oid', "pg_catalog.format('trigger %I on %s', tgname, name)") }}
      || {{ rsdbt_extension_again_sql('pg_trigger', 'pg_trigger.oid', "pg_catalog.format('trigger %I on %s', tgname, name)") }}
    end, old_id
  from pair
  join pg_catalog.pg_trigger on tgrelid = old_id and not tgisinternal and tgparentid = 0
  cross join lateral (select old_kind = new_kind) as kinds (fits)
  union all
  select
    'late', 460, name, pg_catalog.format('rule %I', rulename), {{ rsdbt_exists_sql('pg_rewrite', 'ev_class', 'rulename') }},
    case when fits then
      pg_catalog.rtrim(pg_catalog.pg_get_ruledef(pg_rewrite.oid), ';')
      || {{ rsdbt_enabled_sql('ev_enabled', 'rule', 'rulename') }}
      || {{ rsdbt_comment_again_sql('pg_rewrite', 'pg_rewrite.oid', "pg_catalog.format('rule %I on %s', rulename, name)") }}
    end, old_id
  from pair
  join pg_catalog.pg_rewrite on ev_class = old_id and rulename <> '_RETURN'
  cross join lateral (select old_kind = new_kind) as kinds (fits)
{%- endmacro %}

{% macro rsdbt_enabled_sql(flag, word, object) -%}
  case {{ flag }} when 'O' then '' else pg_catalog.format(
    e';\nalter table %s %s {{ word }} %I', name,
    case {{ flag }} when 'D' then 'disable' when 'R' then 'enable replica' else 'enable always' end, {{ object }}
  ) end
{%- endmacro %}
