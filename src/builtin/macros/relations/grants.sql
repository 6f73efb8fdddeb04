{# Privileges: the config says who may do what; only the difference is granted and revoked. #}

{# Where the config says who may do what, a table that is swapped in has no privilege of the old one. #}
{% macro copy_grants() %}{{ return(False) }}{% endmacro %}

{% macro support_multiple_grantees_per_dcl_statement() %}{{ return(True) }}{% endmacro %}

{% macro should_revoke(existing_relation, full_refresh_mode=True) %}
  {%- if not existing_relation -%}
    {{ return(False) }}
  {%- endif -%}
  {{ return(copy_grants() if full_refresh_mode else True) }}
{% endmacro %}

{% macro apply_grants(relation, grant_config, should_revoke=True) %}
  {%- if grant_config -%}
    {%- set granted = adapter.standardize_grants_dict(adapter.introspect(get_show_grant_sql(relation))) if should_revoke else {} -%}
    {%- set missing = diff_of_two_dicts(grant_config, granted) -%}
    {%- set surplus = diff_of_two_dicts(granted, grant_config) -%}
    {%- set statements = get_dcl_statement_list(relation, surplus, get_revoke_sql)
      + get_dcl_statement_list(relation, missing, get_grant_sql) -%}
    {%- if statements -%}
      {%- do call_dcl_statements(statements) -%}
    {%- else -%}
      {%- do log('On ' ~ relation.render() ~ ': All grants are in place, no revocation or granting needed.') -%}
    {%- endif -%}
  {%- endif -%}
{% endmacro %}

{% macro get_dcl_statement_list(relation, grant_config, get_dcl_macro) %}
  {%- set statements = [] -%}
  {%- for privilege, grantees in grant_config.items() if grantees -%}
    {%- if support_multiple_grantees_per_dcl_statement() -%}
      {%- do statements.append(get_dcl_macro(relation, privilege, grantees)) -%}
    {%- else -%}
      {%- for grantee in grantees -%}
        {%- do statements.append(get_dcl_macro(relation, privilege, [grantee])) -%}
      {%- endfor -%}
    {%- endif -%}
  {%- endfor -%}
  {{ return(statements) }}
{% endmacro %}

{% macro call_dcl_statements(dcl_statement_list) %}
  {%- for dcl_statement in dcl_statement_list -%}
    {%- call statement('grants') -%}{{ dcl_statement }};{%- endcall -%}
  {%- endfor -%}
{% endmacro %}

{# Grantees stand as the project writes them: `public`, `current_user`, or a quoted name. What is neither is quoted. #}
{% macro get_grant_sql(relation, privilege, grantees) -%}
  grant {{ privilege }} on {{ relation.render() }} to {{ rsdbt_grantees(grantees) }}
{%- endmacro %}

{% macro rsdbt_grantees(grantees) %}
  {%- set names = [] -%}
  {%- for grantee in grantees -%}
    {%- set is_list = modules.re.match('(?i)((group +)?[a-z_][a-z0-9_$]*( *, *|$))+$', grantee) -%}
    {%- do names.append(grantee if is_list else adapter.quote_where_needed(grantee)) -%}
  {%- endfor -%}
  {{ return(names | join(', ')) }}
{% endmacro %}

{# Here the names come from the catalog. #}
{% macro get_revoke_sql(relation, privilege, grantees) -%}
  {%- set quoted = [] -%}
  {%- for grantee in grantees -%}
    {%- do quoted.append(grantee if grantee in ['public', 'PUBLIC'] else adapter.quote(grantee)) -%}
  {%- endfor -%}
  revoke {{ privilege }} on {{ relation.render() }} from {{ quoted | join(', ') }}
{%- endmacro %}

{% macro get_show_grant_sql(relation) -%}
  select grantee, privilege_type
  from information_schema.role_table_grants
  where grantor = current_role
    and grantee <> current_role
    and table_schema = '{{ escape_single_quotes(relation.schema) }}'
    and table_name = '{{ escape_single_quotes(relation.identifier) }}'
{%- endmacro %}
