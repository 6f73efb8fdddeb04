{# Parts of the block that moves dependents; it runs with pg_catalog as search path. #}

{% macro rsdbt_dependent_values(dependents) -%}
  {%- for row in dependents %}
  (
    {{ loop.index }}, {{ row.id }}::oid, '{{ row.kind }}', {{ rsdbt_quoted(row.name) }}, {{ rsdbt_quoted(row.target) if row.target else 'null::text' }},
    {{ rsdbt_quoted(row.backup) if row.backup else 'null::text' }}, {{ row.stays | lower }}, {{ row.replace or 'null::text' }},
    {{ row.rebuild or 'null::text' }}, {{ row.refresh or 'null::text' }}
  ){{ ',' if not loop.last }}
  {%- endfor %}
{%- endmacro %}

{% macro rsdbt_depends_on_old(dependent) -%}
  exists (
    select from pg_depend as link
    where link.refclassid = 'pg_class'::regclass and link.refobjid = any (old)
      and case {{ dependent }}.kind
        when 'rule' then link.classid = 'pg_rewrite'::regclass and link.objid = {{ dependent }}.id
        when 'policy' then link.classid = 'pg_policy'::regclass and link.objid = {{ dependent }}.id
        when 'trigger' then link.classid = 'pg_trigger'::regclass and link.objid = {{ dependent }}.id
        when 'default' then link.classid = 'pg_attrdef'::regclass and link.objid = {{ dependent }}.id
        when 'function' then link.classid = 'pg_proc'::regclass and link.objid = {{ dependent }}.id
        when 'foreign key' then link.classid = 'pg_constraint'::regclass and link.objid = {{ dependent }}.id
        else link.classid = 'pg_rewrite'::regclass
          and link.objid in (select rule.oid from pg_rewrite as rule where rule.ev_class = {{ dependent }}.id and rule.ev_type = '1')
      end
  )
{%- endmacro %}
