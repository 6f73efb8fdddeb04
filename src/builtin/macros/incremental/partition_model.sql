{# The model whose periods it is about: the one that is built, or the one that a test is attached to. #}

{% macro rsdbt_overwritten_model() %}
  {{ return(graph.nodes[model.attached_node] if model.resource_type == 'test' else model) }}
{% endmacro %}

{% macro rsdbt_overwritten_relation() %}
  {%- set node = rsdbt_overwritten_model() -%}
  {{ return(this if model.resource_type != 'test' else api.Relation.create(database=node.database, schema=node.schema, identifier=node.alias)) }}
{% endmacro %}

{# Those that live where the model does and have rows of their own. #}
{% macro rsdbt_inputs_with_event_time() %}
  {%- set inputs = [] -%}
  {%- set home = rsdbt_overwritten_model().config.get('connection') -%}
  {%- for unique_id in rsdbt_overwritten_model().depends_on.nodes -%}
    {%- set node = rsdbt_input(unique_id) -%}
    {%- if node and node.config.get('event_time') and node.config.get('connection') == home -%}
      {%- if node.relation_name -%}
        {%- do inputs.append(node) -%}
      {%- elif rsdbt_overwritten_model().config.get('dirty') -%}
        {{ exceptions.raise_compiler_error(
          '`dirty` cannot find changed periods by the event_time of ' ~ node.name ~ ': an ephemeral model has no rows of its own\nhelp: make it a view, or read what it reads'
        ) }}
      {%- endif -%}
    {%- endif -%}
  {%- endfor -%}
  {{ return(inputs) }}
{% endmacro %}

{# The config, complete and checked. #}
{% macro rsdbt_partitioning() %}
  {%- set given = (config.get('partition_by') if model.resource_type != 'test' else rsdbt_overwritten_model().config.get('partition_by')) or {} -%}
  {%- set granularity = (given.get('granularity') if given is mapping) or 'day' -%}
  {%- set is_known = granularity in ['hour', 'day', 'week', 'month'] -%}
  {%- if given is not mapping or not given.get('field') or not is_known -%}
    {{ exceptions.raise_compiler_error(
      ('partition_by: `' ~ granularity ~ '` is not a valid granularity\nhelp: ' if not is_known)
      ~ 'incremental_strategy `partition_overwrite` needs `partition_by: {field: .., granularity: hour | day | week | month}`'
    ) }}
  {%- endif -%}
  {{ return({
    'field': rsdbt_quoted_name(given['field']), 'granularity': granularity, 'time_zone': given.get('time_zone') or 'UTC',
    'local': given.get('local') or false, 'independent': given.get('independent') or false,
  }) }}
{% endmacro %}

{# As the server reads a name that stands without quotes. #}
{% macro rsdbt_quoted_name(name) %}
  {{ return(name if name.startswith('"') else adapter.quote(name | lower)) }}
{% endmacro %}

{# How the field tells its period: `date` and `local` by the calendar of the time zone, `instant` in UTC. #}
{% macro rsdbt_field_kind(columns) %}
  {{ return('date' if rsdbt_field_column(columns).dtype == 'date' else 'local' if rsdbt_partitioning().local else 'instant') }}
{% endmacro %}

{% macro rsdbt_field_column(columns) %}
  {%- set field = rsdbt_partitioning().field -%}
  {%- for column in columns if column.quoted == field -%}
    {%- if column.dtype != 'date' and not column.dtype.startswith('timestamp') -%}
      {{ exceptions.raise_compiler_error('partition_by: the column `' ~ field[1:-1] ~ '` is of type ' ~ column.dtype ~ ', not a date or timestamp') }}
    {%- endif -%}
    {{ return(column) }}
  {%- endfor -%}
  {{ exceptions.raise_compiler_error('partition_by: the model has no column `' ~ field[1:-1] ~ '`') }}
{% endmacro %}
