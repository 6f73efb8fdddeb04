{#
  Constraints made by hand. A contract decides the constraints of its table: what it does not know is listed. The index of a
  key made aside waits under another name, as indexes do. Since PostgreSQL 18, NOT NULL is a constraint with a name: it
  comes before keys, which would make one of their own.
#}

{% macro rsdbt_attached_constraints_sql(stage) -%}
  {%- set target = 'name' if stage == 'last' else 'aside' -%}
  {%- set made_as = 'conname' if stage == 'last' else 'case when conindid <> 0 and contype <> \'f\' then waiting_name else conname::text end' -%}
  select
    case when not fits or confrelid = old_id then 'late' else 'slow' end,
    case when not fits then 600 else case contype when 'n' then 121 when 'p' then 130 when 'u' then 131 when 'x' then 132 when 'c' then 140
    else case when confrelid = old_id then 480 else 150 end end end,
    name, what,
    pg_catalog.format(
      'exists (select from pg_catalog.pg_constraint where conrelid = %L::pg_catalog.regclass::pg_catalog.oid and (conname = %L or '
      'contype = %L and (contype = %L or pg_catalog.pg_get_constraintdef(oid) = %L)))', on_table, conname, contype, 'p', definition
    ),
    case when fits then
      pg_catalog.format('alter table %s add constraint %I %s', on_table, made_name, pg_catalog.regexp_replace(
        definition, '( DEFERRABLE( INITIALLY DEFERRED)?)?$', coalesce(' ' || index_options, '') || '\1'
      ))
      || coalesce(pg_catalog.format(e';\nalter index %I.%I set tablespace ', nspname, made_name) || pg_catalog.quote_ident(spcname), '')
      || {{ rsdbt_comment_again_sql('pg_class', 'index_id', "pg_catalog.format('index %I.%I', nspname, made_name)") }}
      || {{ rsdbt_comment_again_sql('pg_constraint', 'constraint_id', "pg_catalog.format('constraint %I on %s', made_name, on_table)") }}
    end, old_id
  from pair
  {{ rsdbt_old_constraints_sql() }}
  cross join lateral (
    select case when confrelid = old_id or not fits then name else {{ target }} end, {{ made_as }}
  ) as made (on_table, made_name)
  union all
  {%- if stage != 'last' %}
  select
    'name', 300, name, pg_catalog.format('constraint %I', conname), pg_catalog.format(
      'not exists (select from pg_catalog.pg_constraint where conrelid = %L::pg_catalog.regclass::pg_catalog.oid and conname = %L)', name, waiting_name
    ),
    pg_catalog.format('alter table %s rename constraint %I to %I', name, waiting_name, conname), old_id
  from pair
  {{ rsdbt_old_constraints_sql() }}
  where fits and conindid <> 0 and contype <> 'f'
  union all
  {%- endif %}
  select
    case when has_column then 'slow' else 'late' end, case when has_column then 120 else 600 end, name,
    pg_catalog.format('not null of column %I', attname), {{ rsdbt_column_has_sql('case when has_column then ' ~ target ~ ' else name end', 'attname', 'attnotnull') }},
    case when has_column then pg_catalog.format('alter table %s alter column %I set not null', {{ target }}, attname) end, old_id
  from col
  cross join lateral (select {{ rsdbt_constraints_fit_sql() }}) as there (has_column)
  where loses_not_null and is_kept and pg_catalog.current_setting('server_version_num')::int < 180000
{%- endmacro %}

{% macro rsdbt_constraints_fit_sql() -%}
  new_kind = 'r' and {{ 'is_part' if config.get('contract').enforced else 'true' }}
{%- endmacro %}

{% macro rsdbt_old_constraints_sql() -%}
  cross join lateral (
    select
      con.oid, con.conname,
      case when con.contype = 'n' then pg_catalog.format('not null of column %I', column_name) else pg_catalog.format('constraint %I', con.conname) end,
      con.contype, con.conindid, con.confrelid, 'rsdbt_' || con.oid::text, pg_catalog.pg_get_constraintdef(con.oid),
      case when con.contype in ('p', 'u') then 'WITH (' || pg_catalog.array_to_string(index.reloptions, ', ') || ')' end, schema.nspname, index.oid, tablespace.spcname,
      {{ rsdbt_constraints_fit_sql() }} and not exists (
        select from col
        where col.old_id = pair.old_id and col.attnum = any(con.conkey) and not col.is_kept
      )
    from pg_catalog.pg_constraint as con
    join pg_catalog.pg_namespace as schema on schema.oid = con.connamespace
    left join (select col.old_id, col.attnum, col.attname, col.is_kept from col) as own_column (table_id, number, column_name, is_kept)
      on table_id = pair.old_id and number = con.conkey[1] and con.contype = 'n'
    left join pg_catalog.pg_class as index on index.oid = con.conindid and con.contype <> 'f'
    left join pg_catalog.pg_tablespace as tablespace on tablespace.oid = index.reltablespace
    where con.conrelid = pair.old_id and con.contype in ('c', 'n', 'p', 'u', 'x', 'f') and con.conparentid = 0 and con.coninhcount = 0
      and (con.contype <> 'n' or own_column.is_kept)
      and not (is_part and {{ rsdbt_is_check_of_bounds_sql('con', 'pair.old_id') }})
  ) as old_constraint (
    constraint_id, conname, what, contype, conindid, confrelid, waiting_name, definition, index_options, nspname, index_id, spcname, fits
  )
{%- endmacro %}
