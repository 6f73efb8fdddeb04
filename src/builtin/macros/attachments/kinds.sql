{# The kinds of attachments, each with the queries that give its steps. #}

{% macro rsdbt_steps_of_kinds(kinds, stage) %}
  {%- set queries = [
    "select null::text, null::int, null::text, null::text, null::text, null::text, null::pg_catalog.oid where false"
  ] -%}
  {%- for kind in kinds -%}
    {%- if kind == 'privileges' -%}{%- do queries.append(rsdbt_privileges_sql()) -%}
    {%- elif kind == 'comments' -%}{%- do queries.append(rsdbt_comments_sql()) -%}
    {%- elif kind == 'columns' -%}{%- do queries.extend([rsdbt_column_properties_sql(), rsdbt_column_values_sql(stage)]) -%}
    {%- elif kind == 'sequences' -%}{%- do queries.extend([rsdbt_owned_sequences_sql(), rsdbt_identities_sql()]) -%}
    {%- elif kind == 'policies' -%}{%- do queries.append(rsdbt_policies_sql()) -%}
    {%- elif kind == 'triggers' -%}{%- do queries.append(rsdbt_triggers_and_rules_sql()) -%}
    {%- elif kind == 'publications' -%}{%- do queries.append(rsdbt_publications_sql()) -%}
    {%- elif kind == 'statistics' -%}{%- do queries.append(rsdbt_statistics_sql()) -%}
    {%- elif kind == 'indexes' -%}{%- do queries.extend([rsdbt_attached_indexes_sql(stage), rsdbt_index_marks_sql()]) -%}
    {%- elif kind == 'constraints' -%}{%- do queries.append(rsdbt_attached_constraints_sql(stage)) -%}
    {%- elif kind == 'storage' -%}{%- do queries.append(rsdbt_storage_sql(stage)) -%}
    {%- elif kind == 'inheritance' -%}{%- do queries.append(rsdbt_inheritance_sql()) -%}
    {%- elif kind == 'refusals' -%}{%- do queries.append(rsdbt_refused_attachments_sql()) -%}
    {%- endif -%}
  {%- endfor -%}
  {{ return(queries) }}
{% endmacro %}
