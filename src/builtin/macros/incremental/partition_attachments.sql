{# What hangs on a native partition itself: it would be lost, or follow the old rows, when another table took its place. #}

{#
  Of a window's partition, or none: {swappable, relacl, refused}. Dependents of any kind (views, foreign keys, functions), and what a
  table made like the parent does not get. `refused`: foreign keys that pass a delete on to rows of others.
#}
{% macro rsdbt_partition_state(target, partition, backup, window, columns) %}
  {%- set query -%}
    select
      class.relkind = 'r' and class.reloptions is null and not class.relrowsecurity and not class.relforcerowsecurity
      and {{ rsdbt_is_like_parent_sql() }}
      and not exists (select from pg_catalog.pg_depend as link where {{ rsdbt_depends_on_class('link') }})
      and not (class.relhastriggers and exists (select from pg_catalog.pg_constraint where confrelid = class.oid and contype = 'f'))
      and not exists (select from pg_catalog.pg_trigger where tgrelid = class.oid and not tgisinternal and tgparentid = 0)
      and not exists (select from pg_catalog.pg_policy where polrelid = class.oid)
      and not exists (select from pg_catalog.pg_rewrite where ev_class = class.oid)
      and not exists (select from pg_catalog.pg_publication_rel where prrelid = class.oid)
      and not exists (select from pg_catalog.pg_seclabel where objoid = class.oid and classoid = 'pg_catalog.pg_class'::pg_catalog.regclass),
      class.relacl::text,
      case when class.relhastriggers then (
        select pg_catalog.string_agg(pg_catalog.format('%I of %s', conname, conrelid::pg_catalog.regclass), ', ' order by conname)
        from pg_catalog.pg_constraint where confrelid = class.oid and contype = 'f' and confdeltype in ('c', 'n', 'd')
      ) end,
      {{ rsdbt_regclass(backup) }} is not null
    from pg_catalog.pg_class as class
    where class.oid = {{ rsdbt_regclass(partition) }} and {{ rsdbt_is_partition_of_window_sql(target, window, columns) }}
  {%- endset -%}
  {%- set rows = adapter.introspect(query).rows -%}
  {#- The backup is of a run that ended between the swap and the drop; something may read it. -#}
  {%- set name_is_taken = rows and rows[0][3] and rsdbt_attempt(['drop table ' ~ backup])['error'] -%}
  {{ return({'swappable': rows[0][0] and not name_is_taken, 'relacl': rows[0][1], 'refused': rows[0][2]} if rows else none) }}
{% endmacro %}

{# Whether a dependency `link` is one of others on a relation `class`: its own checks and defaults depend on its columns, too. Uses of its row type count. #}
{% macro rsdbt_depends_on_class(link, class='class') -%}
  ({{ link }}.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and {{ link }}.refobjid = {{ class }}.oid
          or {{ link }}.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass and {{ link }}.refobjid in ({{ class }}.reltype, (select typarray from pg_catalog.pg_type where pg_type.oid = {{ class }}.reltype)))
        and {{ link }}.deptype = 'n'
        and not exists (select from pg_catalog.pg_constraint where pg_constraint.tableoid = {{ link }}.classid and pg_constraint.oid = {{ link }}.objid and conrelid = {{ class }}.oid)
        and not exists (select from pg_catalog.pg_attrdef where pg_attrdef.tableoid = {{ link }}.classid and pg_attrdef.oid = {{ link }}.objid and adrelid = {{ class }}.oid)
{%- endmacro %}

{# The default privileges give a new table the same, or somebody has granted on the partition. #}
{% macro rsdbt_has_privileges_of(fresh, relacl) %}
  {{ return(relacl is none or adapter.introspect(
    'select relacl::text from pg_catalog.pg_class where oid = ' ~ rsdbt_regclass(fresh)).rows[0][0] == relacl) }}
{% endmacro %}

{# {rows, error, fresh}: no fresh table where the partition's own rows were replaced. #}
{% macro rsdbt_build_partition(partition, target, rows, columns, window, state) %}
  {%- set field = rsdbt_partitioning().field -%}
  {%- set fresh = make_relation_with_suffix(partition, '__dbt_tmp') -%}
  {%- if not state or state['swappable'] -%}
    {%- set frame = 'create table ' ~ fresh ~ ' (like ' ~ target ~ ' including all excluding statistics excluding identity, check (' ~ field ~ ' is not null and '
      ~ rsdbt_in_windows(field, rsdbt_field_kind(columns), [window]) ~ '))' -%}
    {%- set done = rsdbt_attempt([frame, rsdbt_insert_part_sql(fresh, target, rows, columns, rsdbt_of_window(window, columns))]) -%}
    {%- do rsdbt_name_after_table(fresh, fresh, partition) if not done['error'] -%}
    {%- if done['error'] or not state or rsdbt_has_privileges_of(fresh, state['relacl']) -%}
      {{ return(dict(done, fresh=fresh)) }}
    {%- endif -%}
    {%- do run_query('drop table ' ~ fresh) -%}
  {%- elif state['refused'] and rsdbt_has_rows(partition, 'true') -%}
    {{ return({'rows': 0, 'error': 'foreign key ' ~ state['refused'] ~ ' would delete or change rows of other tables'}) }}
  {%- endif -%}
  {%- set first = rsdbt_replica_identity_of_parent(target, partition) if rsdbt_lacks_replica_identity(partition) else [] -%}
  {{ return(rsdbt_overwrite_in_place(partition, target, rows, columns, window, first=first)) }}
{% endmacro %}
