{# Columns of a consuming model: what the table cannot hold would be lost with the staged rows. #}

{# Only what the user has written counts: dbt's default is `ignore`. #}
{% macro rsdbt_refuse_unapplied_columns(reading, source_relation, target_relation) %}
  {%- set written = config.get('on_schema_change') if 'on_schema_change' in model.unrendered_config -%}
  {%- if not reading['staging'] or written in ['ignore', 'sync_all_columns', 'fail'] -%}
    {{ return('') }}
  {%- endif -%}
  {%- set changes = check_for_schema_changes(source_relation, target_relation) -%}
  {%- set added = changes['source_not_in_target'] | map(attribute='name') | list -%}
  {%- set removed = changes['target_not_in_source'] | map(attribute='name') | list -%}
  {%- if (added or removed) and written != 'append_new_columns' -%}
    {{ exceptions.raise_compiler_error(
      '`consume`: the columns of the query and of ' ~ target_relation ~ ' differ, and nothing was consumed.\n'
      ~ ('  New in the query: ' ~ added | join(', ') ~ '\n' if added)
      ~ ('  Missing in the query: ' ~ removed | join(', ') ~ '\n' if removed)
      ~ 'Name the columns in the query, or set on_schema_change: `append_new_columns` adds new ones to the table, `sync_all_columns` also'
      ~ ' drops missing ones, `ignore` discards the values of new ones'
    ) }}
  {%- endif -%}
  {%- set narrowed = rsdbt_narrowed_columns(source_relation, target_relation) -%}
  {%- if narrowed -%}
    {{ exceptions.raise_compiler_error(
      '`consume`: ' ~ target_relation ~ ' would round or cut values, and nothing was consumed.\n  ' ~ narrowed | join('\n  ') ~ '\n'
      ~ 'Cast the column in the query, alter the table, or set on_schema_change to `sync_all_columns`'
    ) }}
  {%- endif -%}
{% endmacro %}

{# Pairs of types where an INSERT converts without an error and without all of the value. #}
{% macro rsdbt_narrowed_columns(source_relation, target_relation) %}
  {%- set query -%}
    with columns as (
      select attrelid, attname, atttypmod, typcategory, coalesce(nullif(typbasetype, 0), pg_type.oid) as base,
        pg_catalog.format_type(atttypid, atttypmod) as written, ((atttypmod - 4) & 2047 # 1024) - 1024 as scale
      from pg_catalog.pg_attribute join pg_catalog.pg_type on pg_type.oid = atttypid
      where attnum > 0 and not attisdropped
    )
    select source.attname || ': ' || source.written || ' in the query, ' || target.written || ' in the table'
    from columns as source
    join columns as target on target.attname = source.attname
    where source.attrelid = {{ rsdbt_regclass(source_relation) }}
      and target.attrelid = {{ rsdbt_regclass(target_relation) }}
      and target.typcategory <> 'S'
      and case
        when source.base <> target.base then
          not (source.base in (20, 21, 23) and target.base in (20, 21, 23))
          and (
            target.base in (700, 701) and not (target.base = 701 and source.base in (21, 23, 700))
            or not exists (
              select from pg_catalog.pg_cast
              where castsource = source.base and casttarget = target.base and castcontext = 'i'
            )
          )
        when target.atttypmod = -1 then false
        when source.base = 1700 then source.atttypmod = -1 or source.scale > target.scale
        when source.base in (1083, 1114, 1184, 1266) then source.atttypmod = -1 or source.atttypmod > target.atttypmod
        else false
      end
  {%- endset -%}
  {%- set found = [] -%}
  {%- for row in run_query(query) -%}
    {%- do found.append(row[0]) -%}
  {%- endfor -%}
  {{ return(found) }}
{% endmacro %}
