{# Whether what was loaded into a table is known, where nothing else tells: rows without a key, of files that are loaded once. #}

{% macro rsdbt_load_require_record(relation) %}
  {%- if not rsdbt_load_is_recorded(relation) and run_query('select where exists (select from ' ~ relation ~ ')').rows -%}
    {%- set name = relation.include(database=false).render() -%}
    {{ exceptions.raise_database_error(
      'refused to append to ' ~ relation.render() ~ ': it has rows, and rsdbt does not know what was loaded into it: a file that was would be loaded again. Nothing was loaded'
      ~ '\nhelp: set a `unique_key`, with which no row enters twice; or empty the table, to load all files; or, if its rows are of none of the files, run '
      ~ "`rsdbt run-operation rsdbt_append_to_rows --args '" ~ tojson({'table': name}) ~ "'` and load again"
    ) }}
  {%- endif -%}
{% endmacro %}

{# Whether anything was ever loaded into the table. #}
{% macro rsdbt_load_is_recorded(relation) %}
  {%- do rsdbt_memory() -%}
  {%- set query -%}
    select exists (
      select from rsdbt.loads as loaded
      join pg_catalog.pg_class as class on class.oid = loaded.relation and class.reltype = loaded.row_type
      where loaded.relation = {{ rsdbt_regclass(relation) }}
    )
  {%- endset -%}
  {{ return(adapter.introspect(query).rows[0][0]) }}
{% endmacro %}

{# For `rsdbt run-operation`: the rows of the table are others than those of the files that are loaded into it. #}
{% macro rsdbt_append_to_rows(table) %}
  {%- do rsdbt_memory() -%}
  {%- set relation = rsdbt_relation_of(table) -%}
  {%- set count = run_query('select pg_catalog.count(*)::pg_catalog.int8 from ' ~ relation).rows[0][0] -%}
  {%- set rows = {'file': 'rows before the first load', 'bytes': 0, 'checksum': '', 'modified': none, 'read': count, 'applied': count, 'rejected': 0, 'duplicates': 0} -%}
  {%- do rsdbt_load_remember(relation, [rows], {'mode': 'append'}) -%}
  {#- No load that a deadline waits for. -#}
  {%- do run_query("update rsdbt.loads set loaded_at = '1970-01-01 00:00:00+00' where relation = " ~ rsdbt_regclass(relation) ~ " and file = '" ~ rows.file ~ "'") -%}
  {%- do run_query('commit') -%}
  {%- do log(table ~ ': files are loaded beside its ' ~ rsdbt_counted(count, 'row', 'rows'), info=true) -%}
{% endmacro %}
