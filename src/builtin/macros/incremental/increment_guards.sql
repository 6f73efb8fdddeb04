{# What is refused before an increment begins. #}

{% macro rsdbt_check_increment(traits, existing_relation) %}
  {%- if (traits['deletes'] or not traits['adds_only']) and rsdbt_concerns_logs(existing_relation) -%}
    {%- do rsdbt_keep_consumed_rows(existing_relation) if traits['deletes'] -%}
    {%- do rsdbt_keep_staged_rows(existing_relation) if not traits['adds_only'] -%}
  {%- endif -%}
  {%- if adapter.has_memory() and not traits['remembers'] -%}
    {#- What is remembered of its periods does not hold for rows that another strategy writes. -#}
    {%- set own = 'relation = ' ~ rsdbt_regclass(existing_relation) -%}
    {#- Which intervals are built still holds. What needs no change is not locked: batches may be built side by side. -#}
    {%- do adapter.introspect(
      'with period as (delete from rsdbt.periods where ' ~ own ~ '), build as (delete from rsdbt.builds where ' ~ own
      ~ ') update rsdbt.relations set files = null, adopted = false where ' ~ own ~ ' and (files is not null or adopted)'
    ) -%}
  {%- endif -%}
{% endmacro %}

{#
  `dirty` finds periods by the inputs' event times. A query that reads by another column of the input would read other periods than
  those that changed. A column that no input has is computed by the query, and may well be the event time.
#}
{% macro rsdbt_check_event_times() %}
  {%- set inputs = rsdbt_inputs_with_event_time() if config.get('dirty') else [] -%}
  {%- set read = rsdbt_query_parts[2::3] if inputs else [] -%}
  {%- set event_times = [] -%}
  {%- set others = {} -%}
  {%- for node in inputs if read -%}
    {%- set columns = rsdbt_columns_of_input(node) -%}
    {%- set event_time = rsdbt_event_column(node, columns).name -%}
    {%- do event_times.append(event_time) -%}
    {%- for column in columns if column.name != event_time -%}
      {%- do others.update({column.name: [node, event_time]}) -%}
    {%- endfor -%}
  {%- endfor -%}
  {%- for column in read -%}
    {%- set name = rsdbt_plain_names([modules.re.split('\\.(?=[^.]*$)', column)[-1]])[0] -%}
    {%- if name in others and name not in event_times -%}
      {%- set node, event_time = others[name] -%}
      {{ exceptions.raise_compiler_error(
        "in_partitions('" ~ column ~ "'): `dirty` finds changed periods by the event_time of " ~ (node.source_name ~ '.' if node.source_name) ~ node.name ~ ', `'
        ~ event_time ~ '`, and the query reads them by `' ~ name ~ '`: changes would be missed. Nothing was changed.\nhelp: set `event_time: ' ~ name
        ~ "` for that input, or use in_partitions('" ~ event_time ~ "')"
      ) }}
    {%- endif -%}
  {%- endfor -%}
{% endmacro %}
