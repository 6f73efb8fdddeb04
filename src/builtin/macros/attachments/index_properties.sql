{# What an index has besides its definition, and what a table says of its indexes. #}

{# Whether the table has an index of the same name or the same definition. #}
{% macro rsdbt_has_index_sql(target) -%}
  pg_catalog.format(
    'exists (select from pg_catalog.pg_index join pg_catalog.pg_class as index on index.oid = indexrelid cross join lateral '
    '(select %L::pg_catalog.regclass::pg_catalog.oid) as tables (id) cross join lateral '
    '(select case when indrelid = tables.id then pg_catalog.pg_get_indexdef(indexrelid) end) as made (definition) where indrelid = tables.id '
    'and (index.relname = %L or indisunique = %L and pg_catalog.substr(definition, pg_catalog.strpos(definition, %L)) = %L))',
    {{ target }}, index_name, indisunique, ' USING ', tail
  )
{%- endmacro %}

{% macro rsdbt_index_properties_sql(made_as) -%}
  coalesce(pg_catalog.format(e';\nalter index %I.%I set tablespace ', nspname, {{ made_as }}) || pg_catalog.quote_ident(spcname), '')
  || coalesce((
    select pg_catalog.string_agg(
      pg_catalog.format(e';\nalter index %I.%I alter column %s set statistics %s', nspname, {{ made_as }}, attnum, attstattarget), ''
    )
    from pg_catalog.pg_attribute
    where attrelid = indexrelid and attstattarget >= 0
  ), '')
  || {{ rsdbt_comment_again_sql('pg_class', 'indexrelid', "pg_catalog.format('index %I.%I', nspname, " ~ made_as ~ ')') }}
  || {{ rsdbt_extension_again_sql('pg_class', 'indexrelid', "pg_catalog.format('index %I.%I', nspname, " ~ made_as ~ ')') }}
{%- endmacro %}

{# A hash changes with every rebuild: the index of the same definition is meant. #}
{% macro rsdbt_index_marks_sql() -%}
  select
    'late', rank, name, mark, null, pg_catalog.format(
      statement, name,
      case when index_name ~ '^[0-9a-f]{32}$' then coalesce((
        select new_index.relname
        from pg_catalog.pg_index as fresh
        join pg_catalog.pg_class as new_index on new_index.oid = fresh.indexrelid
        cross join lateral (select case when fresh.indrelid = new_id then pg_catalog.pg_get_indexdef(fresh.indexrelid) end) as made (definition)
        where fresh.indrelid = new_id and fresh.indisunique = pg_index.indisunique
          and pg_catalog.substr(definition, pg_catalog.strpos(definition, ' USING ')) = tail and new_index.relname ~ '^[0-9a-f]{32}$'
        limit 1
      ), index_name) else index_name end
    ), old_id
  from pair
  {{ rsdbt_old_indexes_sql() }}
  cross join lateral (
    values
      (490, 'replica identity', 'alter table %s replica identity using index %I', indisreplident and replica_identity = 'i'),
      (491, 'mark of the index to cluster by', 'alter table %s cluster on %I', indisclustered)
  ) as marks (rank, mark, statement, is_set)
  where is_set and new_kind in ('r', 'm')
{%- endmacro %}
