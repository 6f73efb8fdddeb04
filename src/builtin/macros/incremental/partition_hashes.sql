{# How a row of an input is hashed, and what its event time is. #}

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
