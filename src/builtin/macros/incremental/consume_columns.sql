{# Columns of a consuming model: what the table cannot hold would be lost with the staged rows. #}

{# Only what the user has written counts: dbt's default is `ignore`. `columns`: of rsdbt_widened_columns. #}
{% macro rsdbt_refuse_unapplied_columns(reading, columns, source_relation, target_relation) %}
  {%- set written = config.get('on_schema_change') if 'on_schema_change' in model.unrendered_config -%}
  {%- if not reading['staging'] or written in ['ignore', 'sync_all_columns', 'fail'] -%}
    {{ return('') }}
  {%- endif -%}
  {%- set given = rsdbt_without_filled(columns['source'], columns['filled'], columns['source']) -%}
  {%- set there = rsdbt_without_filled(columns['target'], columns['filled'], columns['source']) -%}
  {%- set added = diff_columns(given, there) | map(attribute='name') | list -%}
  {%- set removed = diff_columns(there, given) | map(attribute='name') | list -%}
  {%- if (added or removed) and written != 'append_new_columns' -%}
    {{ exceptions.raise_compiler_error(
      '`consume`: the columns of the query and of ' ~ target_relation ~ ' differ, and nothing was consumed.\n'
      ~ ('  New in the query: ' ~ added | join(', ') ~ '\n' if added)
      ~ ('  Missing in the query: ' ~ removed | join(', ') ~ '\n' if removed)
      ~ 'Name the columns in the query, or set on_schema_change: `append_new_columns` adds new ones to the table, `sync_all_columns` also'
      ~ ' drops missing ones, `ignore` discards the values of new ones'
    ) }}
  {%- endif -%}
  {%- set narrowed = rsdbt_narrowed_columns(source_relation, target_relation) -%}
  {%- if narrowed -%}
    {{ exceptions.raise_compiler_error(
      '`consume`: ' ~ target_relation ~ ' would round or cut values, and nothing was consumed.\n  ' ~ narrowed | join('\n  ') ~ '\n'
      ~ 'Cast the column in the query, alter the table, or set on_schema_change to `sync_all_columns`'
    ) }}
  {%- endif -%}
{% endmacro %}
