{# Which intervals of an incremental relation are built: noted in the transaction of the work. Works, and knows nothing, where there can be no memory. #}

{# `code`: of what the relation is built from. What lies within the interval needs no row of its own. `once`: its rows must not be there twice. #}
{% macro rsdbt_note_built(interval_start, interval_end, code, once=false) %}
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
  {%- set within = "interval_start < '" ~ interval_end ~ "+00' and interval_end > '" ~ interval_start ~ "+00'" -%}
  {%- if once and adapter.introspect('select from rsdbt.built where relation = ' ~ oid ~ ' and ' ~ within ~ ' limit 1').rows -%}
    {{ exceptions.raise_database_error(
      'another run has added rows of ' ~ interval_start ~ ' .. ' ~ interval_end ~ ' to ' ~ this.render() ~ ' meanwhile: nothing was added again\nhelp: try again, what is left is added then'
    ) }}
  {%- endif -%}
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

{# What is noted of rows that somebody has removed, all of them. From a log, another model has consumed them. #}
{% macro rsdbt_forget_built_of_emptied() %}
  {%- if execute and adapter.has_memory() and rsdbt_load_kind(this) is not none -%}
    {%- set own = 'select from rsdbt.built where relation = ' ~ rsdbt_regclass(this) -%}
    {%- set is_log = 'select from rsdbt.logs where log = ' ~ rsdbt_regclass(this) ~ '::pg_catalog.oid limit 1' -%}
    {%- if adapter.introspect(own ~ ' limit 1').rows and not adapter.introspect(is_log).rows and not adapter.introspect('select from ' ~ this ~ ' limit 1').rows -%}
      {%- do adapter.introspect('delete from rsdbt.built where relation = ' ~ rsdbt_regclass(this)) -%}
    {%- endif -%}
  {%- endif -%}
{% endmacro %}
