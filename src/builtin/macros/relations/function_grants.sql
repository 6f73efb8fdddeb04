{# Privileges of functions. Everybody may call a new one: the config takes that back, too. #}

{% macro rsdbt_apply_function_grants(relation, grant_config) %}
  {%- if grant_config -%}
    {%- set signature = rsdbt_function_signature(relation) -%}
    {%- set granted = adapter.standardize_grants_dict(adapter.introspect(rsdbt_show_function_grants_sql(signature))) -%}
    {%- set statements = [] -%}
    {%- for privilege, grantees in diff_of_two_dicts(granted, grant_config).items() if grantees -%}
      {%- for grantee in grantees -%}
        {%- do statements.append('revoke ' ~ privilege ~ ' on routine ' ~ signature ~ ' from '
          ~ (grantee if grantee == 'public' else adapter.quote(grantee))) -%}
      {%- endfor -%}
    {%- endfor -%}
    {%- for privilege, grantees in diff_of_two_dicts(grant_config, granted).items() if grantees -%}
      {%- do statements.append('grant ' ~ privilege ~ ' on routine ' ~ signature ~ ' to ' ~ rsdbt_grantees(grantees)) -%}
    {%- endfor -%}
    {%- do call_dcl_statements(statements) -%}
  {%- endif -%}
{% endmacro %}

{% macro rsdbt_function_signature(relation) %}
  {{ return(relation.include(database=false).render() ~ '(' ~ model.arguments | map(attribute='data_type') | join(', ') ~ ')') }}
{% endmacro %}

{% macro rsdbt_show_function_grants_sql(signature) -%}
  select coalesce(rolname::text, 'public') as grantee, privilege_type
  from pg_catalog.pg_proc
  cross join lateral aclexplode(coalesce(proacl, acldefault('f', proowner))) as granted
  left join pg_catalog.pg_roles on pg_roles.oid = granted.grantee
  where pg_proc.oid = '{{ escape_single_quotes(signature) }}'::regprocedure and granted.grantee <> proowner
{%- endmacro %}
