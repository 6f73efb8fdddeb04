{#
  A log belongs to its consumer, with rows staged in it or none. Whoever makes it may make it anew: a model that the consumer reads, one that
  made it before, or one that says `replace: true`. For every other node the name is a coincidence, and the staged rows are those of others.
#}

{#
  Before the relation is dropped, replaced, or loses rows. `successor` takes its place. A seed asks once, at its first load of a table:
  `loads`.
#}
{% macro rsdbt_keep_staged_rows(relation, successor=none, loads=false) %}
  {%- set logs = rsdbt_owned_logs(relation) -%}
  {%- if not logs or model.resource_type == 'seed' and not loads -%}
    {{ return('') }}
  {%- endif -%}
  {%- set made = rsdbt_known_build(relation) -%}
  {%- set is_made_here = made and made.project == project_name and made.node == model.unique_id -%}
  {%- if not is_made_here and config.get('replace') is not true and not rsdbt_feeds_a_consumer() -%}
    {%- set known = logs[0] -%}
    {{ exceptions.raise_compiler_error(
      relation ~ ' is a log: ' ~ known['consumer'] ~ ' has consumed ' ~ known['log'] ~ ' since ' ~ known['since'] ~ ', and ' ~ model.unique_id
      ~ ' would replace or delete the rows that are staged in it. Nothing was changed.\n'
      ~ 'help: give the ' ~ model.resource_type ~ ' another `schema` or `alias`. If it makes the log, set `replace: true` in its config, or let the model that '
      ~ 'consumes read it by `ref`. If the log is to have no consumer any more, free it: '
      ~ "`rsdbt run-operation rsdbt_take_over_log --args '" ~ tojson({'staging': known['log']}) ~ "'`"
    ) }}
  {%- endif -%}
  {%- do rsdbt_remember_build(successor, 'table', 0) if successor -%}
{% endmacro %}

{# [{log, consumer, since}] of the logs that the relation is, also one made anew, or shares rows with, and whose consumers exist. #}
{% macro rsdbt_owned_logs(relation) %}
  {%- if not execute or model is not defined or relation is none or not adapter.has_memory() -%}
    {{ return([]) }}
  {%- endif -%}
  {%- set id = rsdbt_regclass(relation) ~ '::pg_catalog.oid' -%}
  {%- set is_log = '(log = ' ~ id ~ ' or array[log_schema, log_name] = ' ~ rsdbt_name_parts_sql(relation) ~ ')' -%}
  {%- set query -%}
    select
      pg_catalog.format('%I.%I', log_schema, log_name), pg_catalog.format('%I.%I', consumer_schema, consumer_name), since::pg_catalog.text,
      {{ is_log }}, log::pg_catalog.int8
    from rsdbt.logs as known
    where ({{ is_log }} or exists (select from pg_catalog.pg_inherits where inhrelid = {{ id }} or inhparent = {{ id }}))
      and {{ rsdbt_exists_named('known.consumer_schema', 'known.consumer_name') }}
    order by since, log
  {%- endset -%}
  {%- set rows = adapter.introspect(query).rows -%}
  {%- set family = [] -%}
  {%- for row in rows if not row[3] and not family -%}
    {%- do family.extend(adapter.introspect('select id::pg_catalog.int8 from (' ~ rsdbt_log_family_sql(relation) ~ ') as family').rows | map(attribute=0)) -%}
  {%- endfor -%}
  {%- set logs = [] -%}
  {%- for row in rows if row[3] or row[4] in family -%}
    {%- do logs.append({'log': row[0], 'consumer': row[1], 'since': row[2]}) -%}
  {%- endfor -%}
  {{ return(logs) }}
{% endmacro %}

{# Whether a model of this project consumes what this node makes. #}
{% macro rsdbt_feeds_a_consumer() %}
  {%- for node in graph.nodes.values() if node.config.get('consume') -%}
    {%- if model.unique_id in rsdbt_read_by(node) -%}
      {{ return(true) }}
    {%- endif -%}
  {%- endfor -%}
  {{ return(false) }}
{% endmacro %}

{# Ids of what a node reads; ephemeral models stand for what they read. #}
{% macro rsdbt_read_by(node) %}
  {%- set ids = [] -%}
  {%- for unique_id in node.depends_on.nodes -%}
    {%- set input = graph.nodes.get(unique_id) -%}
    {%- do ids.extend(rsdbt_read_by(input) if input and input.config.materialized == 'ephemeral' else [unique_id]) -%}
  {%- endfor -%}
  {{ return(ids) }}
{% endmacro %}
