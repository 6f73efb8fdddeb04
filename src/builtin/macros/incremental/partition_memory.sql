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

{# A date is a day of the calendar, in whatever time zone that is. #}
{% macro rsdbt_event_kind(node, columns) %}
  {%- set event_time = node.config.get('event_time') | replace('"', '') | lower -%}
  {%- for column in columns if column.name | lower == event_time and column.dtype == 'date' -%}
    {{ return('date') }}
  {%- endfor -%}
  {{ return('instant') }}
{% endmacro %}

{# The event time of an input, and a date. #}
{% macro rsdbt_is_date_of_input(column) %}
  {%- for unique_id in model.depends_on.nodes -%}
    {%- set node = graph.sources.get(unique_id) or graph.nodes.get(unique_id) -%}
    {%- if (node.config.get('event_time') or '') | replace('"', '') | lower == column.split('.')[-1] | replace('"', '') | lower -%}
      {{ return(rsdbt_event_kind(node, rsdbt_columns_of_input(node)) == 'date') }}
    {%- endif -%}
  {%- endfor -%}
  {{ return(false) }}
{% endmacro %}

{% macro rsdbt_model_literal() %}
  {{ return("'" ~ escape_single_quotes(this.render()) ~ "'") }}
{% endmacro %}

{% macro rsdbt_fingerprint_store() %}
  {%- set schema = target.schema ~ '_rsdbt' -%}
  {%- set store = adapter.quote(schema) ~ '.partition_fingerprints' -%}
  {%- if not rsdbt_store_exists(schema)['table'] -%}
    {#- `if not exists` alone lets two sessions collide. -#}
    {%- do run_query("select pg_advisory_xact_lock(hashtextextended('rsdbt store', 0))") -%}
    {%- set exists = rsdbt_store_exists(schema) -%}
    {%- if not exists['schema'] -%}
      {%- do run_query('create schema ' ~ adapter.quote(schema)) -%}
    {%- endif -%}
    {%- if not exists['table'] -%}
      {%- do run_query(
        'create table ' ~ store ~ ' (model text, input text, period timestamp, row_count bigint, checksum numeric, '
        ~ 'primary key (model, input, period))'
      ) -%}
    {%- endif -%}
  {%- endif -%}
  {{ return(store) }}
{% endmacro %}

{# Asked of the catalog's rows: what a session once looked up by name and did not find, it goes on not to find. #}
{% macro rsdbt_store_exists(schema) %}
  {%- set row = run_query(
    "select count(distinct namespace.oid), count(class.oid) from pg_catalog.pg_namespace as namespace left join pg_catalog.pg_class as class"
    ~ " on relnamespace = namespace.oid and relname = 'partition_fingerprints' where nspname = '" ~ escape_single_quotes(schema) ~ "'"
  ).rows[0] -%}
  {{ return({'schema': row[0] > 0, 'table': row[1] > 0}) }}
{% endmacro %}
