{# A log (staging table) belongs to the relation that consumed it first: rows that another one takes never reach it. #}

{% macro rsdbt_own_log(staging) %}
  {%- do rsdbt_memory() -%}
  {%- set log = rsdbt_relation_of(staging) -%}
  {%- do rsdbt_refuse_cascades(log, '`consume`', comes_back=false) -%}
  {%- set query -%}
    select
      known.consumer_schema, known.consumer_name, known.since::text, coalesce(known.consumer = {{ rsdbt_regclass(this) }}, false),
      {{ rsdbt_named('known.log', 'known.log_schema', 'known.log_name') }},
      {{ rsdbt_named('known.consumer', 'known.consumer_schema', 'known.consumer_name') }}
    from rsdbt.logs as known
    where known.log = {{ rsdbt_regclass(log) }}
  {%- endset -%}
  {%- for schema, name, since, is_this, log_is_named, consumer_is_named in run_query(query) if log_is_named -%}
    {%- if consumer_is_named and is_this -%}
      {{ return('') }}
    {%- elif not consumer_is_named and not is_this -%}
      {%- do exceptions.warn(
        this.identifier ~ ': the rows of ' ~ staging ~ ' that were consumed since ' ~ since ~ ' went into ' ~ schema ~ '.' ~ name
        ~ ', which does not exist any more; ' ~ this ~ ' gets only those that are staged now'
      ) -%}
    {%- endif -%}
  {%- endfor -%}
  {%- if not rsdbt_claim_log(log, this) -%}
    {%- set known = rsdbt_log_consumer(log) -%}
    {{ exceptions.raise_compiler_error(
      '`consume`: the rows of ' ~ staging ~ ' belong to ' ~ (known.schema ~ '.' ~ known.name ~ ', which has consumed them since ' ~ known.since
      if known else 'another relation') ~ '; it would never see those that ' ~ this ~ ' takes. Nothing was consumed. '
      ~ 'Set `consume: false` for this target (the query then reads them and leaves them), or let ' ~ this ~ ' take over: '
      ~ "`rsdbt run-operation rsdbt_take_over_log --args '" ~ tojson({'staging': log.schema ~ '.' ~ log.identifier}) ~ "'`, then run this model first"
    ) }}
  {%- endif -%}
{% endmacro %}

{# The relation that a text names, as the server reads it. #}
{% macro rsdbt_relation_of(text) %}
  {%- set query -%}
    select nspname::text, relname::text
    from pg_catalog.pg_class join pg_catalog.pg_namespace on pg_namespace.oid = relnamespace
    where pg_class.oid = pg_catalog.to_regclass('{{ escape_single_quotes(text) }}')
  {%- endset -%}
  {%- for row in run_query(query).rows -%}
    {{ return(api.Relation.create(database=target.database, schema=row[0], identifier=row[1])) }}
  {%- endfor -%}
  {{ exceptions.raise_database_error('relation ' ~ text ~ ' does not exist') }}
{% endmacro %}

{# For `rsdbt run-operation`: the next model that consumes the log owns it. #}
{% macro rsdbt_take_over_log(staging) %}
  {%- do rsdbt_memory() -%}
  {%- set log_relation = rsdbt_relation_of(staging if '.' in staging else adapter.quote(target.schema) ~ '.' ~ staging) -%}
  {%- set query -%}
    select consumer_schema || '.' || consumer_name from rsdbt.logs where log = {{ rsdbt_regclass(log_relation) }}
  {%- endset -%}
  {%- set consumers = run_query(query).rows -%}
  {%- if not consumers -%}
    {%- do log(staging ~ ' belongs to no relation: the next model that consumes it owns it', info=true) -%}
    {{ return('') }}
  {%- endif -%}
  {%- do rsdbt_release_log(log_relation) -%}
  {%- if run_query(query).rows -%}
    {%- do exceptions.raise_database_error('only the owners of ' ~ staging ~ ' and of ' ~ consumers[0][0] ~ ' may do this') -%}
  {%- endif -%}
  {%- do run_query('commit') -%}
  {%- do log(staging ~ ' no longer belongs to ' ~ consumers[0][0] ~ ': the next model that consumes it owns it', info=true) -%}
{% endmacro %}
