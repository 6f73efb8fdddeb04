{# Sequences that a column owns, and identity columns. #}

{# Let go before the old table is dropped, and owned by the new column after. #}
{% macro rsdbt_owned_sequences_sql() -%}
  select
    part, rank, name, pg_catalog.format('sequence %s', sequence_name), null,
    pg_catalog.format('alter sequence %s owned by %s', sequence_name, case part when 'detach' then 'none' else pg_catalog.format('%s.%I', name, attname) end),
    old_id
  from col
  {{ rsdbt_sequence_of_column_sql('a') }}
  cross join (values ('detach', 200), ('late', 410)) as step (part, rank)
  where is_there and new_kind <> 'm'
  union all
  select 'late', 600, name, pg_catalog.format('sequence %s', sequence_name), null, null, old_id
  from col
  {{ rsdbt_sequence_of_column_sql('a') }}
  where not is_there or new_kind = 'm'
{%- endmacro %}

{# The last value is read once nobody else can draw one: the setting lives as long as the transaction. #}
{% macro rsdbt_identities_sql() -%}
  select
    'detach', 210, name, pg_catalog.format('identity of column %I', attname), null,
    pg_catalog.format(
      'select pg_catalog.set_config(%L, pg_catalog.concat(last_value, %L, is_called), true) from %s', setting, ' ', sequence_name
    ), old_id
  from col
  {{ rsdbt_sequence_of_column_sql('i') }}
  where identity <> '' and is_there and new_identity = '' and not is_partition and new_kind = 'r'
  union all
  select
    'late', 420, name, pg_catalog.format('identity of column %I', attname), {{ rsdbt_column_has_sql('name', 'attname', "attidentity <> ''''") }},
    pg_catalog.format(
      e'alter table %s alter column %I set not null;\nalter table %s alter column %I add generated %s as identity (sequence name %s '
      'start with %s increment by %s minvalue %s maxvalue %s cache %s %s);\nselect pg_catalog.setval(%L, '
      'pg_catalog.split_part(pg_catalog.current_setting(%L), %L, 1)::pg_catalog.int8, pg_catalog.split_part(pg_catalog.current_setting(%L), %L, 2)::pg_catalog.bool);%s%s',
      name, attname, name, attname, case identity when 'a' then 'always' else 'by default' end, sequence_name,
      seqstart, seqincrement, seqmin, seqmax, seqcache, case when seqcycle then 'cycle' else 'no cycle' end,
      sequence_name, setting, ' ', setting, ' ',
      {{ rsdbt_replace_privileges_sql('sequence_acl', 'default_acl', "'s'", 'owner_id', "'sequence ' || sequence_name") }},
      {{ rsdbt_comment_again_sql('pg_class', 'sequence_id', "'sequence ' || sequence_name") }}
    ), old_id
  from col
  {{ rsdbt_sequence_of_column_sql('i') }}
  join pg_catalog.pg_sequence on seqrelid = sequence_id
  cross join lateral (
    select (select pg_catalog.array_agg(item) from pg_catalog.pg_default_acl, pg_catalog.unnest(defaclacl) as item where defaclobjtype = 'S')
  ) as granted (default_acl)
  where identity <> '' and is_there and new_identity = '' and not is_partition and new_kind = 'r'
  union all
  select 'late', 600, name, pg_catalog.format('identity of column %I', attname), null, null, old_id
  from col
  where identity <> '' and is_there and new_kind <> 'r'
{%- endmacro %}

{% macro rsdbt_sequence_of_column_sql(deptype) -%}
  cross join lateral (
    select
      sequence.oid, pg_catalog.format('%I.%I', schema.nspname, sequence.relname), sequence.relacl,
      pg_catalog.format('rsdbt.identity_%s_%s', old_id, attnum)
    from pg_catalog.pg_depend as link
    join pg_catalog.pg_class as sequence on sequence.oid = link.objid and sequence.relkind = 'S'
    join pg_catalog.pg_namespace as schema on schema.oid = sequence.relnamespace
    where link.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid and link.refobjid = old_id
      and link.refobjsubid = attnum and link.classid = link.refclassid and link.deptype = '{{ deptype }}'
  ) as owned (sequence_id, sequence_name, sequence_acl, setting)
{%- endmacro %}
