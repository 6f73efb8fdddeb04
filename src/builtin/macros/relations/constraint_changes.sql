{#
  For a table that stays: the constraints that its contract got since it was built are added. What the contract lost
  stays, as do constraints of others, until --full-refresh.
#}

{% macro rsdbt_add_missing_constraints(relation) %}
  {%- if config.get('contract').enforced and rsdbt_promises_constraints() -%}
    {%- do run_query(rsdbt_promised_constraints_sql(relation)) -%}
    {%- set promised = fromjson(run_query("select pg_catalog.current_setting('rsdbt.constraints')").rows[0][0]) -%}
    {%- set there = adapter.introspect(rsdbt_constraints_sql(rsdbt_regclass(relation))).rows | map(attribute='definition') | list -%}
    {%- for constraint in promised if constraint['definition'] not in there -%}
      {%- do run_query('alter table ' ~ relation ~ ' ' ~ rsdbt_constraint_change(relation, constraint)) -%}
    {%- endfor -%}
  {%- endif -%}
{% endmacro %}

{% macro rsdbt_promises_constraints() %}
  {%- for column in model['columns'].values() if column['constraints'] -%}
    {{ return(True) }}
  {%- endfor -%}
  {{ return(model['constraints'] | length > 0) }}
{% endmacro %}

{# As the catalog has them. A server that keeps `not null` as a constraint shows it as a property of the column, too. #}
{% macro rsdbt_constraints_sql(table) -%}
  select conname::text as name, null as column_name, replace(pg_catalog.pg_get_constraintdef(oid), ' NOT VALID', '') as definition
  from pg_catalog.pg_constraint
  where conrelid = {{ table }} and contype <> 'n'
  union all
  select null, attname::text, attname || ' not null'
  from pg_catalog.pg_attribute
  where attrelid = {{ table }} and attnum > 0 and attnotnull and not attisdropped
{%- endmacro %}

{#
  Only the server knows how it writes a definition down: it makes a table of them and undoes that at once, so that no
  lock on the table of a foreign key stays.
#}
{% macro rsdbt_promised_constraints_sql(relation) -%}
  {%- set table = make_relation_with_suffix(relation, '__dbt_constraints') -%}
  {%- set body -%}
    declare
      found text;
    begin
      begin
        create table {{ table }} {{ rsdbt_with_waiting_constraints(get_table_columns_and_constraints()) }};
        perform pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
        select coalesce(json_agg(promised), '[]')::text into found
        from ({{ rsdbt_constraints_sql(rsdbt_regclass(table)) }}) as promised;
        raise sqlstate 'RSDBT';
      exception when sqlstate 'RSDBT' then
        perform pg_catalog.set_config('rsdbt.constraints', found, true);
      end;
    end
  {%- endset -%}
  {{ rsdbt_block(body) }}
{%- endmacro %}

{# One without a name of the project's own gets one from the server, as in a new table. #}
{% macro rsdbt_constraint_change(relation, constraint) %}
  {%- if constraint['column_name'] -%}
    {{ return('alter column ' ~ adapter.quote(constraint['column_name']) ~ ' set not null') }}
  {%- endif -%}
  {%- set all = model['constraints'] | list -%}
  {%- for column in model['columns'].values() -%}
    {%- do all.extend(column['constraints'] or []) -%}
  {%- endfor -%}
  {%- for written in all | map(attribute='name') | select -%}
    {%- set name = adapter.quote_where_needed(written) -%}
    {%- set waiting = rsdbt_waiting_constraint(name) -%}
    {%- if constraint['name'] in rsdbt_plain_names([name, waiting]) -%}
      {{ return('add constraint ' ~ (waiting if relation.identifier != this.identifier and name in rsdbt_named_keys() else name)
        ~ ' ' ~ constraint['definition']) }}
    {%- endif -%}
  {%- endfor -%}
  {{ return('add ' ~ constraint['definition']) }}
{% endmacro %}
