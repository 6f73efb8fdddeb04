{# Where fingerprints are kept, and how a row is hashed. #}

{% macro rsdbt_columns_of_input(node) %}
  {%- set relation = api.Relation.create(database=node.database, schema=node.schema, identifier=node.identifier or node.alias) -%}
  {{ return(adapter.get_columns_in_relation(relation)) }}
{% endmacro %}

{# Twice as fast as its text; a few types have no hash. #}
{% macro rsdbt_row_hash(columns) %}
  {%- for column in columns if column.dtype in ['json', 'xml', 'point', 'box', 'polygon', 'path', 'line', 'lseg', 'circle'] -%}
    {{ return('hashtextextended(input::text, 0)') }}
  {%- endfor -%}
  {{ return('hash_record_extended(input, 0)') }}
{% endmacro %}

{# A date has no hour to compare with the edge of a window. #}
{% macro rsdbt_event_moment(node, columns) %}
  {%- set event_time = node.config.get('event_time') -%}
  {%- for column in columns if column.name | lower == event_time | replace('"', '') | lower and column.dtype == 'date' -%}
    {{ return('(input.' ~ event_time ~ ')::timestamp') }}
  {%- endfor -%}
  {{ return('input.' ~ event_time) }}
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
