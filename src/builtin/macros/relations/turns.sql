{# Which relations this run builds, and whether before or after this node. #}

{# [schema, name] as JSON of those dependents that this run builds, as the server stores the names. #}
{% macro rsdbt_built_by_this_run(dependents) %}
  {%- set wanted = {} -%}
  {%- for row in dependents if row['kind'] in ['v', 'm', 'foreign key'] -%}
    {%- do wanted.update({row['relation'] | lower: true}) -%}
  {%- endfor -%}
  {%- set built = {} -%}
  {%- for unique_id in (selected_resources if wanted else []) if unique_id in graph.nodes -%}
    {%- set node = graph.nodes[unique_id] -%}
    {%- if (node.alias or node.name) | lower in wanted and node.relation_name -%}
      {%- do built.update({rsdbt_stored_name(node.relation_name): unique_id}) -%}
    {%- endif -%}
  {%- endfor -%}
  {{ return(built) }}
{% endmacro %}

{# Of `"db"."schema"."name"`, each part quoted or not. #}
{% macro rsdbt_stored_name(relation_name) %}
  {%- set parts = [] -%}
  {%- for part in modules.re.findall('"(?:[^"]|"")*"|[^."]+', relation_name) -%}
    {%- do parts.append(part[1:-1] | replace('""', '"') if part.startswith('"') else part | lower) -%}
  {%- endfor -%}
  {{ return(tojson(parts[-2:])) }}
{% endmacro %}

{# Whether the other table of a key is built by this run, and not before this node: from it, or beside it. #}
{% macro rsdbt_key_waits_for(unique_id) %}
  {{ return(unique_id and unique_id != model.unique_id and not rsdbt_is_built_from(model.unique_id, unique_id)) }}
{% endmacro %}

{# Whether this run builds a node after this one because it depends on this one, directly or not. #}
{% macro rsdbt_comes_later(unique_id) %}
  {{ return(unique_id and rsdbt_is_built_from(unique_id, model.unique_id)) }}
{% endmacro %}

{% macro rsdbt_is_built_from(unique_id, above) %}
  {%- set open = [unique_id] -%}
  {%- set seen = {} -%}
  {%- for step in range(graph.nodes | length + 1) -%}
    {%- set node = graph.nodes.get(open.pop()) if open else none -%}
    {%- for parent in (node.depends_on.nodes if node else []) if parent not in seen -%}
      {%- if parent == above -%}{{ return(true) }}{%- endif -%}
      {%- do seen.update({parent: true}) -%}
      {%- do open.append(parent) -%}
    {%- endfor -%}
  {%- endfor -%}
  {{ return(false) }}
{% endmacro %}
