{# The table of rejected lines. #}

{# `file` and `line` name the place; `column_name` is null where the line as a whole does not fit. #}
{% macro rsdbt_load_create_rejects(rejects) %}
  {%- if rsdbt_load_kind(rejects) is none -%}
    {%- call statement('rejects') -%}
      create table {{ rejects }} (
        file text not null, line bigint not null, raw text not null, column_name text, reason text not null,
        loaded_at timestamp with time zone not null default pg_catalog.now()
      )
    {%- endcall -%}
  {%- else -%}
    {%- do rsdbt_load_require_rejects(rejects) -%}
  {%- endif -%}
{% endmacro %}

{# The name may be that of a table of others. #}
{% macro rsdbt_load_require_rejects(rejects) %}
  {%- set query -%}
    select pg_catalog.count(*)::pg_catalog.int8 from pg_catalog.pg_attribute
    where attrelid = {{ rsdbt_regclass(rejects) }} and attnum > 0 and not attisdropped
      and attname::pg_catalog.text in ('file', 'line', 'raw', 'column_name', 'reason', 'loaded_at')
  {%- endset -%}
  {%- if adapter.introspect(query).rows[0][0] < 6 -%}
    {{ exceptions.raise_database_error(
      'rejected lines would go to ' ~ rejects.render() ~ ', which is no table of them; nothing was loaded\nhelp: rename it, or load without `rejects`'
    ) }}
  {%- endif -%}
{% endmacro %}
