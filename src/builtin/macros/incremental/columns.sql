{# Which columns an increment writes, and how two lists of columns differ. #}

{# All of them, the listed ones, or all but the listed ones. #}
{% macro get_merge_update_columns(merge_update_columns, merge_exclude_columns, dest_columns) %}
  {%- if merge_update_columns and merge_exclude_columns -%}
    {{ exceptions.raise_compiler_error(
      'Model cannot specify merge_update_columns and merge_exclude_columns. Please update model to use only one config'
    ) }}
  {%- elif merge_update_columns -%}
    {{ return(merge_update_columns) }}
  {%- endif -%}
  {%- set excluded = rsdbt_listed(merge_exclude_columns) | map('lower') | list -%}
  {%- set columns = [] -%}
  {%- for column in dest_columns if column.column | lower not in excluded -%}
    {%- do columns.append(column.quoted) -%}
  {%- endfor -%}
  {{ return(columns) }}
{% endmacro %}

{# The columns of the first list whose names the second one lacks. #}
{% macro diff_columns(source_columns, target_columns) %}
  {%- set target_names = target_columns | map(attribute='column') | list -%}
  {%- set missing = [] -%}
  {%- for column in source_columns if column.name not in target_names -%}
    {%- do missing.append(column) -%}
  {%- endfor -%}
  {{ return(missing) }}
{% endmacro %}

{# Columns of both whose types differ; a text that only gets longer is no difference. #}
{% macro diff_column_data_types(source_columns, target_columns) %}
  {%- set targets = {} -%}
  {%- for column in target_columns -%}
    {%- do targets.update({column.name: column}) -%}
  {%- endfor -%}
  {%- set changed = [] -%}
  {%- for column in source_columns if column.name in targets -%}
    {%- set target_column = targets[column.name] -%}
    {%- if column.expanded_data_type != target_column.expanded_data_type and not column.can_expand_to(other_column=target_column) -%}
      {%- do changed.append({'column_name': target_column.name, 'new_type': column.expanded_data_type}) -%}
    {%- endif -%}
  {%- endfor -%}
  {{ return(changed) }}
{% endmacro %}

{# Those of the names that are written; in any case where no column has the very name. #}
{% macro rsdbt_columns_meant(written, names) %}
  {%- set spelled = {} -%}
  {%- for name in names -%}
    {%- do spelled.update({name | lower: spelled.get(name | lower, []) + [name]}) -%}
  {%- endfor -%}
  {%- set meant = [] -%}
  {%- for plain in rsdbt_plain_names(written) -%}
    {%- set alike = spelled.get(plain | lower, []) -%}
    {%- do meant.extend([plain] if plain in alike else alike) -%}
  {%- endfor -%}
  {{ return(meant) }}
{% endmacro %}
