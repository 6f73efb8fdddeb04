{#
  Constraints and indexes without a name of their own are named by the server, after the table as it was called while it was a
  stage: `orders__dbt_tmp_id_check`. They are named after the table. Since PostgreSQL 18, NOT NULL is one of them.
#}

{# `table`: whose name they take, when `relation` does not have it yet. An inherited check has its parent's name. #}
{% macro rsdbt_name_after_table(stage, relation, table=none) %}
  {%- set query -%}
    select 'constraint' as kind, conname::text as name
    from pg_catalog.pg_constraint
    where conrelid = {{ rsdbt_regclass(relation) }} and (contype not in ('c', 'n') or conislocal and coninhcount = 0)
    union all
    select 'index', index_relation.relname::text
    from pg_catalog.pg_index
    join pg_catalog.pg_class as index_relation on index_relation.oid = indexrelid
    where indrelid = {{ rsdbt_regclass(relation) }} and not exists (
      select from pg_catalog.pg_constraint where conrelid = indrelid and conindid = indexrelid and contype in ('p', 'u', 'x')
    )
    order by name
  {%- endset -%}
  {%- for row in run_query(query).rows -%}
    {%- set rest = rsdbt_after_stage_name(row['name'], stage.identifier, (table or relation).identifier) -%}
    {%- set named = rsdbt_free_name(relation, table or relation, rest) if rest is not none -%}
    {%- if named and row['kind'] == 'index' -%}
      {%- do run_query('alter index ' ~ relation.incorporate(path={'identifier': row['name']}) ~ ' rename to ' ~ adapter.quote(named)) -%}
    {%- elif named -%}
      {%- do run_query('alter table ' ~ relation ~ ' rename constraint ' ~ adapter.quote(row['name']) ~ ' to ' ~ adapter.quote(named)) -%}
    {%- endif -%}
  {%- endfor -%}
{% endmacro %}

{# As the server does, with a number where the name is taken: by a relation of the schema or a constraint of the table. #}
{% macro rsdbt_free_name(relation, table, rest) %}
  {%- for number in ['', '1', '2', '3'] -%}
    {%- set named = make_relation_with_suffix(table, rest ~ number) -%}
    {%- set taken -%}
      select {{ rsdbt_regclass(named) }} is not null or exists (
        select from pg_catalog.pg_constraint
        where conrelid = {{ rsdbt_regclass(relation) }} and conname = '{{ escape_single_quotes(named.identifier) }}'
      )
    {%- endset -%}
    {%- if not run_query(taken).rows[0][0] -%}
      {{ return(named.identifier) }}
    {%- endif -%}
  {%- endfor -%}
  {{ return(none) }}
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
