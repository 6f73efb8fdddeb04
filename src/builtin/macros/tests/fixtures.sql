{# The fixtures of unit tests as queries. #}

{# Rows of an input; columns that a row leaves out are null, with the type of the relation that the input stands for. #}
{% macro get_fixture_sql(rows, column_name_to_data_types) %}
  {%- set types = column_name_to_data_types or {} -%}
  {%- set quoted = {} -%}
  {%- if not types -%}
    {%- set relation = defer_relation if defer_relation and not load_relation(this) else this -%}
    {%- for column in adapter.get_columns_in_relation(relation) -%}
      {%- do types.update({column.name | lower: column.data_type}) -%}
      {%- do quoted.update({column.name | lower: column.quoted}) -%}
    {%- endfor -%}
  {%- endif -%}
  {%- if not types -%}
    {{ exceptions.raise_compiler_error(
      "Not able to get columns for unit test '" ~ model.name ~ "' from relation " ~ this ~ " because the relation doesn't exist"
    ) }}
  {%- endif -%}
  {%- do validate_fixture_rows(rows, none) -%}
  {%- set nulls = {} -%}
  {%- for name, type in types.items() -%}
    {%- do nulls.update({name: safe_cast('null', type) | trim}) -%}
  {%- endfor -%}
  {%- set selects = [] -%}
  {%- for row in rows -%}
    {%- set values = nulls.copy() -%}
    {%- do values.update(format_row(row, types)) -%}
    {%- do selects.append(rsdbt_select_values(values, quoted)) -%}
  {%- endfor -%}
  -- Fixture for {{ model.name }}
  {{ selects | join('\nunion all\n') if selects else rsdbt_select_values(nulls, quoted) ~ '\nlimit 0' }}
{% endmacro %}

{% macro get_expected_sql(rows, column_name_to_data_types, column_name_to_quoted) %}
  {%- set selects = [] -%}
  {%- for row in rows -%}
    {%- do selects.append(rsdbt_select_values(format_row(row, column_name_to_data_types), column_name_to_quoted)) -%}
  {%- endfor -%}
  {{ selects | join('\nunion all\n') if selects else 'select * from dbt_internal_unit_test_actual limit 0' }}
{% endmacro %}

{% macro rsdbt_select_values(values, quoted) %}
  {%- set columns = [] -%}
  {%- for name, value in values.items() -%}
    {%- do columns.append(value ~ ' as ' ~ (quoted.get(name) or name)) -%}
  {%- endfor -%}
  {{ return('select ' ~ columns | join(', ')) }}
{% endmacro %}

{# Names in lower case, values as typed literals. #}
{% macro format_row(row, column_name_to_data_types) %}
  {%- set formatted = {} -%}
  {%- for name, value in row.items() -%}
    {%- set name = name | lower -%}
    {%- if name not in column_name_to_data_types -%}
      {%- set place = 'expected output' if model.resource_type == 'unit_test' else "'" ~ model.name ~ "'" -%}
      {{ exceptions.raise_compiler_error(
        "Invalid column name: '" ~ name ~ "' in unit test fixture for " ~ place ~ '.\n'
        ~ 'Accepted columns for ' ~ place ~ ' are: ' ~ column_name_to_data_types.keys() | list
      ) }}
    {%- endif -%}
    {%- set type = column_name_to_data_types[name] -%}
    {#- A cast to varchar(3) would cut a longer text without a word. -#}
    {%- set type = type.split('(')[0] if value is string and 'varying' in type else type -%}
    {%- set literal = 'null' if value is none else string_literal(escape_single_quotes(value)) if value is string else value -%}
    {%- do formatted.update({name: safe_cast(literal, type)}) -%}
  {%- endfor -%}
  {{ return(formatted) }}
{% endmacro %}

{% macro validate_fixture_rows(rows, row_number) %}{% endmacro %}
