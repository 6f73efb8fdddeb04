{# What a consuming model's query says about its staged rows. #}

{% macro rsdbt_trace_staged_rows(query, staging) %}
  {%- set catalog -%}
    select relkind::text, attname::text
    from pg_catalog.pg_class
    left join pg_catalog.pg_attribute on attrelid = pg_class.oid and attnum > 0 and not attisdropped
    where pg_class.oid = pg_catalog.to_regclass('{{ escape_single_quotes(staging) }}')
    order by attnum
  {%- endset -%}
  {%- set found = adapter.introspect(catalog).rows -%}
  {%- if not found -%}
    {{ exceptions.raise_database_error('`consume`: relation ' ~ staging ~ ' does not exist') }}
  {%- elif found[0][0] not in ['r', 'p', 'f'] -%}
    {{ exceptions.raise_compiler_error(
      '`consume`: ' ~ staging ~ ' is not a table. Read the table itself, or set `consume: false`; nothing was consumed'
    ) }}
  {%- endif -%}
  {%- set columns = [] -%}
  {%- for row in found -%}
    {%- do columns.append(row[1]) -%}
  {%- endfor -%}
  {%- set functions = rsdbt_functions_of(query) -%}
  {%- set traced = adapter.rsdbt_trace_staged_rows(
    query, staging, columns, rsdbt_plain_names(config.get('unique_key')), rsdbt_plain_names(config.get('updated_at'))[0], functions['aggregates'], functions['set_returning']
  ) -%}
  {%- set refusal = traced.refusal -%}
  {%- if traced.column and found[0][0] == 'f' -%}
    {%- set refusal = 'it may leave rows of a foreign table out' -%}
  {%- endif -%}
  {%- if refusal -%}
    {{ exceptions.raise_compiler_error(
      '`consume`: the result of this query cannot be traced to the rows of ' ~ staging ~ ': ' ~ refusal ~ '. '
      ~ 'Nothing was consumed. Move this part into a model downstream, use `delete_when` for rows that delete, or set `consume: false`'
    ) }}
  {%- endif -%}
  {{ return(traced) }}
{% endmacro %}

{# Functions that make one row of many, or any number of rows of one; names are enough to be careful. #}
{% macro rsdbt_functions_of(query) %}
  {%- set kinds = {'aggregates': [], 'set_returning': []} -%}
  {%- set names = [] -%}
  {%- for name in adapter.rsdbt_functions_called(query) -%}
    {%- do names.append("'" ~ escape_single_quotes(name) ~ "'") -%}
  {%- endfor -%}
  {%- if names -%}
    {%- set catalog -%}
      select proname::text, pg_catalog.bool_or(prokind = 'a'), pg_catalog.bool_or(proretset)
      from pg_catalog.pg_proc
      where proname in ({{ names | join(', ') }})
      group by proname
    {%- endset -%}
    {%- for row in adapter.introspect(catalog).rows -%}
      {%- if row[1] -%}{%- do kinds['aggregates'].append(row[0]) -%}{%- endif -%}
      {%- if row[2] -%}{%- do kinds['set_returning'].append(row[0]) -%}{%- endif -%}
    {%- endfor -%}
  {%- endif -%}
  {{ return(kinds) }}
{% endmacro %}

{# The one source or model that the query reads, as it is printed there; ephemeral models stand for what they read. #}
{% macro rsdbt_only_input(query) %}
  {%- set inputs = [] -%}
  {%- for unique_id in rsdbt_read_by(model) -%}
    {%- set node = rsdbt_input(unique_id) -%}
    {%- if node.relation_name and node.relation_name in query and node.relation_name not in inputs -%}
      {%- do inputs.append(node.relation_name) -%}
    {%- endif -%}
  {%- endfor -%}
  {%- if inputs | length != 1 -%}
    {{ exceptions.raise_compiler_error(
      '`consume: true` needs a model with one input; name the staging table instead: `consume: "schema.table"`'
    ) }}
  {%- endif -%}
  {{ return(inputs[0]) }}
{% endmacro %}
