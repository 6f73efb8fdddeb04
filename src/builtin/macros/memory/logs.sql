{# Which relation consumes a log (a staging table): the first one that did, as long as both exist. #}

{# {schema, name, is_this, since} of the consumer that is known, else none. #}
{% macro rsdbt_log_consumer(log) %}
  {%- do rsdbt_memory() -%}
  {%- set query -%}
    select known.consumer_schema, known.consumer_name, coalesce(known.consumer = {{ rsdbt_regclass(this) }}, false), known.since::text
    from rsdbt.logs as known
    where known.log = {{ rsdbt_regclass(log) }} and {{ rsdbt_named('known.log', 'known.log_schema', 'known.log_name') }}
      and {{ rsdbt_named('known.consumer', 'known.consumer_schema', 'known.consumer_name') }}
  {%- endset -%}
  {%- for row in run_query(query).rows -%}
    {{ return({'schema': row[0], 'name': row[1], 'is_this': row[2], 'since': row[3]}) }}
  {%- endfor -%}
  {{ return(none) }}
{% endmacro %}

{#
  Makes `consumer` (which may be built aside of `this`) the consumer of the log unless another one is known: false then. Waits
  for a run that claims the log at the same time.
#}
{% macro rsdbt_claim_log(log, consumer) %}
  {%- if not execute -%}
    {{ return(false) }}
  {%- endif -%}
  {%- do rsdbt_memory() -%}
  {%- do run_query(
    'delete from rsdbt.logs as known where known.log = ' ~ rsdbt_regclass(log) ~ ' and not (' ~ rsdbt_named('known.log', 'known.log_schema', 'known.log_name')
    ~ ' and ' ~ rsdbt_named('known.consumer', 'known.consumer_schema', 'known.consumer_name') ~ ')'
  ) -%}
  {%- set query -%}
    insert into rsdbt.logs (log, log_schema, log_name, consumer, consumer_schema, consumer_name)
    select log.oid, namespace.nspname, log.relname, {{ rsdbt_regclass(consumer) }}, name[1]::pg_catalog.name, name[2]::pg_catalog.name
    from pg_catalog.pg_class as log
    join pg_catalog.pg_namespace as namespace on namespace.oid = log.relnamespace
    cross join pg_catalog.parse_ident('{{ escape_single_quotes(this.include(database=false).render()) }}') as name
    where log.oid = {{ rsdbt_regclass(log) }}
    on conflict (log) do nothing
  {%- endset -%}
  {%- do run_query(query) -%}
  {{ return(run_query(
    'select count(*) from rsdbt.logs where log = ' ~ rsdbt_regclass(log) ~ ' and consumer = ' ~ rsdbt_regclass(consumer)
  ).rows[0][0] > 0) }}
{% endmacro %}

{# The next consumer is free to take it. #}
{% macro rsdbt_release_log(log) %}
  {%- do rsdbt_memory() -%}
  {%- do run_query('delete from rsdbt.logs where log = ' ~ rsdbt_regclass(log)) -%}
{% endmacro %}

{# Whether an oid still belongs to that name. #}
{% macro rsdbt_named(oid, schema_name, relation_name) -%}
  exists (
    select from pg_catalog.pg_class as class join pg_catalog.pg_namespace as namespace on namespace.oid = class.relnamespace
    where class.oid = {{ oid }} and class.relname = {{ relation_name }} and namespace.nspname = {{ schema_name }}
  )
{%- endmacro %}
