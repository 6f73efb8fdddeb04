{# Indexes as the catalog has them. #}

{% macro get_show_indexes_sql(relation) -%}
  select
    index_relation.relname as name,
    method.amname as method,
    index.indisunique as "unique",
    array_to_string(array_agg(attname order by array_position(index.indkey::int[], attnum::int)), ',') as column_names
  from pg_catalog.pg_index as index
  join pg_catalog.pg_class as index_relation on index_relation.oid = index.indexrelid
  join pg_catalog.pg_am as method on method.oid = index_relation.relam
  join pg_catalog.pg_attribute on attrelid = index.indrelid and attnum = any(index.indkey)
  where index.indrelid = {{ rsdbt_regclass(relation) }}
  group by 1, 2, 3
  order by 1, 2, 3
{%- endmacro %}

{% macro get_drop_index_sql(relation, index_name) -%}
  drop index if exists {{ adapter.quote(relation.schema) }}.{{ adapter.quote(index_name) }}
{%- endmacro %}
