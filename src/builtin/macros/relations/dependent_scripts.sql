{#
  How each dependent is made again: `replace` in place where Postgres can, `remove`, and `rebuild` with its owner,
  indexes, grants and comments. Names and values are quoted by the server.
#}

{% macro rsdbt_dependent_scripts(dependents) %}
  {%- set levels = {} -%}
  {%- set relations = ['0'] -%}
  {%- set references = ['0'] -%}
  {%- for row in dependents -%}
    {%- do (references if row['kind'] == 'f' else relations).append(row['id'] | string) -%}
    {%- do levels.update({row['id'] | string: row['level']}) -%}
  {%- endfor -%}
  {%- set query -%}
    select
      named.id::bigint as id, named.kind::text as kind, named.name, named.plain_name,
      quote_literal(case when kind = 'v' then format('create or replace view %s%s as %s', name, options, body) end) as replace,
      quote_literal(format('drop %s %s', word, name)) as remove,
      quote_literal(concat_ws(
        e'\n',
        format('create %s %s%s as %s%s;', word, name, options, body, case when not populated then ' with no data' end),
        case when owner <> current_user then format('alter table %s owner to %I;', name, owner) end,
        (select string_agg(pg_get_indexdef(indexrelid) || ';', e'\n') from pg_catalog.pg_index where indrelid = named.id),
        (
          select string_agg(
            case
              when objsubid = 0 then format('comment on %s %s is %L;', word, name, description)
              else format('comment on column %s.%I is %L;', name, attname, description)
            end, e'\n'
          )
          from pg_catalog.pg_description
          left join pg_catalog.pg_attribute on attrelid = objoid and attnum = objsubid
          where objoid = named.id and classoid = 'pg_catalog.pg_class'::regclass
        ),
        (
          select string_agg(format(
            'grant %s on %s to %s%s;', privilege_type, name,
            case when grantee = 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end,
            case when is_grantable then ' with grant option' end
          ), e'\n')
          from aclexplode(acl)
          where grantee <> owner_id
        ),
        (
          select string_agg(pg_get_triggerdef(oid) || ';', e'\n')
          from pg_catalog.pg_trigger
          where tgrelid = named.id and not tgisinternal
        )
      )) as rebuild
    from (
      select
        relation.oid as id, relation.relkind as kind, relation.relacl as acl, relation.relispopulated as populated,
        relation.relowner as owner_id, pg_get_userbyid(relation.relowner) as owner,
        schema.nspname || '.' || relation.relname as plain_name,
        format('%I.%I', schema.nspname, relation.relname) as name,
        case relation.relkind when 'v' then 'view' else 'materialized view' end as word,
        coalesce(' with (' || array_to_string(relation.reloptions, ', ') || ')', '') as options,
        rtrim(pg_get_viewdef(relation.oid), ';') as body
      from pg_catalog.pg_class as relation
      join pg_catalog.pg_namespace as schema on schema.oid = relation.relnamespace
      where relation.oid in ({{ relations | join(', ') }})
    ) as named
    union all
    {{ rsdbt_foreign_key_scripts_sql(references) }}
  {%- endset -%}
  {{ return(rsdbt_by_level(run_query(query).rows, levels)) }}
{% endmacro %}
