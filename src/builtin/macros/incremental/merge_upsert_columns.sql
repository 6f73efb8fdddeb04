{# What an upsert takes of the rows: the latest of each key, and the columns that it writes. #}

{% macro rsdbt_latest_sql(rows, keys) -%}
  select distinct on ({{ keys | join(', ') }}) rsdbt_row.*
  from (select * from {{ rows }}) as rsdbt_row
  where {{ rsdbt_has_key('rsdbt_row', keys) }}
  order by {{ keys | join(', ') }}
  {%- for column in rsdbt_order_columns() %}, {{ column }} desc nulls last{% endfor -%}
{%- endmacro %}

{# The order's own columns are always written, or the next run would compare with an old timestamp. #}
{% macro rsdbt_upserted_columns(target, keys, dest_columns) %}
  {%- set columns = get_merge_update_columns(config.get('merge_update_columns'), config.get('merge_exclude_columns'), dest_columns) -%}
  {%- set names = dest_columns | map(attribute='name') | list -%}
  {%- set written = rsdbt_columns_meant(columns + rsdbt_order_columns(), names) -%}
  {%- set key_names = rsdbt_columns_meant(keys, names) -%}
  {%- set respelled = rsdbt_respelled(target, key_names) -%}
  {%- set quoted = [] -%}
  {%- for column in dest_columns if column.name in written and (column.name not in key_names or column.name in respelled) -%}
    {%- do quoted.append(column.quoted) -%}
  {%- endfor -%}
  {{ return(quoted) }}
{% endmacro %}

{# The error for a misspelled name lists the existing columns and, for a pipeline file, the place in it. #}
{% macro rsdbt_check_merged_names(keys, dest_columns) %}
  {%- set names = dest_columns | map(attribute='name') | list -%}
  {%- set places = config.get('written_at') or {} -%}
  {%- for option, written in [('unique_key', keys), ('updated_at', [config.get('updated_at')]), ('order_by', rsdbt_listed(config.get('order_by')))] -%}
    {%- for column in written if not rsdbt_columns_meant([column], names) -%}
      {{ exceptions.raise_compiler_error(
        (('`unique_keys`' if option == 'unique_key' else '`' ~ option ~ '`') ~ ' (' ~ places[option] ~ ')' if option in places else '`' ~ option ~ '`')
        ~ ': the query has no column ' ~ column ~ '. Its columns are: ' ~ names | join(', ')
      ) }}
    {%- endfor -%}
  {%- endfor -%}
{% endmacro %}

{% macro rsdbt_order_columns() %}
  {{ return([config.get('updated_at')] + rsdbt_listed(config.get('order_by'))) }}
{% endmacro %}
