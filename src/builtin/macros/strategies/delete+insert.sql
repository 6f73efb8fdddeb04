{# Strategy `delete+insert`: rows whose key comes again are deleted and all new rows inserted. A null key matches nothing. #}

{% macro get_incremental_delete_insert_sql(arg_dict) %}
  {%- if arg_dict['unique_key'] -%}
    {%- set replaced = rsdbt_replaced_rows(arg_dict['temp_relation'], arg_dict['unique_key'], arg_dict['incremental_predicates']) -%}
    {%- do rsdbt_refuse_cascades(arg_dict['target_relation'], '`delete+insert`', condition='exists (select from ' ~ replaced['keys'] ~ ' where ' ~ replaced['condition'] ~ ')') -%}
  {%- endif -%}
  {{ return(get_delete_insert_merge_sql(
    arg_dict['target_relation'], arg_dict['temp_relation'], arg_dict['unique_key'],
    arg_dict['dest_columns'], arg_dict['incremental_predicates']
  )) }}
{% endmacro %}

{% macro rsdbt_traits_delete_insert() %}
  {{ return({'deletes': true, 'writes_all': true}) }}
{% endmacro %}

{% macro get_delete_insert_merge_sql(target, source, unique_key, dest_columns, incremental_predicates=none) -%}
  {%- if rsdbt_listed(unique_key) -%}
    {%- set replaced = rsdbt_replaced_rows(source, unique_key, incremental_predicates) %}
  delete from {{ target }} as DBT_INTERNAL_DEST
  using {{ replaced['keys'] }}
  where {{ replaced['condition'] }};
  {{- rsdbt_no_row_stays(target, 'exists (select from ' ~ replaced['keys'] ~ ' where ' ~ replaced['condition'] ~ ')') }}
  {%- endif -%}
  {{ get_insert_into_sql(target, source, dest_columns) }}
{%- endmacro %}

{# Names in one text, `id, v`, are several keys. #}
{% macro rsdbt_listed_keys(unique_key) %}
  {%- set name = '("[^"]+"|[A-Za-z_][A-Za-z0-9_]*)' -%}
  {{ return(modules.re.split('\\s*,\\s*', unique_key | trim) if unique_key is string and modules.re.match('\\s*' ~ name ~ '(\\s*,\\s*' ~ name ~ ')+\\s*$', unique_key) else rsdbt_listed(unique_key)) }}
{% endmacro %}

{#
  {keys, condition}. The keys of the new rows get names of their own: in predicates, and in keys that are expressions, a bare column
  is the target's.
#}
{% macro rsdbt_replaced_rows(source, unique_key, incremental_predicates) %}
  {%- set selected = [] -%}
  {%- set matches = [] -%}
  {%- for key in rsdbt_listed_keys(unique_key) -%}
    {%- do selected.append(key ~ ' as rsdbt_key_' ~ loop.index) -%}
    {%- do matches.append('(' ~ key ~ ') = DBT_INTERNAL_SOURCE.rsdbt_key_' ~ loop.index) -%}
  {%- endfor -%}
  {{ return({
    'keys': '(\n    select distinct ' ~ selected | join(', ') ~ '\n    from ' ~ source ~ '\n  ) as DBT_INTERNAL_SOURCE',
    'condition': (matches + rsdbt_listed(incremental_predicates)) | join('\n    and '),
  }) }}
{% endmacro %}
