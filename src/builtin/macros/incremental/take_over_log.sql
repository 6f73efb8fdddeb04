{# For `rsdbt run-operation`: the next model that consumes the log owns it. The log itself may be gone. #}

{% macro rsdbt_take_over_log(staging) %}
  {%- do rsdbt_memory() -%}
  {%- set staged = staging if '.' in staging else adapter.quote(target.schema) ~ '.' ~ staging -%}
  {%- set named = "array[log_schema, log_name] = pg_catalog.parse_ident('" ~ escape_single_quotes(staged) ~ "')" -%}
  {%- set query -%}
    select consumer_schema || '.' || consumer_name from rsdbt.logs
    where {{ named }} or log = pg_catalog.to_regclass('{{ escape_single_quotes(staged) }}')::pg_catalog.oid
  {%- endset -%}
  {%- set consumers = adapter.introspect(query).rows -%}
  {%- set log_relation = rsdbt_relation_of(staged, required=not consumers) -%}
  {%- if not consumers -%}
    {%- set sharing = rsdbt_log_consumers(log_relation) | selectattr('exists') | list -%}
    {%- do log(staging ~ ' belongs to no relation: the next model that consumes it owns it' if not sharing else
      staging ~ ' belongs to no relation itself; its rows are also rows of ' ~ sharing[0].log ~ ', which belongs to ' ~ sharing[0].schema ~ '.' ~ sharing[0].name
      ~ ': pass ' ~ sharing[0].log ~ ' to free that', info=true) -%}
    {{ return('') }}
  {%- endif -%}
  {%- if log_relation is none -%}
    {%- do adapter.introspect('delete from rsdbt.logs where ' ~ named) -%}
  {%- else -%}
    {%- do rsdbt_release_log(log_relation) -%}
  {%- endif -%}
  {%- if adapter.introspect(query).rows -%}
    {%- do exceptions.raise_database_error('only the owners of ' ~ staging ~ ' and of ' ~ consumers[0][0] ~ ' may do this') -%}
  {%- endif -%}
  {%- do run_query('commit') -%}
  {%- do log(staging ~ ' no longer belongs to ' ~ consumers[0][0] ~ ': the next model that consumes it owns it', info=true) -%}
{% endmacro %}
