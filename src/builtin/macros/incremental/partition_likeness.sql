{#
  Whether a table made like the parent is all that a partition is. If not, its rows are replaced in place. And what a new
  partition has of its parent beyond that.
#}

{# `class` is the partition. #}
{% macro rsdbt_is_like_parent_sql() -%}
  pg_catalog.pg_get_userbyid(class.relowner) = current_user and class.relreplident = 'd' and class.relpersistence = 'p' and class.reltablespace = 0
      and class.relam = (select oid from pg_catalog.pg_am where amname = pg_catalog.current_setting('default_table_access_method'))
      and not exists (select from pg_catalog.pg_class as toast where toast.oid = class.reltoastrelid and toast.reloptions is not null)
      and not exists (select from pg_catalog.pg_description where objoid = class.oid and objsubid = 0 and classoid = class.tableoid)
      and not exists (select from pg_catalog.pg_subscription_rel where srrelid = class.oid)
      and not exists (
        select from pg_catalog.pg_depend as link
        where link.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass::pg_catalog.oid and link.deptype = 'n'
          and link.refobjid in (class.reltype, (select typarray from pg_catalog.pg_type where oid = class.reltype))
      )
      and not exists (
        select from pg_catalog.pg_depend as link
        left join pg_catalog.pg_class as sequence on sequence.oid = link.objid and sequence.relkind = 'S'
        where link.classid = class.tableoid and (link.objid = class.oid and link.deptype = 'e'
          or link.refclassid = class.tableoid and link.refobjid = class.oid and link.deptype = 'a' and sequence.oid is not null)
      )
      and not exists (
        select from pg_catalog.pg_index
        join pg_catalog.pg_class as index_relation on index_relation.oid = indexrelid
        where indrelid = class.oid and (indisclustered or not index_relation.relispartition)
      )
      and not exists (
        select from pg_catalog.pg_constraint
        where conrelid = class.oid and conparentid = 0 and coninhcount = 0 and not {{ rsdbt_is_check_of_bounds_sql('pg_constraint', 'class.oid') }}
      )
      and (select pg_catalog.count(*) from pg_catalog.pg_statistic_ext where stxrelid = class.oid)
        <= (select pg_catalog.count(*) from pg_catalog.pg_statistic_ext join pg_catalog.pg_inherits on inhparent = stxrelid where inhrelid = class.oid)
      and not exists (
        select from pg_catalog.pg_attribute as own
        join pg_catalog.pg_inherits on inhrelid = class.oid
        left join pg_catalog.pg_attribute as of_parent on of_parent.attrelid = inhparent and of_parent.attname = own.attname
        where own.attrelid = class.oid and own.attnum > 0 and not own.attisdropped and (
          own.attacl is not null or own.attoptions is not null or coalesce(own.attstattarget, -1) >= 0
          or (own.attstorage, own.attcompression, own.attnotnull, own.atthasdef)
            is distinct from (of_parent.attstorage, of_parent.attcompression, of_parent.attnotnull, of_parent.atthasdef)
          or pg_catalog.col_description(class.oid, own.attnum) <> coalesce(pg_catalog.col_description(inhparent, of_parent.attnum), '')
        )
      )
{%- endmacro %}

{# The check that a partition was built with says what its bounds say. Of the constraints of `table_id` only: others may be dropped meanwhile. #}
{% macro rsdbt_is_check_of_bounds_sql(con, table_id) -%}
  case when {{ con }}.contype = 'c' and {{ con }}.conrelid = {{ table_id }} then
    pg_catalog.translate(pg_catalog.pg_get_constraintdef({{ con }}.oid), '() ', '')
      = pg_catalog.translate('CHECK' || pg_catalog.pg_get_partition_constraintdef({{ table_id }}), '() ', '')
  else false end
{%- endmacro %}

{# What a new partition needs beside `like`, once it is attached: publications look at its own replica identity. #}
{% macro rsdbt_replica_identity_of_parent(target, partition) %}
  {%- set identity = adapter.introspect('select relreplident::text from pg_catalog.pg_class where oid = ' ~ rsdbt_regclass(target)).rows[0][0] -%}
  {%- if identity in ['f', 'n'] -%}
    {{ return(['alter table ' ~ partition ~ ' replica identity ' ~ ('full' if identity == 'f' else 'nothing')]) }}
  {%- elif identity == 'i' -%}
    {%- set body -%}
      begin execute (
        select pg_catalog.format('alter table %s replica identity using index %I', {{ rsdbt_literal(partition.render()) }}, index_relation.relname)
        from pg_catalog.pg_index as of_parent
        join pg_catalog.pg_inherits on inhparent = of_parent.indexrelid
        join pg_catalog.pg_index as own on own.indexrelid = inhrelid and own.indrelid = {{ rsdbt_regclass(partition) }}
        join pg_catalog.pg_class as index_relation on index_relation.oid = own.indexrelid
        where of_parent.indrelid = {{ rsdbt_regclass(target) }} and of_parent.indisreplident
      ); end
    {%- endset -%}
    {{ return(['do ' ~ rsdbt_literal(body)]) }}
  {%- endif -%}
  {{ return([]) }}
{% endmacro %}
