{# Views and materialized views: in place, or anew with all that they had. #}

{# Columns: id, kind, name, target and backup name, replace, remove, rebuild, refresh. #}
{% macro rsdbt_relation_scripts_sql(ids, renames) -%}
  select
    named.id::pg_catalog.int8 as id, named.kind, named.name, named.target, named.backup,
    case when kind = 'v' then {{ rsdbt_script("pg_catalog.format('create or replace view %s%s as %s', name, options, body)", renames) }} end as replace,
    {{ rsdbt_script("pg_catalog.format('drop %s %s', word, name)", renames) }} as remove,
    {{ rsdbt_script(rsdbt_relation_script_sql(), renames) }} as rebuild,
    case when kind = 'm' and populated then {{ rsdbt_script("pg_catalog.format('refresh materialized view %s', name)", renames) }} end as refresh
  from (
    select
      relation.oid as id, relation.relkind::pg_catalog.text as kind, relation.relacl as acl, relation.relispopulated as populated,
      relation.relowner as owner_id, pg_catalog.pg_get_userbyid(relation.relowner) as owner, relation.relreplident as replica_identity,
      pg_catalog.format('%I.%I', schema.nspname, relation.relname) as name,
      case relation.relkind when 'v' then 'view' else 'materialized view' end as word,
      (select amname from pg_catalog.pg_am where pg_am.oid = relation.relam) as method,
      (select spcname from pg_catalog.pg_tablespace where pg_tablespace.oid = relation.reltablespace) as tablespace,
      coalesce((
        select ' with (' || pg_catalog.string_agg(pg_catalog.format('%s=%L', option_name, option_value), ', ') || ')'
        from (
          select option_name, option_value from pg_catalog.pg_options_to_table(relation.reloptions)
          union all
          select 'toast.' || given.option_name, given.option_value
          from pg_catalog.pg_class as toast, pg_catalog.pg_options_to_table(toast.reloptions) as given
          where toast.oid = relation.reltoastrelid
        ) as option
      ), '') as options,
      pg_catalog.rtrim(pg_catalog.pg_get_viewdef(relation.oid), ';') as body,
      {{ rsdbt_backup_target_sql('relation') }} as target,
      {{ rsdbt_backup_name_sql('relation.relname', 'relation.oid') }} as backup
    from pg_catalog.pg_class as relation
    join pg_catalog.pg_namespace as schema on schema.oid = relation.relnamespace
    where relation.oid in ({{ ids | join(', ') }})
  ) as named
{%- endmacro %}

{#
  A materialized view is made without rows and belongs to its owner before anything is computed: its query and the
  functions of its indexes run with the rights of the owner only.
#}
{% macro rsdbt_relation_script_sql() -%}
  pg_catalog.concat_ws(
    e'\n',
    pg_catalog.format(
      'create %s %s%s%s%s as %s%s;', word, name, ' using ' || pg_catalog.quote_ident(method), options,
      ' tablespace ' || pg_catalog.quote_ident(tablespace), body, case kind when 'm' then e'\nwith no data' end
    ),
    case when owner <> current_user then pg_catalog.format('alter table %s owner to %I;', name, owner) end,
    {{ rsdbt_relation_columns_sql() }},
    {{ rsdbt_relation_indexes_sql() }},
    {{ rsdbt_relation_statistics_sql() }},
    {{ rsdbt_relation_comments_sql() }},
    {{ rsdbt_relation_rules_sql() }},
    {{ rsdbt_relation_privileges_sql() }}
  )
{%- endmacro %}

{# A script as a literal, in which tables that were set aside have the names of their successors. #}
{% macro rsdbt_script(sql, renames) -%}
  {%- set text = namespace(sql=sql) -%}
  {%- for row in renames -%}
    {%- set text.sql = "pg_catalog.replace(" ~ text.sql ~ ", '" ~ escape_single_quotes(row['backup']) ~ "', '" ~ escape_single_quotes(row['target']) ~ "')" -%}
  {%- endfor -%}
  pg_catalog.quote_literal({{ text.sql }})
{%- endmacro %}
