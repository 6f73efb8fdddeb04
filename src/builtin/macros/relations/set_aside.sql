{# What becomes of the old relation in the end: dropped, or set aside for those of this run that still read it. #}

{# Indexes, partitions, statistics and sequences have names of their own in the schema: the successor needs them. #}
{% macro rsdbt_set_names_aside(id) -%}
  for part in
    with family (id) as (
      select {{ id }} union select relid from pg_partition_tree({{ id }})
    )
    select
      case relation.relkind when 'i' then 'index' when 'I' then 'index' when 'S' then 'sequence' else 'table' end as word,
      relation.oid::regclass::text as name, {{ rsdbt_backup_name_sql('relation.relname', 'relation.oid') }} as backup, relation.relname as had
    from pg_class as relation
    where relation.oid in (select family.id from family where family.id <> {{ id }})
      or relation.oid in (select indexrelid from pg_index join family on indrelid = family.id)
      or relation.relkind = 'S' and relation.oid in (
        select objid from pg_depend join family on refobjid = family.id
        where classid = 'pg_class'::regclass and refclassid = 'pg_class'::regclass and deptype in ('a', 'i')
      )
    union all
    select 'statistics', format('%I.%I', nspname, stxname), {{ rsdbt_backup_name_sql('stxname', 'pg_statistic_ext.oid') }}, stxname
    from pg_statistic_ext
    join family on stxrelid = family.id
    join pg_namespace on pg_namespace.oid = stxnamespace
  loop
    if part.had !~ '__dbt_backup_[0-9a-f]{8}$' then
      execute format('alter %s %s rename to %I', part.word, part.name, part.backup);
    end if;
  end loop;
{%- endmacro %}

{# From the outside in. What is set aside takes part in nothing any more: its own foreign keys go. #}
{% macro rsdbt_drop_or_keep_old(target_relation) -%}
  for place in reverse array_upper(old, 1)..1 loop
    select
      case relation.relkind when 'v' then 'view' when 'm' then 'materialized view' else 'table' end as word,
      relation.oid::regclass::text as name, {{ rsdbt_backup_target_sql('relation') }} as target
    into kept
    from pg_class as relation
    where relation.oid = old[place];
    begin
      execute format('drop %s %s', kept.word, kept.name);
    exception when dependent_objects_still_exist then
      get stacked diagnostics detail = pg_exception_detail;
      if not exists (
        select from pg_depend as link
        join pg_rewrite as rule on rule.oid = link.objid and rule.ev_class <> old[place]
        where link.classid = 'pg_rewrite'::regclass and link.refclassid = 'pg_class'::regclass and link.refobjid = old[place]
          and (rule.ev_class = any (staying) or rule.ev_class = any (old))
      ) then
        raise exception using
          errcode = 'dependent_objects_still_exist',
          message = {{ rsdbt_quoted('cannot rebuild ' ~ target_relation.render() ~ ': other objects depend on it and cannot move to another table') }},
          detail = detail, hint = 'drop them first, or keep the table with materialized: incremental';
      end if;
      if kept.target is null then
        {{ rsdbt_set_names_aside('old[place]') }}
        for part in select conname from pg_constraint where conrelid = old[place] and contype = 'f' and conparentid = 0 loop
          execute format('alter table %s drop constraint %I', kept.name, part.conname);
        end loop;
        execute format('comment on %s %s is %L', kept.word, kept.name, json_build_object(
          'rsdbt_backup_of', names[place], 'note', 'Kept until everything that reads it has been rebuilt'
        ));
      end if;
    end;
  end loop;
{%- endmacro %}
