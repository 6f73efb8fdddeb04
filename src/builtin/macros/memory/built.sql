{# Which intervals of an incremental relation are built: noted in the transaction of the work. Works, and knows nothing, where there can be no memory. #}

{# `code`: of what the relation is built from. What lies within the interval needs no row of its own. #}
{% macro rsdbt_note_built(interval_start, interval_end, code) %}
  {%- if not execute or not rsdbt_memory(required=false) -%}
    {{ return('') }}
  {%- endif -%}
  {%- set query -%}
    with forgotten as ({{ rsdbt_forget_orphans_sql() }})
    select pg_catalog.pg_has_role(relowner, 'USAGE') from pg_catalog.pg_class where oid = {{ rsdbt_regclass(this) }}
  {%- endset -%}
  {%- if not adapter.introspect(query).rows[0][0] -%}
    {{ return('') }}
  {%- endif -%}
  {%- set oid = rsdbt_remember_relation(this) -%}
  {%- set query -%}
    with covered as (
      delete from rsdbt.built
      where relation = {{ oid }} and interval_start >= '{{ interval_start }}+00' and interval_end <= '{{ interval_end }}+00'
        and not (interval_start = '{{ interval_start }}+00' and interval_end = '{{ interval_end }}+00')
    )
    insert into rsdbt.built (relation, interval_start, interval_end, code)
    values ({{ oid }}, '{{ interval_start }}+00', '{{ interval_end }}+00', '{{ escape_single_quotes(code) }}')
    on conflict (relation, interval_start, interval_end) do update set code = excluded.code, built_at = excluded.built_at
  {%- endset -%}
  {%- do adapter.introspect(query) -%}
{% endmacro %}
