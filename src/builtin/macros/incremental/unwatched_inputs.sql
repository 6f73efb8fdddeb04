{#
  `dirty` notices no change of an input without an `event_time`. One that is read by periods anyway (`in_partitions` of its column) is
  reported: a lookup is meant so, facts are not.
#}

{% macro rsdbt_warn_of_unwatched_inputs() %}
  {%- set parts = rsdbt_query_parts -%}
  {%- if not config.get('dirty') or parts | length == 1 or config.get('sql_header') -%}
    {{ return('') }}
  {%- endif -%}
  {%- set watched = rsdbt_inputs_with_event_time() | map(attribute='unique_id') | list -%}
  {%- set read = parts[2::3] | join(' ') | lower -%}
  {%- for unique_id in model.depends_on.nodes if unique_id not in watched -%}
    {%- set node = rsdbt_input(unique_id) -%}
    {%- if node and node.relation_name and node.config.get('connection') == config.get('connection') -%}
      {%- for column in rsdbt_columns_of_input(node) if column.name | lower in read and column.dtype in rsdbt_other_time_types() -%}
        {%- if rsdbt_narrows_input(node, column) -%}
          {%- set name = (node.source_name ~ '.' if node.source_name) ~ node.name -%}
          {%- do rsdbt_warn(
            name ~ ' is read by in_partitions of `' ~ column.name ~ '` and has no event_time: `dirty` does not notice its changes. Set `event_time: ' ~ column.name
            ~ '` for it, unless it is only looked up'
          ) -%}
        {%- endif -%}
      {%- endfor -%}
    {%- endif -%}
  {%- endfor -%}
{% endmacro %}

{% macro rsdbt_other_time_types() %}
  {{ return({'date': 'timestamp', 'timestamp without time zone': 'timestamptz', 'timestamp with time zone': 'timestamp'}) }}
{% endmacro %}

{# Whether a condition is on this column: then it is of another type where the column is. Nothing is run; a query that does not bear it tells nothing. #}
{% macro rsdbt_narrows_input(node, column) %}
  {%- set mark = 'rsdbt_' ~ local_md5(node.unique_id) -%}
  {%- set compared = [rsdbt_query_parts[0]] -%}
  {%- for at in rsdbt_query_parts[2::3] -%}
    {%- do compared.append('(' ~ at ~ ' = $' ~ loop.index ~ ')' ~ rsdbt_query_parts[loop.index0 * 3 + 3]) -%}
  {%- endfor -%}
  {%- set restricted = adapter.rsdbt_restrict_query(compared | join, {node.relation_name: mark}) -%}
  {%- if restricted['refusal'] or not restricted['query'] -%}
    {{ return(false) }}
  {%- endif -%}
  {%- set columns = [] -%}
  {%- for other in rsdbt_columns_of_input(node) -%}
    {%- do columns.append(other.quoted ~ ('::' ~ rsdbt_other_time_types()[column.dtype] ~ ' as ' ~ other.quoted if other.name == column.name else '')) -%}
  {%- endfor -%}
  {%- set retyped = modules.re.sub('\\(select \\* from ([^()]+) where ' ~ mark ~ '\\)', '(select ' ~ columns | join(', ') | replace('\\', '\\\\') ~ ' from \\1)', restricted['query']) -%}
  {%- set types = rsdbt_parameter_types(retyped, rsdbt_query_parts[2::3] | length, ['42883', '42804', '42P01', '42703', '42803', '42P18', '42725', '42846', '42601', '0A000']) -%}
  {{ return(types and types != rsdbt_parameter_types(compared | join, types | length)) }}
{% endmacro %}
