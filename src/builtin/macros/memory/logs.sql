{#
  Which relation consumes a log (a staging table): the first one that did. The rows of a partition, or of a child, are rows of its parents,
  too. A log that is made anew under its name, or renamed, is still the same one, and so is a consumer that is made anew.
#}

{# [{log, schema, name, since, is_this, exists, is_log, is_same, is_current}] of the log and of all that share rows with it. #}
{% macro rsdbt_log_consumers(log) %}
  {%- do rsdbt_memory() -%}
  {%- set me = this if this is defined and this else log -%}
  {%- set family = rsdbt_log_family_sql(log) -%}
  {%- set query -%}
    select
      pg_catalog.format('%I.%I', known.log_schema, known.log_name), known.consumer_schema, known.consumer_name, known.since::pg_catalog.text,
      known.consumer_schema = consumer.name[1] and known.consumer_name = consumer.name[2], {{ rsdbt_exists_named('known.consumer_schema', 'known.consumer_name') }},
      known.log = {{ rsdbt_regclass(log) }}::pg_catalog.oid or array[known.log_schema, known.log_name] = {{ rsdbt_name_parts_sql(log) }},
      {{ rsdbt_named('known.consumer', 'known.consumer_schema', 'known.consumer_name') }},
      known.log = {{ rsdbt_regclass(log) }}::pg_catalog.oid and {{ rsdbt_named('known.log', 'known.log_schema', 'known.log_name') }}
        and known.consumer = {{ rsdbt_regclass(me) }}::pg_catalog.oid
        and {{ rsdbt_named('known.consumer', 'known.consumer_schema', 'known.consumer_name') }}
    from rsdbt.logs as known
    cross join {{ rsdbt_name_parts_sql(me) }} as consumer (name)
    where known.log in (select id from ({{ family }}) as family)
      or (known.log_schema, known.log_name) in (select schema_name, relation_name from ({{ family }}) as family)
    order by known.since, known.log
  {%- endset -%}
  {%- set consumers = [] -%}
  {%- for row in adapter.introspect(query).rows -%}
    {%- do consumers.append({
      'log': row[0], 'schema': row[1], 'name': row[2], 'since': row[3], 'is_this': row[4], 'exists': row[5], 'is_log': row[6],
      'is_same': row[7], 'is_current': row[8],
    }) -%}
  {%- endfor -%}
  {{ return(consumers) }}
{% endmacro %}

{# The one that is known, else none; another one than `this` first. #}
{% macro rsdbt_log_consumer(log) %}
  {%- set consumers = rsdbt_log_consumers(log) | selectattr('exists') | list -%}
  {{ return((consumers | rejectattr('is_this') | list + consumers + [none])[0]) }}
{% endmacro %}

{#
  Makes `consumer` (which may be built aside of `this`) the consumer of the log unless another one is known: false then. Waits
  for a run that claims the log, or one that shares rows with it, at the same time.
#}
{% macro rsdbt_claim_log(log, consumer) %}
  {%- if not execute -%}
    {{ return(false) }}
  {%- endif -%}
  {%- do rsdbt_memory() -%}
  {%- do rsdbt_lock_log_family(log) -%}
  {%- if rsdbt_log_consumers(log) | selectattr('exists') | rejectattr('is_this') | list -%}
    {{ return(false) }}
  {%- endif -%}
  {%- do rsdbt_release_log(log) -%}
  {%- set query -%}
    insert into rsdbt.logs (log, log_schema, log_name, consumer, consumer_schema, consumer_name)
    select log.oid, namespace.nspname, log.relname, {{ rsdbt_regclass(consumer) }}, name[1]::pg_catalog.name, name[2]::pg_catalog.name
    from pg_catalog.pg_class as log
    join pg_catalog.pg_namespace as namespace on namespace.oid = log.relnamespace
    cross join {{ rsdbt_name_parts_sql(this) }} as name
    where log.oid = {{ rsdbt_regclass(log) }}
    on conflict (log) do nothing
  {%- endset -%}
  {%- do adapter.introspect(query) -%}
  {{ return(adapter.introspect(
    'select count(*) from rsdbt.logs where log = ' ~ rsdbt_regclass(log) ~ ' and consumer = ' ~ rsdbt_regclass(consumer)
  ).rows[0][0] > 0) }}
{% endmacro %}

{# The next consumer is free to take it. #}
{% macro rsdbt_release_log(log) %}
  {%- do rsdbt_memory() -%}
  {%- do adapter.introspect(
    'delete from rsdbt.logs as known where known.log = ' ~ rsdbt_regclass(log) ~ '::pg_catalog.oid or array[known.log_schema, known.log_name] = '
    ~ rsdbt_name_parts_sql(log)
  ) -%}
{% endmacro %}
