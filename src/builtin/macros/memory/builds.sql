{# What rsdbt itself put into a relation: today the loads of seeds. Works, and knows nothing, where there can be no memory. #}

{# {kind, row_count, project, node, target, built_at} of an existing relation, else none. #}
{% macro rsdbt_known_build(relation) %}
  {%- if not execute or not rsdbt_memory(required=false) -%}
    {{ return(none) }}
  {%- endif -%}
  {%- set query -%}
    select built.kind, built.row_count, built.project, built.node, built.target, built.built_at::text
    from rsdbt.builds as built
    join rsdbt.relations as known using (relation)
    where known.relation = {{ rsdbt_regclass(relation) }} and {{ rsdbt_named('known.relation', 'known.schema_name', 'known.relation_name') }}
  {%- endset -%}
  {%- for row in adapter.introspect(query).rows -%}
    {{ return({'kind': row[0], 'row_count': row[1], 'project': row[2], 'node': row[3], 'target': row[4], 'built_at': row[5]}) }}
  {%- endfor -%}
  {{ return(none) }}
{% endmacro %}

{# False where there can be no memory, or none for the role: only who acts as the owner has it. `relation` may be built aside of `this`. #}
{% macro rsdbt_remember_build(relation, kind, row_count) %}
  {%- if not execute or not rsdbt_memory(required=false) -%}
    {{ return(false) }}
  {%- endif -%}
  {%- set query -%}
    with forgotten as ({{ rsdbt_forget_orphans_sql() }})
    select pg_catalog.pg_has_role(relowner, 'USAGE') from pg_catalog.pg_class where oid = {{ rsdbt_regclass(relation) }}
  {%- endset -%}
  {%- if not adapter.introspect(query).rows[0][0] -%}
    {{ return(false) }}
  {%- endif -%}
  {%- set oid = rsdbt_remember_relation(relation) -%}
  {%- set query -%}
    insert into rsdbt.builds (relation, kind, row_count, project, node, target)
    values (
      {{ oid }}, '{{ escape_single_quotes(kind) }}', {{ row_count }}, '{{ escape_single_quotes(project_name) }}',
      '{{ escape_single_quotes(model.unique_id) }}', '{{ escape_single_quotes(target.name) }}'
    )
    on conflict (relation) do update set
      kind = excluded.kind, row_count = excluded.row_count, project = excluded.project, node = excluded.node,
      target = excluded.target, built_at = excluded.built_at
  {%- endset -%}
  {%- do adapter.introspect(query) -%}
  {{ return(true) }}
{% endmacro %}
