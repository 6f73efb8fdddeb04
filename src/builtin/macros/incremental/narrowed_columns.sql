{#
  Columns of a consuming model where an INSERT converts without an error and without all of the value. Domains and arrays are seen
  through: what counts is the type of their values.
#}

{% macro rsdbt_narrowed_columns(source_relation, target_relation, of_source='in the query', of_target='in the table', names=none) %}
  {%- set query -%}
    with recursive step (relation, attname, written, id, typmod, dimensions) as (
      select attrelid, attname, pg_catalog.format_type(atttypid, atttypmod), atttypid, atttypmod, 0
      from pg_catalog.pg_attribute
      where attrelid in ({{ rsdbt_regclass(source_relation) }}, {{ rsdbt_regclass(target_relation) }}) and attnum > 0 and not attisdropped
      union all
      select relation, attname, written, case typtype when 'd' then typbasetype else typelem end,
        case typtype when 'd' then typtypmod else typmod end, case typtype when 'd' then dimensions else 1 end
      from step join pg_catalog.pg_type on pg_type.oid = step.id
      where {{ rsdbt_wraps_a_type_sql() }}
    ), leaf as (
      select
        step.*, {{ rsdbt_kept_of_type_sql() }},
        typcategory = 'S' and pg_type.oid <> 'pg_catalog.name'::pg_catalog.regtype as is_text,
        typnamespace = 'pg_catalog'::pg_catalog.regnamespace as is_builtin
      from step join pg_catalog.pg_type on pg_type.oid = step.id
      where not {{ rsdbt_wraps_a_type_sql() }}
    )
    select source.attname || ': ' || source.written || ' {{ of_source }}, ' || target.written || ' {{ of_target }}', source.attname
    from leaf as source
    join leaf as target using (attname)
    left join pg_catalog.pg_cast on castsource = source.id and casttarget = target.id
    where source.relation = {{ rsdbt_regclass(source_relation) }} and target.relation = {{ rsdbt_regclass(target_relation) }}
      and not case
        when target.is_text then true
        when source.dimensions <> target.dimensions then false
        when source.id = target.id then {{ rsdbt_keeps_detail_sql() }}
        when source.is_integer and target.is_integer then true
        when source.id = 1700 and target.is_integer then source.keeps <= 0
        when target.id = 701 then source.id in (21, 23, 700)
        when target.id = 700 then source.id = 21
        when castmethod = 'b' then target.typmod = -1 or target.id in (1560, 1562)
        when castcontext = 'i' and source.is_builtin and target.is_builtin and target.id <> 19 then {{ rsdbt_keeps_detail_sql() }}
        else false
      end
    order by 1
  {%- endset -%}
  {%- set found = [] -%}
  {%- for row in adapter.introspect(query).rows if names is none or row[1] in names -%}
    {%- do found.append(row[0]) -%}
  {%- endfor -%}
  {{ return(found) }}
{% endmacro %}
