{# A log (staging table) belongs to the relation that consumed it first: rows that another one takes never reach it. #}

{% macro rsdbt_own_log(staging) %}
  {%- do rsdbt_memory() -%}
  {%- set log = rsdbt_relation_of(staging) -%}
  {%- do rsdbt_refuse_cascades(log, '`consume`', comes_back=false) -%}
  {%- do rsdbt_refuse_unlogged(staging, log) -%}
  {%- set consumers = rsdbt_log_consumers(log) -%}
  {%- set others = consumers | selectattr('exists') | rejectattr('is_this') | list -%}
  {%- if consumers | selectattr('is_current') | list and not others -%}
    {{ return('') }}
  {%- endif -%}
  {%- if not rsdbt_claim_log(log, this) -%}
    {%- do rsdbt_refuse_log(staging, log) -%}
  {%- endif -%}
  {%- for known in consumers if not known.exists or known.is_this and not known.is_same -%}
    {%- do exceptions.warn(
      this.identifier ~ ': the rows of ' ~ staging ~ ' that were consumed since ' ~ known.since ~ ' went into ' ~ known.schema ~ '.' ~ known.name
      ~ ', which does not exist any more; ' ~ this ~ ' gets only those that are staged now'
    ) -%}
  {%- endfor -%}
{% endmacro %}

{% macro rsdbt_refuse_log(staging, log) %}
  {%- set known = rsdbt_log_consumer(log) -%}
  {%- set owned = known.log if known else log.schema ~ '.' ~ log.identifier -%}
  {%- set shared = ' are also rows of ' ~ owned ~ ', and those' if known and not known.is_log else '' -%}
  {{ exceptions.raise_compiler_error(
    '`consume`: the rows of ' ~ staging ~ shared ~ ' belong to ' ~ (known.schema ~ '.' ~ known.name ~ ', which has consumed them since ' ~ known.since
    if known else 'another relation') ~ '; it would never see those that ' ~ this ~ ' takes. Nothing was consumed. '
    ~ 'Set `consume: false` for this target (the query then reads them and leaves them), or let ' ~ this ~ ' take over: '
    ~ "`rsdbt run-operation rsdbt_take_over_log --args '" ~ tojson({'staging': owned}) ~ "'`, then run this model first"
  ) }}
{% endmacro %}

{# After a crash of the server an unlogged table is empty, and the staged rows are gone. #}
{% macro rsdbt_refuse_unlogged(staging, log) %}
  {%- set query -%}
    select count(*) from pg_catalog.pg_class
    where oid = {{ rsdbt_regclass(this) }} and relpersistence = 'u'
      and (select relpersistence from pg_catalog.pg_class where oid = {{ rsdbt_regclass(log) }}) = 'p'
  {%- endset -%}
  {%- if adapter.introspect(query).rows[0][0] > 0 -%}
    {{ exceptions.raise_compiler_error(
      '`consume`: ' ~ this ~ ' is unlogged: a crash of the server empties it, and the rows consumed from ' ~ staging ~ ' would be gone. '
      ~ 'Nothing was consumed. Remove `unlogged: true`, and for a table that exists: `alter table ' ~ this ~ ' set logged`'
    ) }}
  {%- endif -%}
{% endmacro %}

{# The relation with this name, as the server resolves it; none if it does not exist. #}
{% macro rsdbt_relation_of(text, required=true) %}
  {%- set query -%}
    select nspname::text, relname::text
    from pg_catalog.pg_class join pg_catalog.pg_namespace on pg_namespace.oid = relnamespace
    where pg_class.oid = pg_catalog.to_regclass('{{ escape_single_quotes(text) }}')
  {%- endset -%}
  {%- for row in adapter.introspect(query).rows -%}
    {{ return(api.Relation.create(database=target.database, schema=row[0], identifier=row[1])) }}
  {%- endfor -%}
  {%- if not required -%}
    {{ return(none) }}
  {%- endif -%}
  {{ exceptions.raise_database_error('relation ' ~ text ~ ' does not exist') }}
{% endmacro %}
