{# The columns of a table of deleted keys follow the table that it belongs to: those of the order, and the types of all. #}

{# Columns that the order got later are added: for the keys deleted before they are null, the oldest. Gives those it lost. #}
{% macro rsdbt_follow_order(tombstones, target, keys) %}
  {%- set needed = [] -%}
  {%- for name in rsdbt_plain_names(keys + rsdbt_order_columns()) -%}
    {%- do needed.append("'" ~ escape_single_quotes(name) ~ "'") -%}
  {%- endfor -%}
  {%- set query -%}
    select
      coalesce(mine.attname, wanted.attname)::pg_catalog.text, pg_catalog.quote_ident(coalesce(mine.attname, wanted.attname)),
      pg_catalog.format_type(wanted.atttypid, wanted.atttypmod), mine.attname is null
    from (select * from pg_catalog.pg_attribute where attrelid = {{ rsdbt_regclass(tombstones) }} and attnum > 0 and not attisdropped) as mine
    full join (
      select * from pg_catalog.pg_attribute
      where attrelid = {{ rsdbt_regclass(target) }} and not attisdropped and attname = any (array[{{ needed | join(', ') }}]::pg_catalog.name[])
    ) as wanted using (attname)
    where mine.attname is null or wanted.attname is null or mine.atttypid <> wanted.atttypid or mine.atttypmod <> wanted.atttypmod
    order by 1
  {%- endset -%}
  {%- set unused = [] -%}
  {%- for row in adapter.introspect(query).rows -%}
    {%- if row[2] is none -%}
      {%- do unused.append(row[1]) -%}
    {%- elif not row[3] -%}
      {%- do run_query('alter table ' ~ tombstones ~ ' alter column ' ~ row[1] ~ ' type ' ~ row[2]) -%}
    {%- else -%}
      {%- do rsdbt_refuse_other_updated_at(tombstones, row[0], row[1]) -%}
      {%- do run_query('alter table ' ~ tombstones ~ ' add column ' ~ row[1] ~ ' ' ~ row[2]) -%}
    {%- endif -%}
  {%- endfor -%}
  {{ return(unused) }}
{% endmacro %}

{# Deletes without a value of `updated_at` would hold against no row. An empty table has none. #}
{% macro rsdbt_refuse_other_updated_at(tombstones, name, quoted) %}
  {%- if name in rsdbt_plain_names(config.get('updated_at')) and run_query('select exists (select from ' ~ tombstones ~ ')').rows[0][0] -%}
    {{ exceptions.raise_database_error(
      'the deletes in ' ~ tombstones.render() ~ ' are remembered without the `updated_at` ' ~ quoted ~ ': the deleted rows would come back; nothing was changed'
      ~ '\nhelp: if the column was renamed, rename it there, too: alter table ' ~ tombstones.render() ~ ' rename column .. to ' ~ quoted
      ~ '. Or set `updated_at` back, or forget the deletes: drop table ' ~ tombstones.render()
    ) }}
  {%- endif -%}
{% endmacro %}

{#
  A table of that name that is not known to be of deleted keys, and does not look like one: without the memory, after a restore, nothing but its
  columns says so.
#}
{% macro rsdbt_refuse_table_of_others(tombstones, keys) %}
  {%- set names = [] -%}
  {%- for name in rsdbt_plain_names(keys + rsdbt_order_columns()) -%}
    {%- do names.append("'" ~ escape_single_quotes(name) ~ "'") -%}
  {%- endfor -%}
  {%- set query -%}
    select class.relkind = 'r' and not exists (
      select from pg_catalog.pg_attribute
      where attrelid = class.oid and attnum > 0 and not attisdropped and attname <> all (array[{{ names | join(', ') }}]::pg_catalog.name[])
    )
    from pg_catalog.pg_class as class
    where class.oid = {{ rsdbt_regclass(tombstones) }} and not exists (
      select from rsdbt.tombstones as known
      where known.tombstones = class.oid and {{ rsdbt_named('known.tombstones', 'known.schema_name', 'known.tombstones_name') }}
    )
  {%- endset -%}
  {%- for looks_like_one, in adapter.introspect(query).rows if not looks_like_one or not rsdbt_has_unique_index(tombstones, keys) -%}
    {{ exceptions.raise_database_error(
      tombstones.render() ~ ' is not a table of deleted keys of ' ~ this.render() ~ ': it has other columns or no unique index over the key; nothing was changed'
      ~ '\nhelp: `delete_when` keeps the deleted keys in a table of that name: rename the one that is there, or give the model another alias'
    ) }}
  {%- endfor -%}
{% endmacro %}
