{#
  Which files were loaded into a table, in `rsdbt.loads`: they follow the table to another name. The oid of its row type tells
  it from a later table with its oid.
#}

{# [file, bytes, checksum, modified, loaded] of each; the timestamps in microseconds. #}
{% macro rsdbt_load_ledger(relation) %}
  {%- do rsdbt_memory() -%}
  {%- set query -%}
    select loaded.file, loaded.bytes, loaded.checksum,
      (pg_catalog.date_part('epoch', loaded.modified_at) * 1000000)::pg_catalog.int8,
      (pg_catalog.date_part('epoch', loaded.loaded_at) * 1000000)::pg_catalog.int8
    from rsdbt.loads as loaded
    join pg_catalog.pg_class as class on class.oid = loaded.relation and class.reltype = loaded.row_type
    where loaded.relation = {{ rsdbt_regclass(relation) }}
  {%- endset -%}
  {{ return(adapter.introspect(query).rows) }}
{% endmacro %}

{#
  `files`: [{file, bytes, checksum, modified, read, applied, rejected, duplicates}, ..], in the transaction of their rows. A table that
  was replaced holds these and no others.
#}
{% macro rsdbt_load_remember(relation, files, load) %}
  {%- do adapter.introspect(rsdbt_forget_orphans_sql()) -%}
  {%- set oid = rsdbt_remember_relation(relation) -%}
  {%- set row_type -%}(select class.reltype from pg_catalog.pg_class as class where class.oid = {{ oid }}){%- endset -%}
  {%- set lost = 'true' if load.mode == 'replace' else 'row_type <> ' ~ row_type -%}
  {%- do adapter.introspect('delete from rsdbt.loads where relation = ' ~ oid ~ ' and ' ~ lost) -%}
  {%- if not files -%}
    {{ return('') }}
  {%- endif -%}
  {%- set rows = [] -%}
  {%- for file in files -%}
    {%- set modified = 'null' if file.modified is none else "'" ~ file.modified ~ "'" -%}
    {%- do rows.append(
      '(' ~ oid ~ ', ' ~ row_type ~ ", '" ~ escape_single_quotes(file.file) ~ "', " ~ file.bytes ~ ", '" ~ file.checksum ~ "', " ~ modified ~ '::pg_catalog.timestamptz, '
      ~ file.read ~ ', ' ~ file.applied ~ ', ' ~ file.rejected ~ ', ' ~ file.duplicates ~ ')'
    ) -%}
  {%- endfor -%}
  {%- set query -%}
    insert into rsdbt.loads as known (
      relation, row_type, file, bytes, checksum, modified_at, read_count, applied_count, rejected_count, duplicate_count
    )
    values {{ rows | join(', ') }}
    on conflict (relation, file) do update set
      bytes = excluded.bytes, checksum = excluded.checksum, modified_at = excluded.modified_at, read_count = excluded.read_count,
      applied_count = excluded.applied_count, rejected_count = excluded.rejected_count, duplicate_count = excluded.duplicate_count,
      loaded_at = excluded.loaded_at
  {%- endset -%}
  {%- do adapter.introspect(query) -%}
{% endmacro %}
