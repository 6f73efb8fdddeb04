{# Rows whose key comes again are deleted and all new rows inserted. A null key matches nothing. #}

{#
  The keys of the new rows get names of their own: in predicates, and in keys that are expressions, a bare column
  is the target's.
#}
{% macro get_delete_insert_merge_sql(target, source, unique_key, dest_columns, incremental_predicates=none) -%}
  {%- set keys = rsdbt_listed(unique_key) -%}
  {%- if keys -%}
    {%- set selected = [] -%}
    {%- set matches = [] -%}
    {%- for key in keys -%}
      {%- do selected.append(key ~ ' as rsdbt_key_' ~ loop.index) -%}
      {%- do matches.append('(' ~ key ~ ') = DBT_INTERNAL_SOURCE.rsdbt_key_' ~ loop.index) -%}
    {%- endfor -%}
    {%- set new_keys = '(\n    select distinct ' ~ selected | join(', ') ~ '\n    from ' ~ source ~ '\n  ) as DBT_INTERNAL_SOURCE' -%}
    {%- set is_replaced = (matches + rsdbt_listed(incremental_predicates)) | join('\n    and ') %}
  delete from {{ target }} as DBT_INTERNAL_DEST
  using {{ new_keys }}
  where {{ is_replaced }};
  {{- rsdbt_no_row_stays(target, 'exists (select from ' ~ new_keys ~ ' where ' ~ is_replaced ~ ')') }}
  {%- endif -%}
  {{ get_insert_into_sql(target, source, dest_columns) }}
{%- endmacro %}

{# Everything that the predicates cover is replaced by the new rows. #}
{% macro get_insert_overwrite_merge_sql(target, source, dest_columns, predicates, include_sql_header=false) -%}
  {{ rsdbt_sql_header() if include_sql_header -}}
  delete from {{ target }} as DBT_INTERNAL_DEST
  {%- if predicates %}
  where {{ rsdbt_listed(predicates) | join(' and ') }}
  {%- endif %};
  {{- rsdbt_no_row_stays(target, rsdbt_listed(predicates) | join(' and ') or 'true') }}
  {{ get_insert_into_sql(target, source, dest_columns) }}
{%- endmacro %}

{# Nothing where nothing can keep them. #}
{% macro rsdbt_no_row_stays(target, condition) -%}
  {%- set check = rsdbt_check_deleted_sql(target, condition) if execute -%}
  {{- '\n  ' ~ check ~ ';' if check -}}
{%- endmacro %}
