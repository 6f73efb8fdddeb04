{#
  A relation that is replaced while something of the same run still reads it is set aside, committed, until the last of
  these has moved. Its comment says what it is and what its successor is called; its name ends with its oid.
#}

{# At most 63 bytes, and free: no other relation has this oid. #}
{% macro rsdbt_backup_name_sql(name, id) -%}
  case when pg_catalog.octet_length({{ name }}::pg_catalog.text) <= 42 then {{ name }}::pg_catalog.text
  else pg_catalog.left(pg_catalog.regexp_replace({{ name }}::pg_catalog.text, '[^ -~]', '_', 'g'), 42) end
  || '__dbt_backup_' || pg_catalog.lpad(pg_catalog.to_hex({{ id }}::pg_catalog.int8), 8, '0')
{%- endmacro %}

{# Null for everything that is not a backup. #}
{% macro rsdbt_backup_target_sql(relation) -%}
  (
    select description::pg_catalog.json ->> 'rsdbt_backup_of'
    from pg_catalog.pg_description
    where objoid = {{ relation }}.oid and objsubid = 0 and classoid = 'pg_catalog.pg_class'::pg_catalog.regclass
      and {{ relation }}.relname ~ '__dbt_backup_[0-9a-f]{8}$' and description like '{"rsdbt_backup_of" : %'
  )
{%- endmacro %}

{# [(backup, target)], as they stand in definitions: the server prints the name of a relation as its alias, too. #}
{% macro rsdbt_backup_names() %}
  {%- set query -%}
    select pg_catalog.quote_ident(relname) as backup, pg_catalog.quote_ident(target) as target
    from pg_catalog.pg_class
    cross join lateral (select {{ rsdbt_backup_target_sql('pg_class') }} as target) as mark
    where relname ~ '__dbt_backup_[0-9a-f]{8}$' and target is not null
  {%- endset -%}
  {{ return(adapter.introspect(query).rows) }}
{% endmacro %}

{# The backups that a view or materialized view reads, and those that these read: oids, outermost first. #}
{% macro rsdbt_backups_under(relation) %}
  {%- if relation is none or not (relation.is_view or relation.is_materialized_view) -%}
    {{ return([]) }}
  {%- endif -%}
  {%- set query -%}
    with recursive read (id, level) as (
      select {{ rsdbt_regclass(relation) }}::pg_catalog.oid, 0
      union
      select relation.oid, read.level + 1
      from read
      join pg_catalog.pg_rewrite as rule on rule.ev_class = read.id and rule.ev_type = '1'
      join pg_catalog.pg_depend as link
        on link.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass and link.objid = rule.oid
        and link.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and link.refobjid <> read.id
      join pg_catalog.pg_class as relation on relation.oid = link.refobjid
      where {{ rsdbt_backup_target_sql('relation') }} is not null
    )
    select id::pg_catalog.int8 from read where level > 0 group by id order by pg_catalog.max(level)
  {%- endset -%}
  {{ return(adapter.introspect(query).rows | map(attribute=0) | list) }}
{% endmacro %}

{# The oids of what was set aside for a relation. #}
{% macro rsdbt_backups_of(relation) %}
  {%- set query -%}
    select relation.oid::pg_catalog.int8
    from pg_catalog.pg_class as target
    join pg_catalog.pg_class as relation
      on relation.relnamespace = target.relnamespace
      and relation.relname >= pg_catalog.left({{ rsdbt_backup_name_sql('target.relname', '0') }}, -8)::pg_catalog.name
      and relation.relname < (pg_catalog.left({{ rsdbt_backup_name_sql('target.relname', '0') }}, -8) || 'g')::pg_catalog.name
    where target.oid = {{ rsdbt_regclass(relation) }} and {{ rsdbt_backup_target_sql('relation') }} = target.relname::pg_catalog.text
  {%- endset -%}
  {{ return(adapter.introspect(query).rows | map(attribute=0) | list) }}
{% endmacro %}
