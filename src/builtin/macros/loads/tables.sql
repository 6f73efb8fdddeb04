{# The tables of a load: the source's own, that of rows that do not fit, and what an existing one has to look like. #}

{% macro rsdbt_load_names(names) %}
  {%- set quoted = [] -%}
  {%- for name in names -%}{%- do quoted.append(adapter.quote(name)) -%}{%- endfor -%}
  {{ return(quoted) }}
{% endmacro %}

{% macro rsdbt_create_loaded_sql(kind, relation, plan) -%}
  {%- set columns = [] -%}
  {%- for column in plan.columns -%}
    {%- do columns.append(adapter.quote(column['name']) ~ ' ' ~ column['sql'] ~ (' not null' if column['required'])) -%}
  {%- endfor -%}
  create {{ kind }} {{ relation }} ({{ columns | join(', ') }})
{%- endmacro %}

{# `replace` makes the table anew, the other modes find it as it is. #}
{% macro rsdbt_refuse_other_columns(relation, plan) %}
  {%- set query -%}
    select attname::pg_catalog.text, pg_catalog.format_type(atttypid, atttypmod)
    from pg_catalog.pg_attribute
    where attrelid = {{ rsdbt_regclass(relation) }} and attnum > 0 and not attisdropped
  {%- endset -%}
  {%- set types = {} -%}
  {%- for name, type in adapter.introspect(query).rows -%}{%- do types.update({name: 'text' if type == 'character varying' else type}) -%}{%- endfor -%}
  {%- for column in plan.columns if types.get(column['name']) != column['type'] -%}
    {{ exceptions.raise_database_error(
      'column ' ~ adapter.quote(column['name']) ~ ' is declared as ' ~ column['type'] ~ ', and the table ' ~ relation.render()
      ~ (' has it as ' ~ types[column['name']] if column['name'] in types else ' does not have it')
      ~ '\nhelp: alter the table or the declaration; what the table has, `mode: ' ~ plan.mode ~ '` keeps'
    ) }}
  {%- endfor -%}
{% endmacro %}

{# A table of rejects says what is in the table: `replace` begins anew. #}
{% macro rsdbt_keep_rejects(target_relation, plan) %}
  {%- set rejects = make_relation_with_suffix(target_relation, '__rejects').incorporate(type='table') -%}
  {%- if load_cached_relation(rejects) is none -%}
    {%- set create -%}
      create table {{ rejects }} (
        file pg_catalog.text not null, line pg_catalog.int8 not null, column_name pg_catalog.text, reason pg_catalog.text not null,
        raw pg_catalog.text not null, loaded_at pg_catalog.timestamptz not null default pg_catalog.now()
      )
    {%- endset -%}
    {%- do run_query(create) -%}
    {%- do adapter.cache_added(rejects) -%}
  {%- elif plan.mode == 'replace' -%}
    {%- do run_query('delete from ' ~ rejects) -%}
  {%- endif -%}
  {%- do adapter.load_rejects(rejects) -%}
{% endmacro %}

{# A dump that was cut off must not empty a table. #}
{% macro rsdbt_refuse_fewer_rows(relation, old, new) %}
  {%- if new * 10 >= old * 8 and (new > 0 or old == 0) or flags.ALLOW_DELETES -%}
    {{ return('') }}
  {%- endif -%}
  {{ exceptions.raise_database_error(
    'the load has ' ~ rsdbt_counted(new, 'row', 'rows') ~ ' and would replace ' ~ old ~ ' of ' ~ relation.render() ~ ', more than 20 % of which would be gone. Nothing was changed.'
    ~ '\nhelp: look whether the input is complete; `--allow-deletes` lets the load take them out'
  ) }}
{% endmacro %}
