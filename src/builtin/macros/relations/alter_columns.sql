{# Changes of the columns of a table that stays. #}

{# The column keeps its place; views that read it are taken off and put on again. #}
{% macro alter_column_type(relation, column_name, new_column_type) %}
  {%- set dependents = rsdbt_capture_dependents(relation, ['v', 'm', 'rule']) -%}
  {%- set column = adapter.quote(column_name) -%}
  {%- if dependents -%}
    {%- set removing -%}
      begin
      {%- for dependent in dependents | reverse %}
        execute {{ dependent.remove }};
      {%- endfor %}
      end
    {%- endset -%}
    {%- call statement('remove_dependents') -%}{{ rsdbt_block(removing) }}{%- endcall -%}
  {%- endif -%}
  {%- call statement('alter_column_type') -%}
    alter table {{ relation.render() }} alter column {{ column }} type {{ new_column_type }} using {{ column }}::{{ new_column_type }}
  {%- endcall -%}
  {%- for dependent in dependents -%}
    {%- set restoring -%}
      declare
        path constant pg_catalog.text := pg_catalog.current_setting('search_path');
      begin
        perform pg_catalog.set_config('search_path', 'pg_catalog', true);
        execute {{ dependent.rebuild }};
        perform pg_catalog.set_config('search_path', path, true);
        {% if dependent.refresh %}execute {{ dependent.refresh }};{% endif %}
      end
    {%- endset -%}
    {%- call statement('restore_dependents') -%}{{ rsdbt_block(restoring) }}{%- endcall -%}
  {%- endfor -%}
{% endmacro %}

{% macro alter_relation_add_remove_columns(relation, add_columns=none, remove_columns=none) %}
  {%- set changes = [] -%}
  {%- for column in add_columns or [] -%}
    {%- do changes.append('add column ' ~ column.quoted ~ ' ' ~ column.expanded_data_type) -%}
  {%- endfor -%}
  {%- for column in remove_columns or [] -%}
    {%- do changes.append('drop column ' ~ column.quoted) -%}
  {%- endfor -%}
  {%- if changes -%}
    {%- do run_query('alter ' ~ (relation.type or 'table') ~ ' ' ~ relation.render() ~ ' ' ~ changes | join(', ')) -%}
  {%- endif -%}
{% endmacro %}

{% macro create_columns(relation, columns) %}
  {%- for column in columns -%}
    {%- call statement() -%}
      alter table {{ relation.render() }} add column {{ adapter.quote(column.name) }} {{ column.expanded_data_type }}
    {%- endcall -%}
  {%- endfor -%}
{% endmacro %}
