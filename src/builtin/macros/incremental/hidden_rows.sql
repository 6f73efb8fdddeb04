{# Rows of a table that a statement of ours would pass over in silence: what is deleted or replaced must be all that is there. #}

{#
  Every strategy that replaces rows in place asks this. Under row level security the rows that a policy hides would stay beside the new
  ones; a rule may do something else than was asked; what inherits from a plain table would lose its own rows.
#}
{% macro rsdbt_refuse_hidden_rows(relation) %}
  {%- set class = rsdbt_class_flags(relation) -%}
  {%- if not (class['has_row_security'] or class['has_rules'] or class['has_children']) -%}
    {{ return('') }}
  {%- endif -%}
  {%- set query -%}
    select
      {{ rsdbt_hides_rows_sql('class.oid') }}, current_user::pg_catalog.text, (
        select pg_catalog.string_agg(pg_catalog.format('%I', rulename), ', ' order by rulename) from pg_catalog.pg_rewrite
        where ev_class = class.oid and is_instead and ev_type <> '1' and ev_enabled <> 'D'
      ), (
        select pg_catalog.string_agg(pg_catalog.format('%I.%I', nspname, child.relname), ', ' order by child.oid)
        from pg_catalog.pg_inherits
        join pg_catalog.pg_class as child on child.oid = inhrelid
        join pg_catalog.pg_namespace on pg_namespace.oid = child.relnamespace
        where inhparent = class.oid and class.relkind = 'r'
      )
    from pg_catalog.pg_class as class
    where class.oid = {{ rsdbt_regclass(relation) }}
  {%- endset -%}
  {%- for hides, role, rules, children in adapter.introspect(query).rows -%}
    {%- if hides -%}
      {{ exceptions.raise_database_error('row level security of ' ~ relation.render() ~ ' hides rows from the role "' ~ role ~ '": they would stay beside the new ones'
        ~ '\nhelp: give the role BYPASSRLS, or take the security off with `alter table ' ~ relation.render() ~ ' no force row level security`') }}
    {%- elif rules -%}
      {{ exceptions.raise_database_error('rules of ' ~ relation.render() ~ ' do something else instead of writing its rows: ' ~ rules ~ '\nhelp: drop them, or use a trigger') }}
    {%- elif children -%}
      {{ exceptions.raise_database_error('rows of tables that inherit from ' ~ relation.render() ~ ' would be replaced with its own: ' ~ children
        ~ '\nhelp: `alter table .. no inherit` takes them off; `partitioned: true` builds partitions') }}
    {%- endif -%}
  {%- endfor -%}
{% endmacro %}

{# Also for rules that do something besides. `events`: the types of rules with which the server refuses the statement. #}
{% macro rsdbt_refuse_rules(relation, statement, events) %}
  {%- set query -%}
    select pg_catalog.string_agg(pg_catalog.format('%I', rulename), ', ' order by rulename)
    from pg_catalog.pg_rewrite
    where ev_class = {{ rsdbt_regclass(relation) }} and ev_type in ({{ events }})
  {%- endset -%}
  {%- set rules = adapter.introspect(query).rows[0][0] -%}
  {%- if rules -%}
    {{ exceptions.raise_database_error(relation.render() ~ ' has rules, and PostgreSQL allows no ' ~ statement ~ ' into a table with rules: ' ~ rules
      ~ '\nhelp: drop them, use a trigger instead, or set incremental_strategy to `delete+insert`') }}
  {%- endif -%}
{% endmacro %}

{# Row level security is active for this role, and no policy lets it see and change all rows. #}
{% macro rsdbt_hides_rows_sql(id) -%}
  pg_catalog.row_security_active({{ id }}) and (
        select coalesce(pg_catalog.bool_or(not polpermissive), false)
          or not coalesce(pg_catalog.bool_or(polcmd = '*' and pg_catalog.pg_get_expr(polqual, polrelid) = 'true'), false)
        from pg_catalog.pg_policy
        where polrelid = {{ id }} and exists (
          select from pg_catalog.unnest(polroles) as role (id) where role.id = 0 or pg_catalog.pg_has_role(role.id, 'usage')
        )
      )
{%- endmacro %}
