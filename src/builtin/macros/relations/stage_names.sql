{#
  Constraints and indexes without a name of their own are named by the server, after the table as it was called while it was a
  stage: `orders__dbt_tmp_id_check`. They are named after the table. Since PostgreSQL 18, NOT NULL is one of them.
#}

{# `table`: whose name they take, when `relation` does not have it yet. #}
{% macro rsdbt_name_after_table(stage, relation, table=none) %}
  {%- do rsdbt_name_after_tables([[stage, relation, table or relation]]) -%}
{% endmacro %}

{# `given`: [[stage, relation, table], ..]. An inherited check has its parent's name. #}
{% macro rsdbt_name_after_tables(given) %}
  {%- set ids = [] -%}
  {%- for stage, relation, table in given -%}
    {%- do ids.append('(' ~ loop.index0 ~ ', ' ~ rsdbt_regclass(relation) | trim ~ '::pg_catalog.oid)') -%}
  {%- endfor -%}
  {%- set query -%}
    with given (place, id) as (values {{ ids | join(', ') }})
    select place, 'constraint' as kind, conname::text as name
    from given
    join pg_catalog.pg_constraint on conrelid = id
    where contype not in ('c', 'n') or conislocal and coninhcount = 0
    union all
    select place, 'index', index_relation.relname::text
    from given
    join pg_catalog.pg_index on indrelid = id
    join pg_catalog.pg_class as index_relation on index_relation.oid = indexrelid
    where not exists (
      select from pg_catalog.pg_constraint where conrelid = indrelid and conindid = indexrelid and contype in ('p', 'u', 'x')
    )
    order by place, name
  {%- endset -%}
  {%- set steps = [] -%}
  {%- for row in adapter.introspect(query).rows -%}
    {%- set stage, relation, table = given[row['place']] -%}
    {%- set rest = rsdbt_after_stage_name(row['name'], stage.identifier, table.identifier) -%}
    {%- if rest is not none -%}
      {%- do steps.append(rsdbt_rename_step(row['kind'], row['name'], relation, table, rest)) -%}
    {%- endif -%}
  {%- endfor -%}
  {%- do run_query(rsdbt_rename_to_free_names_sql(steps)) if steps -%}
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
