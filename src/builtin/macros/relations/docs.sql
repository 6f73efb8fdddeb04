{# Descriptions become comments in the database where `persist_docs` says so. #}

{% macro persist_docs(relation, model, for_relation=true, for_columns=true) %}
  {%- if for_relation and config.persist_relation_docs() and model.description -%}
    {%- do run_query(alter_relation_comment(relation, model.description)) -%}
  {%- endif -%}
  {%- if for_columns and config.persist_column_docs() and model.columns -%}
    {%- set existing = adapter.get_columns_in_relation(relation) | map(attribute='name') | list -%}
    {%- set comments = alter_column_comment(relation, validate_doc_columns(relation, model.columns, existing)) | trim -%}
    {%- if comments -%}
      {%- do run_query(comments) -%}
    {%- endif -%}
  {%- endif -%}
{% endmacro %}

{# Keeps the documented columns that exist, warns about the others. #}
{% macro validate_doc_columns(relation, column_dict, existing_column_names) %}
  {%- set folded = existing_column_names | map('lower') | list -%}
  {%- set known = {} -%}
  {%- set unknown = [] -%}
  {%- for name, column in column_dict.items() -%}
    {%- if name in existing_column_names or (not column['quote'] and name | lower in folded) -%}
      {%- do known.update({name: column}) -%}
    {%- else -%}
      {%- do unknown.append(name) -%}
    {%- endif -%}
  {%- endfor -%}
  {%- if unknown -%}
    {%- do exceptions.warn(
      'In relation ' ~ relation.render() ~ ': The following columns are specified in the schema but are not present in the database: '
      ~ unknown | join(', ')
    ) -%}
  {%- endif -%}
  {{ return(known) }}
{% endmacro %}

{% macro alter_relation_comment(relation, relation_comment) -%}
  comment on {{ rsdbt_kind(relation) }} {{ relation.render() }} is {{ postgres_escape_comment(relation_comment) }};
{%- endmacro %}

{# A column is found by its exact name, or by its name without regard to case when it is not quoted. #}
{% macro alter_column_comment(relation, column_dict) -%}
  {%- set existing = adapter.get_columns_in_relation(relation) | map(attribute='name') | list -%}
  {%- for name, column in column_dict.items() -%}
    {%- set folded = [] if column['quote'] else existing | select('in', [name | lower, name | upper]) | list -%}
    {%- set found = name if name in existing else folded | first | default(none) -%}
    {%- if found is not none and column['description'] is string %}
      comment on column {{ relation.render() }}.{{ adapter.quote(found) }} is {{ postgres_escape_comment(column['description']) }};
    {%- endif -%}
  {%- endfor -%}
{%- endmacro %}

{# Dollar quotes: a comment may hold anything but this very tag. #}
{% macro postgres_escape_comment(comment) -%}
  {%- if comment is not string -%}
    {{ exceptions.raise_compiler_error('cannot escape a non-string: ' ~ comment) }}
  {%- endif -%}
  {%- set tag = '$dbt_comment_literal_block$' -%}
  {%- if tag in comment -%}
    {{ exceptions.raise_compiler_error('The string ' ~ tag ~ ' is not allowed in comments.') }}
  {%- endif -%}
  {{ tag }}{{ comment }}{{ tag }}
{%- endmacro %}
