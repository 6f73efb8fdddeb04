{# Whether an existing table can take the rows of a load. #}

{% macro rsdbt_load_admit(relation, load, kind) %}
  {%- if kind.kind not in ['r', 'p'] -%}
    {{ exceptions.raise_database_error(
      'cannot load into ' ~ relation.render() ~ ': it is not a table\nhelp: give the source another `schema` or `identifier`'
    ) }}
  {%- endif -%}
  {%- if not kind.is_own -%}
    {{ exceptions.raise_database_error(
      'cannot load into ' ~ relation.render() ~ ': it belongs to ' ~ kind.owner ~ ', and only its owner can load it\nhelp: run the load as a member of role ' ~ kind.owner
    ) }}
  {%- endif -%}
  {%- if kind.heirs and (load.staged or load.unique_key) -%}
    {{ exceptions.raise_database_error(
      'cannot load into ' ~ relation.render() ~ ': ' ~ kind.heirs ~ ' inherit from it, and their rows would count as its own\nhelp: load a table from which none inherits, or make it a partitioned table'
    ) }}
  {%- endif -%}
  {%- if kind.hides_rows and load.staged -%}
    {{ exceptions.raise_database_error(
      'cannot load into ' ~ relation.render() ~ ': row security applies to its owner, too, and rows that a policy hides would pass for missing'
      ~ '\nhelp: run `alter table ' ~ relation.include(database=false).render() ~ ' no force row level security`, or load as a role with BYPASSRLS'
    ) }}
  {%- endif -%}
  {%- do rsdbt_load_compare_columns(relation, load) -%}
  {%- if load.unique_key -%}
    {%- do rsdbt_load_require_key(relation, load.unique_key) -%}
  {%- endif -%}
{% endmacro %}
