{#
  Dependents are locked newest first: readers go from the outer view to the inner one, and all workers take the same
  order. While a worker waits, another one may drop the dependent or make it again: what was locked must be what is there.
#}

{# Locks the dependents and adds how each is made again. #}
{% macro rsdbt_capture_dependents(relation) %}
  {%- if not rsdbt_has_dependents(relation) -%}
    {{ return([]) }}
  {%- endif -%}
  {%- set locked = [] -%}
  {%- for attempt in range(20) -%}
    {%- set dependents = rsdbt_dependents(relation) -%}
    {%- set unlocked = dependents | rejectattr('id', 'in', locked) | list -%}
    {%- if not unlocked -%}
      {{ return(rsdbt_dependent_scripts(dependents) if dependents else []) }}
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
  {%- if not row['manageable'] -%}
    {{ exceptions.raise_database_error(
      'cannot rebuild ' ~ relation.render() ~ ': ' ~ row['name'] ~ ' depends on it and belongs to ' ~ row['owner']
    ) }}
  {%- endif -%}
  {%- if row['kind'] != 'f' -%}
    {%- do adapter.attempt('alter table ' ~ row['name'] ~ ' owner to ' ~ adapter.quote(row['owner']), ['42P01']) -%}
  {%- endif -%}
{% endmacro %}
