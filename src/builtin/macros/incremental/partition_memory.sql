{# Where fingerprints are kept, and how a row is hashed. #}

{% macro rsdbt_columns_of_input(node) %}
  {%- set relation = api.Relation.create(database=node.database, schema=node.schema, identifier=node.identifier or node.alias) -%}
  {{ return(adapter.get_columns_in_relation(relation)) }}
{% endmacro %}

{# Twice as fast as the hash of the record. A column of another type is hashed by its text. #}
{% macro rsdbt_row_hash(columns) %}
  {%- set hashes = {
    'smallint': 'hashint2extended', 'integer': 'hashint4extended', 'bigint': 'hashint8extended',
    'numeric': 'hash_numeric_extended', 'text': 'hashtextextended', 'character varying': 'hashtextextended',
    'timestamp without time zone': 'timestamp_hash_extended', 'uuid': 'uuid_hash_extended',
  } -%}
  {%- set parts = [] -%}
  {%- for column in columns -%}
    {%- set value = 'input.' ~ column.quoted ~ ('' if column.dtype in hashes else '::text') -%}
    {%- do parts.append('coalesce(' ~ hashes.get(column.dtype, 'hashtextextended') ~ '(' ~ value ~ ', ' ~ loop.index ~ '), ' ~ loop.index ~ ')') -%}
  {%- endfor -%}
  {{ return(parts | join(' # ')) }}
{% endmacro %}

{# A date has no hour to compare with the edge of a window. #}
{% macro rsdbt_event_moment(node, columns) %}
  {%- set event_time = node.config.get('event_time') -%}
  {%- for column in columns if column.name | lower == event_time | replace('"', '') | lower and column.dtype == 'date' -%}
    {{ return('(input.' ~ event_time ~ ')::timestamp') }}
  {%- endfor -%}
  {{ return('input.' ~ event_time) }}
{% endmacro %}

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
