{# Tombstones that nobody needs any more. #}

{# What is known of tables that are gone or renamed. #}
{% macro rsdbt_forget_lost_tombstones_sql() -%}
  delete from rsdbt.tombstones
  where tombstones in (
    select lost.tombstones
    from rsdbt.tombstones as lost
    where not {{ rsdbt_named('lost.tombstones', 'lost.schema_name', 'lost.tombstones_name') }}
    for update skip locked
  )
{%- endmacro %}

{# A table that is built anew begins without. #}
{% macro rsdbt_drop_tombstones() %}
  {%- if config.get('delete_when') and config.get('unique_key') and config.get('updated_at') -%}
    {%- do rsdbt_memory() -%}
    {%- set tombstones = make_relation_with_suffix(this.incorporate(type='table'), '__tombstones') -%}
    {%- do rsdbt_refuse_table_of_others(tombstones, rsdbt_listed(config.get('unique_key'))) -%}
    {%- do run_query('drop table if exists ' ~ tombstones) -%}
  {%- endif -%}
{% endmacro %}

{#
  `tombstone_retention: 90 days`: older ones are deleted; without it they are kept for ever, because nobody but the user knows how late a
  row may arrive. A statement, or nothing.
#}
{% macro rsdbt_outlived_tombstones_sql(tombstones, dest_columns) -%}
  {%- set retention = config.get('tombstone_retention') -%}
  {%- if retention -%}
    {%- set updated_at = config.get('updated_at') -%}
    {%- set meant = rsdbt_columns_meant(updated_at, dest_columns | map(attribute='name') | list) -%}
    {%- set types = dest_columns | selectattr('name', 'in', meant) | map(attribute='dtype') | list -%}
    {%- if not types or types[0] not in ['date', 'timestamp without time zone', 'timestamp with time zone'] -%}
      {{ exceptions.raise_compiler_error('`tombstone_retention` needs an `updated_at` of type timestamp or date, and `' ~ updated_at ~ '` is ' ~ (types or ['missing'])[0]) }}
    {%- endif -%}
    {%- set now = "timestamp with time zone '" ~ run_started_at.isoformat() ~ "'" -%}
    delete from {{ tombstones }}
    where {{ updated_at }} < {{ now if types[0] == 'timestamp with time zone' else '(' ~ now ~ " at time zone 'UTC')" }} - interval '{{ escape_single_quotes(retention) }}';
  {% endif -%}
{%- endmacro %}
