{# What is carried over after the rows and the hooks, and what the node warns of. #}

{#
  Hooks may make indexes outside the transaction (`create index concurrently`): then ours come after those, or each rebuild
  would find the last one's index in its way.
#}
{% macro rsdbt_leave_for_last(steps, stage) %}
  {%- set parts = ['late'] if stage == 'aside' else ['slow', 'late'] -%}
  {%- set index_ranks = [135, 490, 491] if rsdbt_hooks_make_indexes() else [] -%}
  {%- set last = steps | selectattr('part', 'in', parts) | list -%}
  {%- do store_raw_result('rsdbt_attachments', agate_table={'rows': last | rejectattr('rank', 'in', index_ranks) | list}) -%}
  {%- do store_raw_result('rsdbt_indexes', agate_table={'rows': last | selectattr('rank', 'in', index_ranks) | list}) -%}
{% endmacro %}

{% macro rsdbt_hooks_make_indexes() %}
  {%- for hook in post_hooks | rejectattr('transaction') if 'index' in hook.get('sql') | lower -%}
    {{ return(True) }}
  {%- endfor -%}
  {{ return(False) }}
{% endmacro %}

{# Once the hooks of the transaction have run. #}
{% macro rsdbt_carry_last() %}
  {%- set stored = load_result('rsdbt_attachments') -%}
  {%- set last = stored['table']['rows'] if stored else [] -%}
  {%- do rsdbt_carry(last, ['slow', 'late']) -%}
  {%- if last | rejectattr('sql') | list -%}
    {%- do rsdbt_warn_of_lost_attachments(fromjson(run_query("select pg_catalog.current_setting('rsdbt.lost')").rows[0][0])) -%}
  {%- endif -%}
  {%- for step in last if step['sql'] and step['what'].startswith('membership in publication') -%}
    {%- do rsdbt_warn_of_replication(step['name'], step['what']) -%}
  {%- endfor -%}
{% endmacro %}

{# Once the hooks outside of it have run, too. #}
{% macro rsdbt_carry_after_hooks() %}
  {%- set stored = load_result('rsdbt_indexes') -%}
  {%- if stored and stored['table']['rows'] -%}
    {%- do rsdbt_carry(stored['table']['rows'], ['slow', 'late']) -%}
    {%- do adapter.commit() -%}
  {%- endif -%}
{% endmacro %}

{# `lost`: [[relation, what], ..] #}
{% macro rsdbt_warn_of_lost_attachments(lost) %}
  {%- set by_name = {} -%}
  {%- for name, what in lost -%}
    {%- do by_name.setdefault(name, []).append(what) -%}
  {%- endfor -%}
  {%- for name, what in by_name.items() -%}
    {%- do exceptions.warn('The rebuilt ' ~ name ~ ' has lost: ' ~ what | join('; ')) -%}
  {%- endfor -%}
{% endmacro %}

{% macro rsdbt_warn_of_replication(name, what) %}
  {%- do exceptions.warn(
    name ~ ' keeps its ' ~ what ~ ', but the rows of a rebuild are not replicated: copy the table to the subscribers again, or build it in place'
  ) -%}
{% endmacro %}

{# Of a swap of native partitions. #}
{% macro rsdbt_warn_of_unreplicated_swap(target) %}
  {%- set query -%}
    select pg_catalog.string_agg(distinct pg_catalog.quote_ident(pubname), ', ')
    from pg_catalog.pg_publication_rel
    join pg_catalog.pg_publication on pg_publication.oid = prpubid
    where prrelid = {{ rsdbt_regclass(target) }}
  {%- endset -%}
  {%- set publications = adapter.introspect(query).rows[0][0] -%}
  {%- if publications -%}
    {%- do exceptions.warn(
      target.render() ~ ' is in publication ' ~ publications ~ ', but partitions that are swapped in are not replicated: set `partitioned: false` to replicate its rows'
    ) -%}
  {%- endif -%}
{% endmacro %}
