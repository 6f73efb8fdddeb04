{# The tables of a load. `load` is what the program knows of it: columns, unique_key, mode, staged, keeps_rejects. #}

{# Opens the transaction of the load. Gives the relation of the rejected lines. #}
{% macro rsdbt_load_begin(relation, load) %}
  {%- do rsdbt_load_open(relation, load) -%}
  {%- set rejects = make_relation_with_suffix(relation, '__rejects') -%}
  {%- if load.keeps_rejects -%}
    {%- do rsdbt_load_create_rejects(rejects) -%}
    {%- if load.mode == 'replace' -%}
      {#- Those of rows that are replaced too. -#}
      {%- call statement('rejects_emptied') -%}delete from {{ rejects }}{%- endcall -%}
    {%- endif -%}
  {%- endif -%}
  {%- if load.staged -%}
    {%- call statement('staged') -%}{{ rsdbt_load_staged_sql(load) }}{%- endcall -%}
  {%- endif -%}
  {{ return(rejects) }}
{% endmacro %}

{# Whether the table is a new one. #}
{% macro rsdbt_load_open(relation, load) %}
  {%- do rsdbt_memory() -%}
  {%- do rsdbt_begin_where_needed() -%}
  {%- call statement('declared') -%}{{ rsdbt_load_declared_sql(load) }}{%- endcall -%}
  {%- set kind = rsdbt_load_kind(relation) -%}
  {%- if kind is not none -%}
    {%- do rsdbt_load_admit(relation, load, kind) -%}
    {%- do rsdbt_load_require_record(relation) if load.relies_on_record -%}
    {{ return(false) }}
  {%- endif -%}
  {%- call statement('table') -%}{{ rsdbt_load_create_sql(relation.render(), load) }}{%- endcall -%}
  {%- if load.unique_key -%}
    {%- call statement('key') -%}create unique index on {{ relation }} ({{ rsdbt_load_names(load.unique_key) }}){%- endcall -%}
  {%- endif -%}
  {{ return(true) }}
{% endmacro %}

{% macro rsdbt_load_names(names) -%}
  {%- for name in names %}{{ adapter.quote(name) }}{{ ', ' if not loop.last }}{% endfor -%}
{%- endmacro %}

{# The declared types, for the server to name. #}
{% macro rsdbt_load_declared_sql(load) -%}
  create temporary table rsdbt_declared ({% for column in load.columns %}{{ adapter.quote(column.name) }} {{ column.type }}{{ ', ' if not loop.last }}{% endfor %}
  {%- if load.mark %}, {{ adapter.quote(load.mark) }} timestamp with time zone{% endif %}) on commit drop
{%- endmacro %}

{% macro rsdbt_load_create_sql(name, load) -%}
  create table {{ name }} ({{ adapter.render_raw_columns_constraints(raw_columns=load.declared) | join(', ') }})
{%- endmacro %}

{# The files in their order and their lines beside the columns; what only the server can judge arrives as text. #}
{% macro rsdbt_load_staged_sql(load) -%}
  create temporary table rsdbt_staged (rsdbt_file integer default 0, rsdbt_line bigint{{ ', rsdbt_text text' if load.keeps_lines }}{% for column in load.columns %}, {{ adapter.quote(column.name) }} {{ 'text' if column.is_judged_by_server else column.arriving or column.type }}{% endfor %}) on commit drop
{%- endmacro %}

{# The kind of the relation as pg_class has it; none where there is no such relation. #}
{% macro rsdbt_load_kind(relation) %}
  {%- set query -%}
    select class.relkind::text, pg_catalog.pg_has_role(class.relowner, 'USAGE'), pg_catalog.pg_get_userbyid(class.relowner)::text, (
      select pg_catalog.string_agg(pg_catalog.format('`%s`', inhrelid::pg_catalog.regclass), ', ') from pg_catalog.pg_inherits where inhparent = class.oid and class.relkind = 'r'
    ), pg_catalog.row_security_active(class.oid)
    from pg_catalog.pg_class as class where class.oid = {{ rsdbt_regclass(relation) }}
  {%- endset -%}
  {%- for row in adapter.introspect(query).rows -%}
    {{ return({'kind': row[0], 'is_own': row[1], 'owner': row[2], 'heirs': row[3], 'hides_rows': row[4]}) }}
  {%- endfor -%}
  {{ return(none) }}
{% endmacro %}
