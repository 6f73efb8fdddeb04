{# Logs that share rows: a table, what inherits from it, and all parents of these. And names as the memory keeps them. #}

{#
  (id, schema_name, relation_name), the log itself included. Most logs are alone: only for others is the server asked for a
  recursion, for which it sets aside memory by the number of all partitions there are.
#}
{% macro rsdbt_log_family_sql(log) -%}
  {%- set id = rsdbt_regclass(log) ~ '::pg_catalog.oid' -%}
  {%- if execute and adapter.introspect('select exists (select from pg_catalog.pg_inherits where inhrelid = ' ~ id ~ ' or inhparent = ' ~ id ~ ')').rows[0][0] -%}
  with recursive part (id) as (
    select {{ id }}
    union
    select link.inhrelid from pg_catalog.pg_inherits as link join part on link.inhparent = part.id
  ), member (id) as (
    select part.id from part
    union
    select link.inhparent from pg_catalog.pg_inherits as link join member on link.inhrelid = member.id
  )
  {%- else -%}
  with member (id) as (select {{ id }})
  {%- endif %}
  select member.id, namespace.nspname::pg_catalog.text as schema_name, class.relname::pg_catalog.text as relation_name
  from member
  join pg_catalog.pg_class as class on class.oid = member.id
  join pg_catalog.pg_namespace as namespace on namespace.oid = class.relnamespace
{%- endmacro %}

{# False of a relation that has consumed no log, is none and shares rows with none. #}
{% macro rsdbt_concerns_logs(relation) %}
  {%- if not execute or not adapter.has_memory() -%}
    {{ return(false) }}
  {%- endif -%}
  {%- set id = rsdbt_regclass(relation) ~ '::pg_catalog.oid' -%}
  {%- set query -%}
    select exists (
      select from rsdbt.logs as known
      where known.consumer = {{ id }} or known.log = {{ id }} or array[known.log_schema, known.log_name] = {{ rsdbt_name_parts_sql(relation) }}
        or exists (select from pg_catalog.pg_inherits where inhrelid = {{ id }} or inhparent = {{ id }})
    )
  {%- endset -%}
  {{ return(adapter.introspect(query).rows[0][0]) }}
{% endmacro %}

{# Logs that share rows have a topmost parent in common: that one is locked until the transaction ends. #}
{% macro rsdbt_lock_log_family(log) %}
  {%- set query -%}
    select pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('rsdbt log ' || topmost.id::pg_catalog.text, 0))
    from (
      select family.id
      from ({{ rsdbt_log_family_sql(log) }}) as family
      where not exists (select from pg_catalog.pg_inherits as link where link.inhrelid = family.id)
      order by family.id
      offset 0
    ) as topmost
  {%- endset -%}
  {%- do adapter.introspect(query) -%}
{% endmacro %}

{# text[]: schema and name of a relation. #}
{% macro rsdbt_name_parts_sql(relation) -%}
  pg_catalog.parse_ident('{{ escape_single_quotes(relation.include(database=false).render()) }}')
{%- endmacro %}

{# Whether a relation of that name exists. #}
{% macro rsdbt_exists_named(schema_name, relation_name) -%}
  exists (
    select from pg_catalog.pg_class as class join pg_catalog.pg_namespace as namespace on namespace.oid = class.relnamespace
    where class.relname = {{ relation_name }}::pg_catalog.name and namespace.nspname = {{ schema_name }}::pg_catalog.name
  )
{%- endmacro %}

{# Whether an oid still belongs to that name. #}
{% macro rsdbt_named(oid, schema_name, relation_name) -%}
  exists (
    select from pg_catalog.pg_class as class join pg_catalog.pg_namespace as namespace on namespace.oid = class.relnamespace
    where class.oid = {{ oid }} and class.relname = {{ relation_name }} and namespace.nspname = {{ schema_name }}
  )
{%- endmacro %}
