{# What became of the rows of a merge_upsert: it is asked only where something of the table acts on them. #}

{#
  `upserted`: {latest, keys, conditions, written}, as rsdbt_upsert_sql has them. A row that is neither written nor superseded was held back,
  whatever key a trigger gave to it. What is compared later must be in the table: the order, and with `delete_when` the key.
#}
{% macro rsdbt_check_upserted(target, upserted, acting) %}
  {%- set differs = rsdbt_differs_sql(target, 'latest', upserted['written']) -%}
  {%- set stays = rsdbt_is_unwritten_sql() ~ ' and ' ~ rsdbt_not_older('latest', 'DBT_INTERNAL_DEST') -%}
  {%- set counts = run_query(
    'select pg_catalog.count(*), pg_catalog.count(*) filter (where not ' ~ rsdbt_is_unwritten_sql()
    ~ '), pg_catalog.count(*) filter (where ' ~ stays ~ ' and not ' ~ differs ~ '), pg_catalog.count(*) filter (where ' ~ stays ~ ' and ' ~ differs
    ~ '), pg_catalog.count(*) filter (where ' ~ rsdbt_is_written_sql() ~ ' and '
    ~ rsdbt_differs_sql(target, 'latest', rsdbt_order_columns()) ~ "), coalesce(nullif(pg_catalog.current_setting('rsdbt.superseded', true), ''), '0')::pg_catalog.int8 from "
    ~ upserted['latest'] ~ ' as latest left join ' ~ target ~ ' as DBT_INTERNAL_DEST on ' ~ rsdbt_same_key(upserted['keys'], 'latest', 'DBT_INTERNAL_DEST')
    ~ (' where ' ~ upserted['conditions'] | join(' and ') if upserted['conditions'])
  ).rows[0] -%}
  {%- set affected = load_result('main')['response'].rows_affected -%}
  {%- set held = counts[0] - affected - counts[5] - counts[2] -%}
  {%- set all = rsdbt_all_acting(acting) -%}
  {%- if counts[3] > 0 and held >= counts[3] -%}
    {%- do rsdbt_raise_kept(target, counts[3], acting['keepers'] or all) -%}
  {%- elif counts[3] > 0 and affected > counts[1] -%}
    {%- do rsdbt_raise_rewritten_key(target, counts[3], upserted['keys'], all, 'A row with the key that the query gives stays as it was') -%}
  {%- elif counts[3] > 0 -%}
    {%- do rsdbt_raise_reordered(target, counts[3], all) -%}
  {%- elif held > 0 -%}
    {%- do rsdbt_raise_discarded(target, held) -%}
  {%- endif -%}
  {%- if 'old' in upserted -%}
    {%- do rsdbt_check_unchanged(target, {'old': upserted['old'], 'from': upserted['latest'] ~ ' as latest', 'row': 'latest', 'keys': upserted['keys'], 'written': upserted['written'],
      'match': ([rsdbt_same_key(upserted['keys'], 'latest', 'DBT_INTERNAL_DEST')] + upserted['conditions']) | join(' and ')}, acting['updates']) -%}
  {%- endif -%}
  {%- if counts[4] > 0 -%}
    {%- do rsdbt_raise_reordered(target, counts[4], all) -%}
  {%- elif affected > counts[1] -%}
    {%- do rsdbt_check_rewritten_keys(target, affected - counts[1], upserted['keys'], affected, acting) -%}
  {%- endif -%}
{% endmacro %}

{% macro rsdbt_all_acting(acting) %}
  {{ return(rsdbt_listed(acting['keepers']) | join ~ (', ' if acting['keepers'] and acting['later']) ~ (acting['later'] or '')) }}
{% endmacro %}

{# Rows that are not found by their key. They were written under another one, or a trigger that ran later has deleted them. #}
{% macro rsdbt_check_rewritten_keys(target, count, keys, affected, acting) %}
  {%- do rsdbt_check_there(target, affected, acting, count) -%}
  {%- if config.get('delete_when') -%}
    {%- do rsdbt_raise_rewritten_key(target, count, keys, rsdbt_all_acting(acting), 'A delete of that key would not find ' ~ ('it' if count == 1 else 'them')) -%}
  {%- endif -%}
{% endmacro %}

{% macro rsdbt_raise_rewritten_key(target, count, keys, all, why) %}
  {{ exceptions.raise_database_error(
    'the key (' ~ keys | join(', ') ~ ') of ' ~ rsdbt_counted(count, 'row', 'rows') ~ ' of ' ~ target.render() ~ ' was changed by ' ~ all ~ '. ' ~ why
    ~ '. Nothing was changed\nhelp: let the query return the key as the trigger writes it, and write it so in the rows that are there'
  ) }}
{% endmacro %}

{% macro rsdbt_raise_reordered(target, count, all) %}
  {{ exceptions.raise_database_error(
    rsdbt_counted(count, 'row', 'rows') ~ ' of ' ~ target.render() ~ ' got another order (' ~ rsdbt_order_columns() | join(', ') ~ ') than the query gives: ' ~ all
    ~ ' changed it. Older rows could then not be distinguished from newer ones. Nothing was changed'
    ~ '\nhelp: let the trigger write another column, disable it with `alter table ' ~ target.render() ~ ' disable trigger ..`, or let the query return what it writes'
  ) }}
{% endmacro %}

{% macro rsdbt_raise_gone(target, count, later) %}
  {{ exceptions.raise_database_error(
    rsdbt_counted(count, 'row was', 'rows were') ~ ' inserted into ' ~ target.render() ~ ' and then deleted by ' ~ later ~ '. Nothing was changed'
    ~ '\nhelp: leave such rows out, or let the trigger keep them'
  ) }}
{% endmacro %}
