{#
  Triggers, rules and row security of a partitioned table do not see rows that are built aside and swapped in. Where it has any, the rows of a
  period are replaced in place, through the table: whether they act does not depend on how the rows come in.
#}

{# Of the table itself, and for this role and session. #}
{% macro rsdbt_table_acts_on_rows(target) %}
  {%- set query -%}
    select pg_catalog.row_security_active({{ rsdbt_regclass(target) }}::pg_catalog.oid)
      or exists (
        select from pg_catalog.pg_trigger
        where tgrelid = {{ rsdbt_regclass(target) }} and not tgisinternal and tgtype operator(pg_catalog.&) 12::pg_catalog.int2 > 0::pg_catalog.int2
          and tgenabled in ('A', case pg_catalog.current_setting('session_replication_role') when 'replica' then 'R'::pg_catalog."char" else 'O'::pg_catalog."char" end)
      )
      or exists (select from pg_catalog.pg_rewrite where ev_class = {{ rsdbt_regclass(target) }} and ev_type in ('3', '4') and ev_enabled <> 'D')
  {%- endset -%}
  {{ return(adapter.introspect(query).rows[0][0]) }}
{% endmacro %}

{#
  {rows, error, fresh: none}. A period without a partition gets an empty one: `has_place` is false. One from before the table got a replica identity
  gets it, too: it would refuse the deletes that it publishes.
#}
{% macro rsdbt_overwrite_through(target, rows, columns, window, partition, has_place) %}
  {%- set first = [] -%}
  {%- if not has_place -%}
    {%- do first.append('create table ' ~ partition ~ ' (like ' ~ target ~ ' including all excluding statistics excluding identity)') -%}
    {%- do first.append('alter table ' ~ target ~ ' attach partition ' ~ partition ~ ' for values ' ~ rsdbt_partition_bounds(window, rsdbt_field_kind(columns))) -%}
    {%- do first.extend(rsdbt_replica_identity_of_parent(target, partition)) -%}
  {%- elif rsdbt_lacks_replica_identity(partition) -%}
    {%- do first.extend(rsdbt_replica_identity_of_parent(target, partition)) -%}
  {%- endif -%}
  {{ return(rsdbt_overwrite_elsewhere(target, rows, columns, window, first)) }}
{% endmacro %}

{# That of the primary key and no such key, where a publication has its deletes. #}
{% macro rsdbt_lacks_replica_identity(partition) %}
  {%- set query -%}
    select pg_catalog.count(*) from pg_catalog.pg_class as class
    where class.oid = {{ rsdbt_regclass(partition) }} and relreplident = 'd'
      and not exists (select from pg_catalog.pg_index where indrelid = class.oid and indisprimary)
      and relpersistence = 'p' and exists (
        select from pg_catalog.pg_partition_ancestors(class.oid) as family
        join pg_catalog.pg_class as above on above.oid = family.relid::pg_catalog.oid
        join pg_catalog.pg_publication as publication on pubdelete and (
          puballtables
          or exists (select from pg_catalog.pg_publication_rel where prpubid = publication.oid and prrelid = above.oid)
          or exists (select from pg_catalog.pg_publication_namespace where pnpubid = publication.oid and pnnspid = above.relnamespace)
        )
      )
  {%- endset -%}
  {{ return(adapter.introspect(query).rows[0][0] > 0) }}
{% endmacro %}
