{# Partitions that a run took out and, killed, did not come to drop. #}

{# Of whatever periods: the next run may build others. One that something reads stays, and is reported. #}
{% macro rsdbt_drop_old_partitions(target) %}
  {%- set query -%}
    select relname, {{ rsdbt_dependents_of_class_sql('class') }}
    from pg_catalog.pg_class as class
    where relnamespace = (select relnamespace from pg_catalog.pg_class where oid = {{ rsdbt_regclass(target) }}) and relkind = 'r'
      and pg_catalog.starts_with(relname, '{{ escape_single_quotes(target.identifier) }}_p') and relname ~ '_p[0-9]{6,8}(_[0-9]{2})?__dbt_backup$'
    order by relname
  {%- endset -%}
  {%- for row in adapter.introspect(query).rows -%}
    {%- if row[1] is none -%}
      {%- do run_query('drop table if exists ' ~ target.incorporate(path={'identifier': row[0]})) -%}
    {%- else -%}
      {%- do rsdbt_warn(row[1] ~ ' depends on ' ~ row[0] ~ ', a partition that an earlier run replaced: it shows old rows. Let it read ' ~ target.identifier ~ ' and drop that table') -%}
    {%- endif -%}
  {%- endfor -%}
{% endmacro %}

{# What depends on a relation, as text: null for nothing. Foreign keys to it count, its own constraints do not. #}
{% macro rsdbt_dependents_of_class_sql(class) -%}
  (
    select pg_catalog.string_agg(distinct pg_catalog.pg_describe_object(
      case when rule.oid is null then link.classid else 'pg_catalog.pg_class'::pg_catalog.regclass end,
      coalesce(rule.ev_class, link.objid), case when rule.oid is null then link.objsubid else 0 end), ', ')
    from pg_catalog.pg_depend as link
    left join pg_catalog.pg_rewrite as rule on link.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass and rule.oid = link.objid
    where {{ rsdbt_depends_on_class('link', class) }} and rule.ev_class is distinct from {{ class }}.oid
  )
{%- endmacro %}
