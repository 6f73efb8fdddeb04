{# What a view or materialized view has besides its query, as statements that give it back to a new one. #}

{# Defaults, statistics targets, options, storage and compression of columns. #}
{% macro rsdbt_relation_columns_sql() -%}
  (
    select pg_catalog.string_agg(pg_catalog.format('alter table %s alter column %I %s;', name, attname, change), e'\n')
    from pg_catalog.pg_attribute
    join pg_catalog.pg_type on pg_type.oid = atttypid
    left join pg_catalog.pg_attrdef on adrelid = attrelid and adnum = attnum
    cross join lateral (values
      ('set default ' || pg_catalog.pg_get_expr(adbin, adrelid)),
      (case when kind = 'm' and coalesce(attstattarget, -1) >= 0 then 'set statistics ' || attstattarget end),
      (case when kind = 'm' then 'set (' || pg_catalog.array_to_string(attoptions, ', ') || ')' end),
      (
        case when kind = 'm' and attstorage <> typstorage
        then 'set storage ' || case attstorage when 'p' then 'plain' when 'e' then 'external' when 'm' then 'main' else 'extended' end end
      ),
      (case when kind = 'm' and attcompression <> '' then 'set compression ' || case attcompression when 'l' then 'lz4' else 'pglz' end end)
    ) as altered (change)
    where attrelid = named.id and attnum > 0 and not attisdropped and change is not null
  )
{%- endmacro %}

{# Made while the table is empty: the refresh fills them. #}
{% macro rsdbt_relation_indexes_sql() -%}
  (
    select pg_catalog.string_agg(
      pg_catalog.concat_ws(
        e'\n',
        pg_catalog.pg_get_indexdef(indexrelid) || ';',
        case when spcname is not null then pg_catalog.format('alter index %s set tablespace %I;', indexrelid::pg_catalog.regclass, spcname) end,
        case when indisclustered then pg_catalog.format('alter table %s cluster on %I;', name, made.relname) end,
        case when indisreplident then pg_catalog.format('alter table %s replica identity using index %I;', name, made.relname) end,
        (
          select pg_catalog.string_agg(pg_catalog.format('alter index %s alter column %s set statistics %s;', indexrelid::pg_catalog.regclass, attnum, attstattarget), e'\n')
          from pg_catalog.pg_attribute
          where attrelid = indexrelid and coalesce(attstattarget, -1) >= 0
        ),
        {{ rsdbt_again_comment_sql('pg_class', 'indexrelid', "'index ' || indexrelid::pg_catalog.regclass::pg_catalog.text") }}
      ), e'\n'
    )
    from pg_catalog.pg_index
    join pg_catalog.pg_class as made on made.oid = indexrelid
    left join pg_catalog.pg_tablespace on pg_tablespace.oid = made.reltablespace
    where indrelid = named.id
  ),
  case when replica_identity in ('f', 'n') and kind = 'm' then pg_catalog.format(
    'alter table %s replica identity %s;', name, case replica_identity when 'f' then 'full' else 'nothing' end
  ) end
{%- endmacro %}

{% macro rsdbt_relation_statistics_sql() -%}
  (
    select pg_catalog.string_agg(
      pg_catalog.concat_ws(
        e'\n',
        pg_catalog.pg_get_statisticsobjdef(pg_statistic_ext.oid) || ';',
        case when coalesce(stxstattarget, -1) >= 0 then pg_catalog.format('alter statistics %I.%I set statistics %s;', nspname, stxname, stxstattarget) end,
        case when pg_catalog.pg_get_userbyid(stxowner) <> current_user
        then pg_catalog.format('alter statistics %I.%I owner to %I;', nspname, stxname, pg_catalog.pg_get_userbyid(stxowner)) end,
        {{ rsdbt_again_comment_sql('pg_statistic_ext', 'pg_statistic_ext.oid', "pg_catalog.format('statistics %I.%I', nspname, stxname)") }}
      ), e'\n'
    )
    from pg_catalog.pg_statistic_ext
    join pg_catalog.pg_namespace on pg_namespace.oid = stxnamespace
    where stxrelid = named.id
  )
{%- endmacro %}
