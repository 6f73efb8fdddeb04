{# What of a table acts on the rows that are written into it or deleted from it. Of a table without any, one look at the catalog says so. #}

{# Triggers and rules that may hold rows back for one of the events (`insert`, `update`, `delete`), also those of partitions and children; none where there is none. #}
{% macro rsdbt_row_keepers(relation, events) %}
  {%- set acting = rsdbt_acting_on_rows(relation, events) -%}
  {{ return(acting['keepers'] if acting else none) }}
{% endmacro %}

{#
  {keepers, later, updates, deferred}, each a text or none; none where nothing acts. `later`: triggers that run when the row is written already, or
  once for a statement: they may delete it, or write it again. `updates`: the keepers that see an UPDATE. `deferred`: what `set constraints` calls
  those that wait for the COMMIT, whatever their event. `known_flags`: of rsdbt_class_flags.
#}
{% macro rsdbt_acting_on_rows(relation, events, known_flags=none) %}
  {%- set class = rsdbt_class_flags(relation) if known_flags is none else known_flags -%}
  {%- if not (class['has_children'] or class['has_triggers'] or class['has_rules']) -%}
    {{ return(none) }}
  {%- endif -%}
  {%- set bits = {'insert': 4, 'delete': 8, 'update': 16} -%}
  {%- set rules = {'insert': "'3'", 'delete': "'4'", 'update': "'2'"} -%}
  {%- set tested = [] -%}
  {%- set ruled = [] -%}
  {%- for event in events -%}
    {%- do tested.append('tgtype operator(pg_catalog.&) ' ~ bits[event] ~ '::pg_catalog.int2 > 0::pg_catalog.int2') -%}
    {%- do ruled.append(rules[event]) -%}
  {%- endfor -%}
  {%- set listed = "pg_catalog.string_agg(pg_catalog.format('%s %I of %I.%I', keeper.kind, keeper.name, nspname, relname), ', ' order by keeper.kind desc, keeper.name, relname)" -%}
  {%- set query -%}
    with {{ 'recursive' if class['has_children'] }} tree (id) as (
      select {{ rsdbt_regclass(relation) }}
      {{ 'union all select inhrelid from pg_catalog.pg_inherits join tree on inhparent = tree.id' if class['has_children'] }}
    )
    select {{ listed }} filter (where keeper.holds), {{ listed }} filter (where not keeper.holds), {{ listed }} filter (where keeper.holds and keeper.updates),
      pg_catalog.string_agg(distinct pg_catalog.format('%I.%I', nspname, keeper.name), ', ') filter (where keeper.waits)
    from (
      select 'trigger', tgname, tgrelid, tgtype operator(pg_catalog.&) 3::pg_catalog.int2 = 3::pg_catalog.int2,
        tgtype operator(pg_catalog.&) 16::pg_catalog.int2 > 0::pg_catalog.int2, tginitdeferred
      from pg_catalog.pg_trigger
      where tgrelid in (select id from tree) and not tgisinternal and tgenabled <> 'D' and (tgparentid = 0 or tgrelid = {{ rsdbt_regclass(relation) }})
        and ({{ tested | join(' or ') }} or tginitdeferred)
        and tgfoid <> 'pg_catalog.suppress_redundant_updates_trigger()'::pg_catalog.regprocedure::pg_catalog.oid
      union all
      select 'rule', rulename, ev_class, true, ev_type = '2', false from pg_catalog.pg_rewrite
      where ev_class = {{ rsdbt_regclass(relation) }} and is_instead and ev_enabled <> 'D' and ev_type in ({{ ruled | join(', ') }})
    ) as keeper (kind, name, id, holds, updates, waits)
    join pg_catalog.pg_class as class on class.oid = keeper.id
    join pg_catalog.pg_namespace as namespace on namespace.oid = class.relnamespace
  {%- endset -%}
  {%- set found = adapter.introspect(query).rows[0] -%}
  {{ return({'keepers': found[0], 'later': found[1], 'updates': found[2], 'deferred': found[3]} if found[0] or found[1] else none) }}
{% endmacro %}

{# What waits for the COMMIT does its work before the rows are compared; the rows that follow wait again. #}
{% macro rsdbt_fire_deferred(acting) %}
  {%- if acting['deferred'] -%}
    {%- do run_query('set constraints ' ~ acting['deferred'] ~ ' immediate') -%}
    {%- do run_query('set constraints ' ~ acting['deferred'] ~ ' deferred') -%}
  {%- endif -%}
{% endmacro %}

{% macro rsdbt_fire_deferred_sql(acting) -%}
  {{ ('set constraints ' ~ acting['deferred'] ~ ' immediate; set constraints ' ~ acting['deferred'] ~ ' deferred;') if acting['deferred'] }}
{%- endmacro %}
