{# What the columns have besides their values. What a column had that the new relation has no more, is listed. #}

{% macro rsdbt_column_properties_sql() -%}
  select
    'late', 430, name, pg_catalog.format('%s of column %I', property, attname), null,
    pg_catalog.format('alter table %s alter column %I %s', name, attname, change), old_id
  from col
  cross join lateral (
    values
      ('statistics target', 'set statistics ' || statistics_target::text, statistics_target >= 0 and statistics_target <> new_statistics_target),
      (
        'options', pg_catalog.format('set (%s)', pg_catalog.array_to_string(attoptions, ', ')),
        attoptions is not null and attoptions is distinct from new_attoptions
      ),
      (
        'storage',
        'set storage ' || case storage when 'p' then 'plain' when 'e' then 'external' when 'm' then 'main' else 'extended' end,
        new_storage <> storage and type_id = new_type_id
      ),
      (
        'compression', 'set compression ' || case compression when 'l' then 'lz4' else 'pglz' end,
        compression <> '' and compression is distinct from new_compression and (type_id = new_type_id or not is_there)
      )
  ) as kept (property, change, is_other)
  where is_other and is_kept and new_kind in ('r', 'm')
  union all
  select
    'late', 600, name, pg_catalog.format('%s of column %I', properties, attname), null, null, old_id
  from col
  cross join lateral (
    select pg_catalog.concat_ws(
      ', ',
      case when not is_kept and attacl is not null then 'privileges' end,
      case when not is_kept and pg_catalog.col_description(old_id, attnum) is not null then 'comment' end,
      case when not is_kept and exists (
        select from pg_catalog.pg_seclabel
        where objoid = old_id and objsubid = attnum and classoid = 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid
      ) then 'security label' end,
      case when not is_kept and expression is not null then case when generated <> '' then 'expression' else 'default' end end,
      case when is_there and generated <> '' and new_generated = '' then 'expression' end,
      case when not is_kept and identity <> '' then 'identity and values' end,
      case when (not is_kept or new_kind = 'v') and statistics_target >= 0 then 'statistics target' end,
      case when (not is_kept or new_kind = 'v') and attoptions is not null then 'options' end,
      case when old_kind in ('r', 'm') and storage <> default_storage and (not is_kept or is_there and (type_id <> new_type_id or new_kind = 'v')) then 'storage' end,
      case when compression <> '' and (not is_kept or is_there and (type_id <> new_type_id or new_kind = 'v')) then 'compression' end
    )
  ) as lost (properties)
  where properties <> ''
{%- endmacro %}

{% macro rsdbt_column_values_sql(stage) -%}
  {%- set target = 'name' if stage == 'last' else 'aside' -%}
  select
    case when new_kind in ('r', 'v') then 'late' else 'late' end, 400, name, pg_catalog.format('default of column %I', attname),
    {{ rsdbt_column_has_sql('name', 'attname', 'atthasdef') }},
    case when new_kind in ('r', 'v') then pg_catalog.format('alter table %s alter column %I set default %s', name, attname, expression) end, old_id
  from col
  where expression is not null and generated = '' and is_there and new_expression is distinct from expression
  union all
  select
    'slow', 110, name, pg_catalog.format('column %I', attname), null, pg_catalog.format(
      'alter table %s add column %I %s%s generated always as (%s) %s', {{ target }}, attname, type_name,
      coalesce(' collate ' || collation_id::pg_catalog.regcollation::text, ''), expression,
      case generated when 's' then 'stored' else 'virtual' end
    ), old_id
  from col
  where generated <> '' and is_kept and not is_there and not is_partition
{%- endmacro %}

{% macro rsdbt_column_has_sql(target, column, flag) -%}
  pg_catalog.format(
    'exists (select from pg_catalog.pg_attribute where attrelid = %L::pg_catalog.regclass::pg_catalog.oid and attname = %L and {{ flag }})',
    {{ target }}, {{ column }}
  )
{%- endmacro %}
