{#
  Constraints without a name of their own are named by the server, after the table as it was called while it was a stage:
  `orders__dbt_tmp_id_check`. They are named after the table. Since PostgreSQL 18, NOT NULL is one of them.
#}
{% macro rsdbt_name_after_table(stage, relation) %}
  {%- set query -%}
    select conname::text as name, contype in ('p', 'u', 'x') as has_index
    from pg_catalog.pg_constraint
    where conrelid = {{ rsdbt_regclass(relation) }} and conislocal
    order by conname
  {%- endset -%}
  {%- for row in run_query(query).rows -%}
    {%- set rest = rsdbt_after_stage_name(row['name'], stage.identifier, relation.identifier) -%}
    {%- if rest is not none -%}
      {%- set named = make_relation_with_suffix(relation, rest) -%}
      {#- An index has its constraint's name, and a schema only one of each. -#}
      {%- if not row['has_index'] or run_query('select ' ~ rsdbt_regclass(named) ~ ' is null').rows[0][0] -%}
        {%- do run_query('alter table ' ~ relation ~ ' rename constraint ' ~ adapter.quote(row['name']) ~ ' to ' ~ adapter.quote(named.identifier)) -%}
      {%- endif -%}
    {%- endif -%}
  {%- endfor -%}
{% endmacro %}

{# What follows the stage's name, none where the name is another. The server may have cut the end of a long one. #}
{% macro rsdbt_after_stage_name(name, stage, table) %}
  {%- for length in range(stage | length, table | length, -1) -%}
    {%- if name.startswith(stage[:length] ~ '_') -%}
      {{ return(name[length:]) }}
    {%- endif -%}
  {%- endfor -%}
  {{ return(none) }}
{% endmacro %}
