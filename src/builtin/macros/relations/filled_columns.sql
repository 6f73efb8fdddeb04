{# Columns that the server fills: generated ones, and identities. Nothing of ours writes them, and no query has to give them. #}

{# {name: whether a value may be given}, of an existing relation. #}
{% macro rsdbt_filled_columns(relation) %}
  {%- set query -%}
    select attname::pg_catalog.text, attidentity = 'd'
    from pg_catalog.pg_attribute
    where attrelid = {{ rsdbt_regclass(relation) }} and attnum > 0 and not attisdropped and (attgenerated <> '' or attidentity <> '')
  {%- endset -%}
  {%- set filled = {} -%}
  {%- for name, may_be_given in adapter.introspect(query).rows -%}
    {%- do filled.update({name: may_be_given}) -%}
  {%- endfor -%}
  {{ return(filled) }}
{% endmacro %}

{#
  {target, source, filled: of rsdbt_filled_columns}: the columns of a table and of the rows that it is to get, once its texts are as wide as theirs. A
  contract says how wide they are.
#}
{% macro rsdbt_widened_columns(target_relation, source_relation) %}
  {%- set given = adapter.get_columns_in_relation(source_relation) -%}
  {%- set found = namespace(columns=adapter.get_columns_in_relation(target_relation), is_narrow=false) -%}
  {%- for column in (found.columns if not config.get('contract').enforced else []) -%}
    {%- for wanted in given if wanted.name == column.name and column.can_expand_to(other_column=wanted) -%}
      {%- set found.is_narrow = true -%}
    {%- endfor -%}
  {%- endfor -%}
  {%- if found.is_narrow -%}
    {%- do adapter.expand_target_column_types(from_relation=source_relation, to_relation=target_relation) -%}
    {%- set found.columns = adapter.get_columns_in_relation(target_relation) -%}
  {%- endif -%}
  {{ return({'target': found.columns, 'source': given, 'filled': rsdbt_filled_columns(target_relation)}) }}
{% endmacro %}

{#
  Those of the target that rows of the source can be written to; `columns`: of rsdbt_widened_columns. `writes_all`: a trait of the strategy; one of the project's own may write fewer.
  Where a project's get_columns_in_relation finds none of the source's, the server judges whether they are there.
#}
{% macro rsdbt_written_columns(target_relation, columns, writes_all) %}
  {%- set written = rsdbt_without_filled(columns['target'], columns['filled'], columns['source']) -%}
  {%- set names = columns['source'] | map(attribute='name') | list -%}
  {%- set missing = written | rejectattr('name', 'in', names) | map(attribute='quoted') | list -%}
  {%- if missing and names and writes_all -%}
    {{ exceptions.raise_database_error(
      'the query does not give ' ~ ('column ' if missing | length == 1 else 'columns ') ~ missing | join(', ') ~ ' of ' ~ target_relation.render()
      ~ '\nhelp: return ' ~ ('it' if missing | length == 1 else 'them') ~ ', or set on_schema_change to `append_new_columns`, which keeps the column and leaves its default or NULL in new rows, '
      ~ 'or to `sync_all_columns`, which drops it'
    ) }}
  {%- endif -%}
  {{ return(written) }}
{% endmacro %}

{# An identity `by default` is written when the query gives it. #}
{% macro rsdbt_without_filled(columns, filled, given_columns) %}
  {%- if not filled -%}
    {{ return(columns) }}
  {%- endif -%}
  {%- set given = given_columns | map(attribute='name') | list -%}
  {%- set written = [] -%}
  {%- for column in columns if column.name not in filled or filled[column.name] and column.name in given -%}
    {%- do written.append(column) -%}
  {%- endfor -%}
  {{ return(written) }}
{% endmacro %}
