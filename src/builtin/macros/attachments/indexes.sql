{#
  Indexes that the config does not make. An index whose name is a hash was made by an earlier config, and goes with it. Made
  aside, it waits under a name of its own until the old index is gone or has made room.
#}

{% macro rsdbt_attached_indexes_sql(stage) -%}
  {%- set names = ['null'] -%}
  {%- for index in config.get('indexes', default=[]) or [] if rsdbt_kept_index_name(index) -%}
    {%- do names.append(rsdbt_literal(rsdbt_kept_index_name(index))) -%}
  {%- endfor -%}
  {%- set target = 'name' if stage == 'last' else 'aside' -%}
  {%- set made_as = 'index_name' if stage == 'last' else 'waiting_name' -%}
  select
    case when fits then 'slow' else 'late' end, case when fits then 135 else 600 end, name, pg_catalog.format('index %I', index_name),
    {{ rsdbt_has_index_sql('case when fits then ' ~ target ~ ' else name end') }},
    case when fits then
      pg_catalog.format('create %sindex %I on %s%s', case when indisunique then 'unique ' else '' end, {{ made_as }}, {{ target }}, tail)
      || {{ rsdbt_index_properties_sql(made_as) }}
    end, old_id
  from pair
  {{ rsdbt_old_indexes_sql() }}
  where index_name not in (select configured from pg_catalog.unnest(array[{{ names | join(', ') }}]::text[]) as configured where configured is not null)
    and index_name !~ '^[0-9a-f]{32}$' and constraint_id is null and not is_of_partitioned and indisvalid
  {%- if stage != 'last' %}
  union all
  select
    'name', 300, name, pg_catalog.format('index %I', index_name), pg_catalog.format('pg_catalog.to_regclass(%L) is null', waiting),
    pg_catalog.format('alter index %s rename to %I', waiting, index_name), old_id
  from pair
  {{ rsdbt_old_indexes_sql() }}
  cross join lateral (select pg_catalog.format('%I.%I', nspname, waiting_name)) as named (waiting)
  where constraint_id is null and index_name !~ '^[0-9a-f]{32}$' and not is_of_partitioned and indisvalid and fits
  {%- endif %}
{%- endmacro %}

{% macro rsdbt_old_indexes_sql() -%}
  join pg_catalog.pg_index on indrelid = old_id
  cross join lateral (
    select
      index.relname, 'rsdbt_' || index.oid::text, pg_constraint.oid, index.relispartition, schema.nspname, index.reloptions, tablespace.spcname,
      substr(definition, pg_catalog.strpos(definition, ' USING ')),
      new_kind in ('r', 'm') and not exists (
        select from pg_catalog.pg_depend
        join col on col.old_id = pair.old_id and col.attnum = refobjsubid
        where objid = index.oid and pg_depend.classid = 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid
          and refobjid = pair.old_id and not is_kept
      )
    from pg_catalog.pg_class as index
    join pg_catalog.pg_namespace as schema on schema.oid = index.relnamespace
    cross join lateral (select case when index.oid = indexrelid then pg_catalog.pg_get_indexdef(index.oid) end) as made (definition)
    left join pg_catalog.pg_tablespace as tablespace on tablespace.oid = index.reltablespace
    left join pg_catalog.pg_constraint on conindid = index.oid and contype in ('p', 'u', 'x')
    where index.oid = indexrelid
  ) as old_index (index_name, waiting_name, constraint_id, is_of_partitioned, nspname, index_options, spcname, tail, fits)
{%- endmacro %}
