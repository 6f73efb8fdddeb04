{# Which files were loaded into a table, in `rsdbt.loads`. #}

{# [file, bytes, checksum, modified, loaded] of each; the timestamps in microseconds. #}
{% macro rsdbt_load_ledger(relation) %}
  {%- do rsdbt_memory() -%}
  {%- set query -%}
    select loaded.file, loaded.bytes, loaded.checksum,
      (pg_catalog.date_part('epoch', loaded.modified_at) * 1000000)::pg_catalog.int8,
      (pg_catalog.date_part('epoch', loaded.loaded_at) * 1000000)::pg_catalog.int8
    from rsdbt.loads as loaded
    join rsdbt.relations as known using (relation)
    where known.relation = {{ rsdbt_regclass(relation) }} and {{ rsdbt_named('known.relation', 'known.schema_name', 'known.relation_name') }}
  {%- endset -%}
  {{ return(adapter.introspect(query).rows) }}
{% endmacro %}

{# `files`: [{file, bytes, checksum, modified, read, applied, rejected, duplicates}, ..], in the transaction of their rows. #}
{% macro rsdbt_load_remember(relation, files) %}
  {%- do adapter.introspect(rsdbt_forget_orphans_sql()) -%}
  {%- set oid = rsdbt_remember_relation(relation) -%}
  {%- set rows = [] -%}
  {%- for file in files -%}
    {%- set modified = 'null' if file.modified is none else "'" ~ file.modified ~ "'" -%}
    {%- do rows.append(
      '(' ~ oid ~ ", '" ~ escape_single_quotes(file.file) ~ "', " ~ file.bytes ~ ", '" ~ file.checksum ~ "', " ~ modified ~ '::pg_catalog.timestamptz, '
      ~ file.read ~ ', ' ~ file.applied ~ ', ' ~ file.rejected ~ ', ' ~ file.duplicates ~ ')'
    ) -%}
  {%- endfor -%}
  {%- set query -%}
    insert into rsdbt.loads as known (
      relation, file, bytes, checksum, modified_at, read_count, applied_count, rejected_count, duplicate_count
    )
    values {{ rows | join(', ') }}
    on conflict (relation, file) do update set
      bytes = excluded.bytes, checksum = excluded.checksum, modified_at = excluded.modified_at, read_count = excluded.read_count,
      applied_count = excluded.applied_count, rejected_count = excluded.rejected_count, duplicate_count = excluded.duplicate_count,
      loaded_at = excluded.loaded_at
  {%- endset -%}
  {%- do adapter.introspect(query) -%}
{% endmacro %}
