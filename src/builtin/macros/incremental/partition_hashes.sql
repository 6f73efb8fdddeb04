{# The checksum of the rows of an input. #}

{% macro rsdbt_columns_of_input(node) %}
  {%- set relation = api.Relation.create(database=node.database, schema=node.schema, identifier=node.identifier or node.alias) -%}
  {{ return(adapter.rsdbt_columns_of_input(relation)) }}
{% endmacro %}

{#
  The columns' hashes, each with a seed of its own. The sum over rows must not be taken of these: rows that swap values
  have the same sum. See rsdbt_mixed_hash. Twice as fast as the hash of the record. `nulls`: another hash of NULL.
#}
{% macro rsdbt_row_hash(columns, nulls=none) %}
  {%- set hashes = {
    'smallint': 'hashint2extended', 'integer': 'hashint4extended', 'real': 'hashfloat4extended', 'double precision': 'hashfloat8extended',
    'timestamp without time zone': 'timestamp_hash_extended', 'uuid': 'uuid_hash_extended',
  } -%}
  {%- set parts = [] -%}
  {%- for column in columns -%}
    {%- set value = 'input.' ~ column.quoted -%}
    {%- set seed = loop.index -%}
    {%- if column.dtype == 'numeric' -%}
      {%- do parts.append(rsdbt_numeric_hash(value, seed, nulls or rsdbt_null_hash(seed))) -%}
    {%- else -%}
      {%- if column.dtype == 'bigint' -%}
        {#- hashint8 folds its argument to 32 bits, the seed has 64. -#}
        {%- set hash = 'hashint8extended(' ~ value ~ ', ' ~ value ~ ' # ' ~ seed ~ '::pg_catalog.int8)' -%}
      {%- elif column.dtype == 'timestamp with time zone' -%}
        {%- set hash = 'timestamp_hash_extended(' ~ value ~ " at time zone 'UTC', " ~ seed ~ ')' -%}
      {%- elif column.dtype in hashes -%}
        {%- set hash = hashes[column.dtype] ~ '(' ~ value ~ ', ' ~ seed ~ ')' -%}
      {%- else -%}
        {%- set text = value if column.dtype in ['text', 'character varying'] else value ~ '::text' -%}
        {%- set hash = 'hashtextextended(' ~ text ~ ' collate "C", ' ~ seed ~ ')' -%}
      {%- endif -%}
      {%- do parts.append('coalesce(pg_catalog.' ~ hash ~ ', ' ~ (nulls or rsdbt_null_hash(seed)) ~ ')') -%}
    {%- endif -%}
  {%- endfor -%}
  {{ return(parts | join(' # ')) }}
{% endmacro %}

{# The server's hash has no sign, and gives the seed for NaN and infinities. #}
{% macro rsdbt_numeric_hash(value, seed, nulls) -%}
  coalesce(nullif(pg_catalog.hash_numeric_extended({{ value }}, case when {{ value }} < 0::pg_catalog.numeric then -{{ seed }} else {{ seed }} end), {{ seed }}),
    pg_catalog.hashtextextended({{ value }}::text collate "C", {{ seed }}), {{ nulls }})
{%- endmacro %}

{# A constant to the planner. #}
{% macro rsdbt_null_hash(seed) -%}
  pg_catalog.hashint4extended({{ seed }}, 0)
{%- endmacro %}

{# Of a row's hash, to be summed: all of its bits count, and no two rows cancel. #}
{% macro rsdbt_mixed_hash(hash) -%}
  pg_catalog.hashint8extended({{ hash }}, {{ hash }})
{%- endmacro %}

{#
  Added to each checksum: by another calendar every period is another one, even with the same rows, and so it is where the columns have
  other names, which the query reads them by.
#}
{% macro rsdbt_calendar_hash(columns) %}
  {%- set by = rsdbt_partitioning() -%}
  {%- set names = columns | map(attribute='quoted') | join(',') -%}
  {%- set meaning = by.granularity ~ ' ' ~ by.time_zone ~ (' local' if by.local) ~ ' ' ~ names -%}
  {{ return(" + pg_catalog.hashtextextended('" ~ escape_single_quotes(meaning) ~ "', 0)::numeric") }}
{% endmacro %}
