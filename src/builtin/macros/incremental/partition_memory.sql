{# Where fingerprints are kept, and how a row is hashed. #}

{# Twice as fast as its text; a few types have no hash. #}
{% macro rsdbt_row_hash(node) %}
  {%- set relation = api.Relation.create(database=node.database, schema=node.schema, identifier=node.identifier or node.alias) -%}
  {%- for column in adapter.get_columns_in_relation(relation) if column.dtype in ['json', 'xml', 'point', 'box', 'polygon', 'path', 'line', 'lseg', 'circle'] -%}
    {{ return('hashtextextended(input::text, 0)') }}
  {%- endfor -%}
  {{ return('hash_record_extended(input, 0)') }}
{% endmacro %}

{# `horizon: 90`: older periods are taken as they are. #}
{% macro rsdbt_within_horizon(local_time) -%}
  {%- set by = rsdbt_partitioning() -%}
  {%- if config.get('horizon') is not none -%}
    and {{ local_time }} >= date_trunc('{{ by.granularity }}', now() at time zone '{{ by.time_zone }}') - {{ config.get('horizon') }} * interval '1 {{ by.granularity }}'
  {%- endif -%}
{%- endmacro %}

{% macro rsdbt_model_literal() %}
  {{ return("'" ~ escape_single_quotes(this.render()) ~ "'") }}
{% endmacro %}

{% macro rsdbt_fingerprint_store() %}
  {%- set schema = adapter.quote(target.schema ~ '_rsdbt') -%}
  {%- set store = schema ~ '.partition_fingerprints' -%}
  {%- if not run_query("select to_regclass('" ~ escape_single_quotes(store) ~ "') is not null").rows[0][0] -%}
    {#- `if not exists` alone lets two sessions collide. -#}
    {%- do run_query("select pg_advisory_xact_lock(hashtextextended('rsdbt store', 0))") -%}
    {%- do run_query('create schema if not exists ' ~ schema) -%}
    {%- do run_query(
      'create table if not exists ' ~ store ~ ' (model text, input text, period timestamp, row_count bigint, checksum numeric, '
      ~ 'primary key (model, input, period))'
    ) -%}
  {%- endif -%}
  {{ return(store) }}
{% endmacro %}
