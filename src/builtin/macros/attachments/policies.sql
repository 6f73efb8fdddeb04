{# Row security. A relation of a kind that has none does not replace a table that has it: it would show every row. #}

{% macro rsdbt_policies_sql() -%}
  select
    'late', 500, name, pg_catalog.format('policy %I', polname), {{ rsdbt_exists_sql('pg_policy', 'polrelid', 'polname') }},
    pg_catalog.format(
      'create policy %I on %s as %s for %s to %s%s%s', polname, name,
      case when polpermissive then 'permissive' else 'restrictive' end,
      case polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end,
      (
        select pg_catalog.string_agg(case when role = 0 then 'public' else pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(role)) end, ', ')
        from pg_catalog.unnest(polroles) as role
      ),
      ' using (' || pg_catalog.pg_get_expr(polqual, polrelid) || ')',
      ' with check (' || pg_catalog.pg_get_expr(polwithcheck, polrelid) || ')'
    ) || {{ rsdbt_comment_again_sql('pg_policy', 'pg_policy.oid', "pg_catalog.format('policy %I on %s', polname, name)") }}, old_id
  from pair
  join pg_catalog.pg_policy on polrelid = old_id
  where new_kind = 'r'
  union all
  select 'late', 510, name, 'row security', null, pg_catalog.concat_ws(
    e';\n', case when row_security then pg_catalog.format('alter table %s enable row level security', name) end,
    case when forced_row_security then pg_catalog.format('alter table %s force row level security', name) end
  ), old_id
  from pair
  where (row_security or forced_row_security) and new_kind = 'r'
  union all
  select 'refuse', 0, name, 'it has row security, and a ' || word || ' cannot have any', null, null, old_id
  from pair
  where (row_security or exists (select from pg_catalog.pg_policy where polrelid = old_id)) and new_kind <> 'r'
{%- endmacro %}

{# A condition for later: whether the new relation has one of the name. #}
{% macro rsdbt_exists_sql(catalog, relation_column, name_column) -%}
  pg_catalog.format(
    'exists (select from pg_catalog.{{ catalog }} where {{ relation_column }} = %L::pg_catalog.regclass::pg_catalog.oid and {{ name_column }} = %L)',
    name, {{ name_column }}
  )
{%- endmacro %}
