{#
  Rows that a statement was to write or delete and that something of the table held back: a trigger that returns NULL, a rule, a
  policy. dbt's strategies take no notice of that; here it is an error that names them.
#}

{# Triggers and rules that may do so for one of the events (`insert`, `update`, `delete`), also those of partitions and children; none where there is none. #}
{% macro rsdbt_row_keepers(relation, events) %}
  {%- set class = adapter.introspect(
    'select relhassubclass, relhastriggers or relhasrules from pg_catalog.pg_class where oid = ' ~ rsdbt_regclass(relation)
  ).rows[0] -%}
  {%- if not class or not (class[0] or class[1]) -%}
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
  {%- set query -%}
    with {{ 'recursive' if class[0] }} tree (id) as (
      select {{ rsdbt_regclass(relation) }}
      {{ 'union all select inhrelid from pg_catalog.pg_inherits join tree on inhparent = tree.id' if class[0] }}
    )
    select pg_catalog.string_agg(pg_catalog.format('%s %I of %I.%I', keeper.kind, keeper.name, nspname, relname), ', ' order by keeper.kind desc, keeper.name, relname)
    from (
      select 'trigger', tgname, tgrelid from pg_catalog.pg_trigger
      where tgrelid in (select id from tree) and not tgisinternal and tgenabled <> 'D' and (tgparentid = 0 or tgrelid = {{ rsdbt_regclass(relation) }})
        and tgtype operator(pg_catalog.&) 3::pg_catalog.int2 = 3::pg_catalog.int2 and ({{ tested | join(' or ') }})
        and tgfoid <> 'pg_catalog.suppress_redundant_updates_trigger()'::pg_catalog.regprocedure::pg_catalog.oid
      union all
      select 'rule', rulename, ev_class from pg_catalog.pg_rewrite
      where ev_class = {{ rsdbt_regclass(relation) }} and is_instead and ev_enabled <> 'D' and ev_type in ({{ ruled | join(', ') }})
    ) as keeper (kind, name, id)
    join pg_catalog.pg_class as class on class.oid = keeper.id
    join pg_catalog.pg_namespace as namespace on namespace.oid = class.relnamespace
  {%- endset -%}
  {{ return(adapter.introspect(query).rows[0][0]) }}
{% endmacro %}

{# A block that fails when rows that meet the condition are still there after a DELETE; none where nothing can keep them. #}
{% macro rsdbt_check_deleted_sql(relation, condition) %}
  {%- set hides = adapter.introspect('select ' ~ rsdbt_hides_rows_sql(rsdbt_regclass(relation) ~ '::pg_catalog.oid')).rows[0][0] -%}
  {%- set keepers = rsdbt_row_keepers(relation, ['delete']) -%}
  {%- if hides -%}
    {{ return(rsdbt_block("begin raise exception using message = '"
      ~ escape_single_quotes('row level security of ' ~ relation ~ ' hides rows from this role: they would stay beside the new ones') ~ "'; end")) }}
  {%- elif not keepers -%}
    {{ return(none) }}
  {%- endif -%}
  {{ return(rsdbt_check_kept_sql(
    'exists (select from ' ~ relation ~ ' as DBT_INTERNAL_DEST where ' ~ condition ~ ')',
    'rows of ' ~ relation ~ ' that were to be deleted were kept by ' ~ keepers
  )) }}
{% endmacro %}

{# A block that inserts so many rows or fails. #}
{% macro rsdbt_insert_all_sql(insert_sql, expected, message) %}
  {{ return(rsdbt_block(
    'declare written pg_catalog.int8; begin ' ~ insert_sql ~ '; get diagnostics written = row_count; if written < ' ~ expected
    ~ " then raise exception using message = '" ~ escape_single_quotes(message) ~ "'; end if; end"
  )) }}
{% endmacro %}

{% macro rsdbt_check_kept_sql(condition, message) %}
  {{ return(rsdbt_block('begin if ' ~ condition ~ " then raise exception using message = '" ~ escape_single_quotes(message) ~ "'; end if; end")) }}
{% endmacro %}
