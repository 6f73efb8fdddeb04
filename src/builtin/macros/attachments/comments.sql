{# Comments and security labels of the relation and its columns. `persist_docs` decides the comments that it writes. #}

{% macro rsdbt_comments_sql() -%}
  {%- set of_relation = 'is_part' if config.persist_relation_docs() else 'true' -%}
  {%- set of_columns = 'is_part' if config.persist_column_docs() else 'true' -%}
  select
    case when is_there is false then 'late' else 'early' end, 340, name, coalesce('comment on column ' || pg_catalog.quote_ident(attname), 'comment'), null,
    case when objsubid = 0 then pg_catalog.format('comment on %s %s is %L', word, name, description)
    else pg_catalog.format('comment on column %s.%I is %L', name, attname, description) end, old_id
  from pair
  join pg_catalog.pg_description on objoid = old_id and classoid = 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid
  left join (select old_id as col_of, attname, attnum, is_there from col where is_kept) as kept on col_of = old_id and attnum = objsubid
  where case when objsubid = 0 then {{ of_relation }} else attname is not null and {{ of_columns }} end
  union all
  select
    case when is_there is false then 'late' else 'early' end, 350, name, 'security label of ' || provider, null,
    case when objsubid = 0 then pg_catalog.format('security label for %I on %s %s is %L', provider, word, name, label)
    else pg_catalog.format('security label for %I on column %s.%I is %L', provider, name, attname, label) end, old_id
  from pair
  join pg_catalog.pg_seclabel on objoid = old_id and classoid = 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid
  left join (select old_id as col_of, attname, attnum, is_there from col where is_kept) as kept on col_of = old_id and attnum = objsubid
  where objsubid = 0 or attname is not null
{%- endmacro %}

{# The statement that gives an object its comment again, as the end of a script. #}
{% macro rsdbt_comment_again_sql(catalog, id, object) -%}
  coalesce((
    select pg_catalog.format(e';\ncomment on %s is %L', {{ object }}, description)
    from pg_catalog.pg_description
    where objoid = {{ id }} and objsubid = 0 and classoid = 'pg_catalog.{{ catalog }}'::pg_catalog.regclass::pg_catalog.oid
  ), '')
{%- endmacro %}

{# And the extensions that it goes with. #}
{% macro rsdbt_extension_again_sql(catalog, id, object) -%}
  coalesce((
    select pg_catalog.string_agg(pg_catalog.format(e';\nalter %s depends on extension %I', {{ object }}, extname), '')
    from pg_catalog.pg_depend
    join pg_catalog.pg_extension on pg_extension.oid = refobjid
    where objid = {{ id }} and classid = 'pg_catalog.{{ catalog }}'::pg_catalog.regclass::pg_catalog.oid and deptype = 'x'
      and refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass::pg_catalog.oid
  ), '')
{%- endmacro %}
