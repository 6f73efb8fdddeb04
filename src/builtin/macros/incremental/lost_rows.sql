{#
  Rows that were inserted and are not where they belong when the statement has ended: a trigger that runs later has deleted them, or they got another
  key than the one by which the next run looks for them. Asked only where something of the table acts on rows.
#}

{# `missing`: so many rows were not inserted into the table itself. A trigger may have put them into tables that inherit from it. #}
{% macro rsdbt_check_routed(target, missing) %}
  {%- set routed = run_query(
    'select pg_catalog.count(*) from ' ~ target ~ ' as DBT_INTERNAL_DEST where DBT_INTERNAL_DEST.tableoid <> ' ~ rsdbt_regclass(target) ~ ' and not ' ~ rsdbt_is_unwritten_sql()
  ).rows[0][0] -%}
  {%- do rsdbt_raise_discarded(target, missing - routed) if missing > routed -%}
{% endmacro %}

{#
  `affected`: as many rows were written. `short`: so many of them are not found by their key; none where there is no key. To count the rows of this
  transaction takes a scan of the table: only if some are not found, or if the server counted rows as deleted.
#}
{% macro rsdbt_check_there(target, affected, acting, short=none, keys=[]) %}
  {%- if short == 0 or short is none and not (acting['later'] and rsdbt_has_deleted_rows(target)) -%}
    {{ return('') }}
  {%- endif -%}
  {%- set gone = affected - run_query('select pg_catalog.count(*) from ' ~ target ~ ' as DBT_INTERNAL_DEST where not ' ~ rsdbt_is_unwritten_sql()).rows[0][0] -%}
  {%- if gone > 0 -%}
    {%- do rsdbt_raise_gone(target, gone, acting['later'] or rsdbt_all_acting(acting)) -%}
  {%- elif keys -%}
    {%- do rsdbt_warn(
      rsdbt_counted(short, 'row has', 'rows have') ~ ' another key (' ~ keys | join(', ') ~ ') than the query gives, because of ' ~ rsdbt_all_acting(acting)
      ~ ': the next run does not find ' ~ ('it' if short == 1 else 'them') ~ ' by it, and adds the key again'
    ) -%}
  {%- endif -%}
{% endmacro %}

{# In this transaction, also by triggers, as the server counts for its statistics. #}
{% macro rsdbt_has_deleted_rows(target) %}
  {%- set query -%}
    with recursive tree (id) as (
      select {{ rsdbt_regclass(target) }}
      union all select inhrelid from pg_catalog.pg_inherits join tree on inhparent = tree.id
    )
    select pg_catalog.current_setting('track_counts') <> 'on' or pg_catalog.max(pg_catalog.pg_stat_get_xact_tuples_deleted(id)) > 0::pg_catalog.int8 from tree
  {%- endset -%}
  {{ return(adapter.introspect(query).rows[0][0]) }}
{% endmacro %}

{# How many rows of the source are not among those of the target that have their keys. NULL is not a key. #}
{% macro rsdbt_count_short(target, source, unique_key) %}
  {%- set keys = rsdbt_listed(unique_key) -%}
  {%- set replaced = rsdbt_replaced_rows(source, keys, none) -%}
  {%- set named = [] -%}
  {%- for key in keys -%}
    {%- do named.append('(' ~ key ~ ') is not null') -%}
  {%- endfor -%}
  {{ return(run_query(
    'select greatest((select pg_catalog.count(*) from ' ~ source ~ ' where ' ~ named | join(' and ') ~ ') - (select pg_catalog.count(*) from ' ~ target
    ~ ' as DBT_INTERNAL_DEST join ' ~ replaced['keys'] ~ ' on ' ~ replaced['condition'] ~ '), 0::pg_catalog.int8)'
  ).rows[0][0]) }}
{% endmacro %}
