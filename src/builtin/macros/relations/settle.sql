{#
  The end of a node: what waited for it. Foreign keys that an earlier rebuild added without a look at their rows, and
  dependents of relations that were set aside for nodes that then did not run.
#}

{% macro rsdbt_settle(target_relation) %}
  {#- A key that waits has triggers on both tables. -#}
  {%- set query -%}
    select
      target.relhastriggers as has_keys,
      exists (
        select from pg_catalog.pg_class as backup
        where backup.relnamespace = target.relnamespace
          and backup.relname >= pg_catalog.left({{ rsdbt_backup_name_sql('target.relname', '0') }}, -8)::pg_catalog.name
          and backup.relname < (pg_catalog.left({{ rsdbt_backup_name_sql('target.relname', '0') }}, -8) || 'g')::pg_catalog.name
      ) as has_backups
    from pg_catalog.pg_class as target
    where target.oid = {{ rsdbt_regclass(target_relation) }}
  {%- endset -%}
  {%- for row in adapter.introspect(query).rows -%}
    {%- if row['has_backups'] -%}
      {%- do rsdbt_adopt_dependents(target_relation) -%}
    {%- endif -%}
    {%- if row['has_keys'] and rsdbt_may_wait(target_relation) -%}
      {%- do rsdbt_validate_waiting(target_relation) -%}
    {%- endif -%}
  {%- endfor -%}
{% endmacro %}

{# Whether a foreign key of the table, or to it, is not validated. #}
{% macro rsdbt_may_wait(target_relation) %}
  {%- set table = rsdbt_regclass(target_relation) -%}
  {%- set query -%}
    select exists (select from pg_catalog.pg_constraint where conrelid = {{ table }} and contype = 'f' and not convalidated) or exists (
      select from pg_catalog.pg_depend
      join pg_catalog.pg_constraint on pg_constraint.oid = objid and contype = 'f' and not convalidated
      where refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and refobjid = {{ table }}
        and classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass
    )
  {%- endset -%}
  {{ return(adapter.introspect(query).rows[0][0]) }}
{% endmacro %}

{# Of the backups of this relation. Those that this run builds have their turn. #}
{% macro rsdbt_adopt_dependents(target_relation) %}
  {%- set ids = rsdbt_backups_of(target_relation) -%}
  {%- set dependents = rsdbt_locked_dependents(ids, target_relation) if ids else [] -%}
  {%- if dependents -%}
    {%- do rsdbt_move_dependents(dependents, ids, target_relation) -%}
  {%- else -%}
    {%- do rsdbt_drop_free_backups(ids) -%}
  {%- endif -%}
{% endmacro %}

{# One whose other table has its turn later in this run, or beside this one, waits for that. #}
{% macro rsdbt_validate_waiting(target_relation) %}
  {%- set table = rsdbt_regclass(target_relation) | trim ~ '::pg_catalog.oid' -%}
  {%- for row in rsdbt_waiting_foreign_keys('reference.conrelid = ' ~ table ~ ' or reference.confrelid = ' ~ table) -%}
    {%- set child = {'kind': 'foreign key', 'schema': row['schema'], 'relation': row['relation']} -%}
    {%- set parent = {'kind': 'foreign key', 'schema': row['parent_schema'], 'relation': row['parent']} -%}
    {%- set built = rsdbt_built_by_this_run([child, parent]) -%}
    {%- set waits = namespace(are_any=false) -%}
    {%- for table in [child, parent] if rsdbt_key_waits_for(built.get(tojson([table['schema'], table['relation']]))) -%}
      {%- set waits.are_any = true -%}
    {%- endfor -%}
    {%- do rsdbt_validate_foreign_key(row) if not waits.are_any -%}
  {%- endfor -%}
{% endmacro %}

{% macro rsdbt_validate_foreign_key(row) %}
  {%- call statement('validate') -%}{{ row['validate'] }}{%- endcall -%}
  {%- call statement('unmark') -%}{{ row['comment'] }}{%- endcall -%}
{% endmacro %}
