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
  {%- elif row['kind'] == 'foreign key' -%}
    {%- do rsdbt_lock_table_of_key(row['schema'], row['relation']) -%}
  {%- endif -%}
{% endmacro %}

{# Another worker may replace the table, and the key with it. #}
{% macro rsdbt_lock_table_of_key(schema, table) %}
  {%- do adapter.attempt('lock table ' ~ adapter.quote(schema) ~ '.' ~ adapter.quote(table) ~ ' in share update exclusive mode', ['42P01']) -%}
{% endmacro %}
