{#
  Dependents are locked newest first: readers go from the outer view to the inner one, and all workers take the same
  order. While a worker waits, another one may drop the dependent or make it again: what was locked must be what is there.
#}

{# Locks the dependents that move with the relation, and adds how each is made again. #}
{% macro rsdbt_capture_dependents(relation, kinds=none) %}
  {%- if not rsdbt_has_dependents(relation) -%}
    {{ return([]) }}
  {%- endif -%}
  {{ return(rsdbt_locked_dependents([rsdbt_regclass(relation) | trim ~ '::pg_catalog.oid'], relation, kinds)) }}
{% endmacro %}

{# `stays`: a later node of this run replaces it; until then it reads what it has always read. #}
{% macro rsdbt_locked_dependents(roots, relation, kinds=none) %}
  {%- set locked = [] -%}
  {%- for attempt in range(20) -%}
    {%- set found = rsdbt_dependents(roots) -%}
    {%- set dependents = found | selectattr('kind', 'in', kinds) | list if kinds else found | list -%}
    {%- set built = rsdbt_built_by_this_run(dependents) -%}
    {%- set unlocked = [] -%}
    {%- set staying = [] -%}
    {%- for row in dependents -%}
      {%- set stays = row['kind'] in ['v', 'm'] and tojson([row['schema'], row['relation']]) in built -%}
      {%- if stays -%}{%- do staying.append(row['id'] | string) -%}{%- endif -%}
      {%- if row['id'] not in locked and not (stays and row['kind'] == 'm') -%}{%- do unlocked.append(row) -%}{%- endif -%}
    {%- endfor -%}
    {%- if not unlocked -%}
      {{ return(rsdbt_dependent_scripts(dependents, staying, built) if dependents else []) }}
    {%- endif -%}
    {%- for row in unlocked -%}
      {%- do rsdbt_lock_dependent(relation, row) -%}
      {%- do locked.append(row['id']) -%}
    {%- endfor -%}
  {%- endfor -%}
  {{ exceptions.raise_database_error('cannot rebuild ' ~ relation.render() ~ ': what depends on it keeps changing') }}
{% endmacro %}

{# A view has no lock of its own: the weakest change of its definition takes one. #}
{% macro rsdbt_lock_dependent(relation, row) %}
  {%- if row['kind'] == 'refused' -%}
    {{ exceptions.raise_database_error(
      'cannot rebuild ' ~ relation.render() ~ ': ' ~ row['name'] ~ ' depends on it and cannot move to another table'
      ~ '\nhelp: drop it first, or keep the table with materialized: incremental'
    ) }}
  {%- elif not row['manageable'] -%}
    {{ exceptions.raise_database_error(
      'cannot rebuild ' ~ relation.render() ~ ': ' ~ row['name'] ~ ' depends on it and belongs to ' ~ row['owner']
    ) }}
  {%- elif row['kind'] in ['v', 'm'] -%}
    {%- do adapter.attempt('alter table ' ~ row['name'] ~ ' owner to ' ~ adapter.quote(row['owner']), ['42P01']) -%}
  {%- endif -%}
{% endmacro %}

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
