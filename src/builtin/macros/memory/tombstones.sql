{#
  The table of deleted keys beside a relation, `<relation>__tombstones`, and whose it is: tombstones of a table that was dropped and made
  anew are not applied to the new one.
#}

{#
  {relation, unused: columns that were part of the order once, acting: of rsdbt_acting_on_rows}. `target` may be built aside of `this`. As on the
  target, nothing may hide rows of them or put something else in their place.
#}
{% macro rsdbt_ensure_tombstones(target, keys) %}
  {%- do rsdbt_memory() -%}
  {%- set tombstones = make_relation_with_suffix(this.incorporate(type='table'), '__tombstones') -%}
  {%- set query -%}
    with forgotten as ({{ rsdbt_forget_lost_tombstones_sql() }})
    select found.oid is not null, known.relation is not null, coalesce(known.relation = {{ rsdbt_regclass(target) }}, false), (
      select class.relhastriggers or class.relhasrules or class.relrowsecurity or class.relhassubclass from pg_catalog.pg_class as class where class.oid = found.oid
    )
    from (select {{ rsdbt_regclass(tombstones) }}::pg_catalog.oid as oid) as found
    left join rsdbt.tombstones as known on known.tombstones = found.oid and {{ rsdbt_named('found.oid', 'known.schema_name', 'known.tombstones_name') }}
  {%- endset -%}
  {%- set found = adapter.introspect(query).rows[0] -%}
  {%- if found[0] -%}
    {%- do adapter.rsdbt_admit_writes(tombstones, is_found=true) -%}
  {%- endif -%}
  {#- Those of a table that is gone are gone with it. -#}
  {%- set outlived = found[1] and not found[2] -%}
  {%- set anew = not found[0] or outlived and not rsdbt_has_unique_index(tombstones, keys) -%}
  {%- if outlived -%}
    {%- do run_query(('drop table ' if anew else 'truncate ') ~ tombstones) -%}
  {%- elif found[1] -%}
    {%- do rsdbt_refuse_other_tombstones(tombstones, keys) -%}
  {%- elif found[0] -%}
    {%- do rsdbt_refuse_table_of_others(tombstones, keys) -%}
  {%- endif -%}
  {%- if anew -%}
    {%- do run_query(
      'create table ' ~ tombstones ~ ' as select ' ~ (keys + rsdbt_order_columns()) | join(', ') ~ ' from ' ~ target ~ ' where false'
    ) -%}
    {%- do rsdbt_ensure_unique_index(tombstones, keys) -%}
  {%- endif -%}
  {%- if not found[2] -%}
    {%- do adapter.introspect(
      'insert into rsdbt.tombstones (tombstones, schema_name, tombstones_name, relation) select class.oid, namespace.nspname, class.relname, '
      ~ rsdbt_regclass(target) ~ ' from pg_catalog.pg_class as class join pg_catalog.pg_namespace as namespace on namespace.oid = class.relnamespace'
      ~ ' where class.oid = ' ~ rsdbt_regclass(tombstones) ~ ' on conflict (tombstones) do update set relation = excluded.relation,'
      ~ ' schema_name = excluded.schema_name, tombstones_name = excluded.tombstones_name'
    ) -%}
  {%- endif -%}
  {%- set has_more = found[3] and not anew -%}
  {%- do rsdbt_refuse_hidden_rows(tombstones) if has_more -%}
  {{ return({
    'relation': tombstones, 'unused': rsdbt_follow_order(tombstones, target, keys) if not anew else [],
    'acting': rsdbt_acting_on_rows(tombstones, ['insert', 'update']) if has_more else none,
  }) }}
{% endmacro %}
