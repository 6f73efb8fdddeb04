{# Which files a table has the rows of: in the memory, by the table's oid, written in the transaction of the rows. #}

{# [[name, size, modified, checksum], ..] #}
{% macro rsdbt_known_files(relation, plan) %}
  {%- if relation is none or not plan.has_files -%}
    {{ return([]) }}
  {%- endif -%}
  {%- do rsdbt_memory() -%}
  {%- set query -%}
    select loaded.file, loaded.size::text, loaded.modified::text, loaded.checksum
    from rsdbt.loads as loaded
    join rsdbt.relations as known using (relation)
    where known.relation = {{ rsdbt_regclass(relation) }} and {{ rsdbt_named('known.relation', 'known.schema_name', 'known.relation_name') }}
  {%- endset -%}
  {{ return(adapter.introspect(query).rows) }}
{% endmacro %}

{# `relation`: the table under its own name. #}
{% macro rsdbt_remember_load(relation, plan, loaded, counts) %}
  {%- do counts.update({'rows_read': loaded['read'], 'rows_rejected': loaded['rejected']}) -%}
  {%- do rsdbt_keep_rejects(relation, plan) if plan.keeps_rejects -%}
  {%- do rsdbt_remember_build(relation, 'load', counts['rows_applied']) -%}
  {%- if not loaded['files'] -%}
    {{ return('') }}
  {%- endif -%}
  {%- set oid = rsdbt_remember_relation(relation) -%}
  {%- set rows = [] -%}
  {%- for name, size, modified, checksum, count in loaded['files'] -%}
    {%- do rows.append('(' ~ oid ~ ", '" ~ escape_single_quotes(name) ~ "', " ~ size ~ ', ' ~ modified ~ ", '" ~ checksum ~ "', " ~ count ~ ')') -%}
  {%- endfor -%}
  {%- do adapter.introspect('insert into rsdbt.loads (relation, file, size, modified, checksum, row_count) values ' ~ rows | join(', ')) -%}
{% endmacro %}

{# The numbers that are not zero, behind the rows that were written. #}
{% macro rsdbt_load_message(counts) %}
  {%- set parts = ['LOAD ' ~ counts['rows_applied']] -%}
  {%- for name, word in [
    ['rows_rejected', 'rejected'], ['rows_duplicate', 'duplicate'], ['rows_updated', 'updated'], ['rows_unchanged', 'unchanged'], ['rows_deleted', 'replaced'],
  ] if counts.get(name) -%}
    {%- do parts.append(counts[name] ~ ' ' ~ word) -%}
  {%- endfor -%}
  {{ return(parts | join(', ')) }}
{% endmacro %}
