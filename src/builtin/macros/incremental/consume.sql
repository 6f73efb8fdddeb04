{#
  `consume: true`: the model reads its staging table by deleting from it, in one statement. A row is applied exactly
  when it is deleted; rows that arrive meanwhile stay for the next run, and a failure puts everything back.
#}

{# The query that reads the rows taken away, and what takes them. #}
{% macro rsdbt_consuming(query) %}
  {%- set consume = config.get('consume') -%}
  {%- if not consume or flags.EMPTY or flags.SAMPLE -%}
    {{ return({'query': query, 'beside': []}) }}
  {%- endif -%}
  {%- set staging = consume if consume is string else rsdbt_only_input(query) -%}
  {%- if staging not in query -%}
    {{ exceptions.raise_compiler_error('`consume`: the model does not read ' ~ staging) }}
  {%- endif -%}
  {{ return({
    'query': query | replace(staging, 'rsdbt_taken'), 'beside': ['rsdbt_taken as (delete from ' ~ staging ~ ' returning *)'],
  }) }}
{% endmacro %}

{# The one source or model that the query reads, as it is printed there. #}
{% macro rsdbt_only_input(query) %}
  {%- set inputs = [] -%}
  {%- for unique_id in model.depends_on.nodes -%}
    {%- set node = graph.sources.get(unique_id) or graph.nodes.get(unique_id) -%}
    {%- if node.relation_name and node.relation_name in query -%}
      {%- do inputs.append(node.relation_name) -%}
    {%- endif -%}
  {%- endfor -%}
  {%- if inputs | length != 1 -%}
    {{ exceptions.raise_compiler_error(
      '`consume: true` needs a model with one input; name the staging table instead: `consume: "schema.table"`'
    ) }}
  {%- endif -%}
  {{ return(inputs[0]) }}
{% endmacro %}
