{# Extended statistics. #}

{% macro rsdbt_statistics_sql() -%}
  select
    'late', 450, name, pg_catalog.format('statistics %s', object_name),
    pg_catalog.format(
      'exists (select from pg_catalog.pg_statistic_ext where stxrelid = %L::pg_catalog.regclass::pg_catalog.oid and stxname = %L)', name, stxname
    ),
    case when new_kind in ('r', 'm') then
      pg_catalog.pg_get_statisticsobjdef(pg_statistic_ext.oid)
      || case when coalesce(stxstattarget, -1) < 0 then '' else pg_catalog.format(e';\nalter statistics %s set statistics %s', object_name, stxstattarget) end
      || case when stxowner = owner_id then '' else pg_catalog.format(e';\nalter statistics %s owner to %I', object_name, pg_catalog.pg_get_userbyid(stxowner)) end
      || {{ rsdbt_comment_again_sql('pg_statistic_ext', 'pg_statistic_ext.oid', "'statistics ' || object_name") }}
    end, old_id
  from pair
  join pg_catalog.pg_statistic_ext on stxrelid = old_id
  join pg_catalog.pg_namespace as schema on schema.oid = stxnamespace
  cross join lateral (select pg_catalog.format('%I.%I', schema.nspname, stxname)) as named (object_name)
{%- endmacro %}
