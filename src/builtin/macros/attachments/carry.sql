{#
  What is attached to a relation that a new one replaces: it survives, or the node fails with its name, or the node warns
  of it. Configuration wins where it speaks, and so do the model's hooks: what they make is not made a second time.

    rsdbt_take_attachments  of a swap: the steps, or none, and those that can be run before it
    rsdbt_attachments       the steps: read while both relations exist
    rsdbt_carry             runs the steps of some parts, in their order
    rsdbt_carry_last        what comes after the rows and the hooks, and the warning

  Parts: `refuse`; `slow`, what reads the rows; `detach`, before the old relation is dropped; `early`, after the new one has its
  name; `name`, after its indexes and partitions have theirs; `late`, after the hooks. A step without SQL is something that gets lost.
#}

{# With hooks that may make indexes and constraints themselves, ours come last; else they are made aside. #}
{% macro rsdbt_attachment_stage() %}
  {{ return('last' if post_hooks | selectattr('transaction') | list or rsdbt_hooks_make_indexes() else 'aside') }}
{% endmacro %}

{# What reads the rows comes first: readers of the old relation wait for the swap alone. #}
{% macro rsdbt_take_attachments(existing_relation, new_relation) %}
  {%- set steps = [] -%}
  {%- set stage = rsdbt_attachment_stage() -%}
  {%- set pairs = [[existing_relation, new_relation]] + rsdbt_partition_pairs(existing_relation, new_relation) -%}
  {%- set kinds = rsdbt_kinds_of_attachments(pairs) if pairs | length > 1 or rsdbt_may_have_attachments(existing_relation, new_relation) else [] -%}
  {%- if kinds -%}
    {%- if stage == 'aside' and kinds | select('in', ['columns', 'indexes', 'constraints', 'storage']) | list -%}
      {%- do rsdbt_carry(rsdbt_attachments(pairs, kinds, stage), ['slow']) -%}
    {%- endif -%}
    {%- if existing_relation.is_table -%}
      {%- do run_query('lock table only ' ~ existing_relation ~ ' in access exclusive mode') -%}
    {%- endif -%}
    {%- do steps.extend(rsdbt_attachments(pairs, kinds, stage)) -%}
    {%- if stage == 'aside' -%}
      {%- do rsdbt_carry(steps, ['slow']) -%}
    {%- endif -%}
  {%- endif -%}
  {%- do rsdbt_leave_for_last(steps, stage) -%}
  {{ return(steps) }}
{% endmacro %}

{% macro rsdbt_attachments(pairs, kinds, stage) %}
  {%- set query -%}
    {{ rsdbt_attachment_pairs_sql(pairs) }}
    select
      case when part = 'early' and old_id in (select pair.old_id from pair where is_part) then 'name' else part end as part,
      rank, name, what, present, sql, old_id::pg_catalog.int8
    from (
      {{ rsdbt_steps_of_kinds(kinds, stage) | join('\n      union all ') }}
    ) as step (part, rank, name, what, present, sql, old_id)
    order by rank, name, what, sql
  {%- endset -%}
  {%- set rows = adapter.introspect(query).rows -%}
  {%- set refused = rows | selectattr('part', 'equalto', 'refuse') | list -%}
  {%- if refused -%}
    {{ exceptions.raise_database_error(
      'cannot rebuild ' ~ refused[0]['name'] ~ ': ' ~ refused | map(attribute='what') | join('; ')
      ~ '\nHINT:  drop what holds it before the run, or build the model without a rebuild (materialized: incremental)'
    ) }}
  {%- endif -%}
  {{ return(rows) }}
{% endmacro %}
