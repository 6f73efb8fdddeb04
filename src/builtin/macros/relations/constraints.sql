{#
  The column list of `create table` under a contract. The index of a primary key or unique constraint has the
  constraint's name, and the schema only one of each: a named one waits with a suffix until the old table is gone.
#}

{% macro get_table_columns_and_constraints() -%}
  {{ table_columns_and_constraints() }}
{%- endmacro %}

{% macro table_columns_and_constraints() -%}
  {%- set columns = adapter.render_raw_columns_constraints(raw_columns=model['columns']) -%}
  {%- set constraints = adapter.render_raw_model_constraints(raw_constraints=model['constraints']) -%}
  (
    {{ (columns + constraints) | join(',\n    ') }}
  )
{%- endmacro %}

{% macro get_column_names() -%}
  {%- set names = [] -%}
  {%- for column in model['columns'].values() -%}
    {%- do names.append(adapter.quote(column['name']) if column.get('quote') else adapter.quote_where_needed(column['name'])) -%}
  {%- endfor -%}
  {{ names | join(', ') }}
{%- endmacro %}

{# The query's columns in the contract's order. #}
{% macro get_select_subquery(sql) -%}
  select {{ get_column_names() }}
  from (
    {{ sql }}
  ) as model_subq
{%- endmacro %}

{% macro rsdbt_named_keys() %}
  {%- set names = [] -%}
  {%- for constraint in model['constraints'] or [] if constraint.name and constraint.type in ['primary_key', 'unique'] -%}
    {%- do names.append(adapter.quote_where_needed(constraint.name)) -%}
  {%- endfor -%}
  {%- for column in model['columns'].values() -%}
    {%- for constraint in column['constraints'] or [] if constraint.name and constraint.type in ['primary_key', 'unique'] -%}
      {%- do names.append(adapter.quote_where_needed(constraint.name)) -%}
    {%- endfor -%}
  {%- endfor -%}
  {{ return(names) }}
{% endmacro %}

{# `name`: as SQL, like what it gives. #}
{% macro rsdbt_waiting_constraint(name) %}
  {%- set quoted = name.startswith('"') -%}
  {%- set base = this.incorporate(path={'identifier': name[1:-1] | replace('""', '"') if quoted else name}) -%}
  {%- set waiting = make_relation_with_suffix(base, '__dbt_tmp').identifier -%}
  {{ return(adapter.quote(waiting) if quoted else waiting) }}
{% endmacro %}

{# The definitions for a table that is built aside. #}
{% macro rsdbt_with_waiting_constraints(definitions) %}
  {%- set text = namespace(sql=definitions) -%}
  {%- for name in rsdbt_named_keys() -%}
    {%- set text.sql = text.sql | replace('constraint ' ~ name ~ ' ', 'constraint ' ~ rsdbt_waiting_constraint(name) ~ ' ') -%}
  {%- endfor -%}
  {{ return(text.sql) }}
{% endmacro %}

{% macro rsdbt_name_constraints(relation) %}
  {%- if config.get('contract').enforced -%}
    {%- for name in rsdbt_named_keys() -%}
      {%- do run_query('alter table ' ~ relation ~ ' rename constraint ' ~ rsdbt_waiting_constraint(name) ~ ' to ' ~ name) -%}
    {%- endfor -%}
    {%- do rsdbt_name_after_table(make_intermediate_relation(relation), relation) -%}
  {%- endif -%}
{% endmacro %}
