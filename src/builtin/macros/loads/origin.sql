{# Rows of another database, staged in pg_temp.rsdbt_staged, enter the table. #}

{# From where on the rows of the other database are read: text of the highest value of the cursor, less the lookback. None: all of them. #}
{% macro rsdbt_load_low_water(relation, load) %}
  {%- if not load.cursor -%}
    {{ return(none) }}
  {%- endif -%}
  {%- set column = adapter.quote(load.cursor.column) -%}
  {%- set back = "'" ~ load.cursor.lookback ~ "'::" ~ ('pg_catalog.interval' if load.cursor.is_time else 'pg_catalog.numeric') -%}
  {#- An infinite value would be the last one for ever. -#}
  {%- set finite = 'pg_catalog.isfinite(' ~ column ~ ')' if load.cursor.is_time else column ~ "::text not in ('NaN', 'Infinity', '-Infinity')" -%}
  {%- set low = 'pg_catalog.max(' ~ column ~ ')::' ~ load.cursor.type ~ ' - ' ~ back -%}
  {%- if load.mode == 'replace_partition' -%}
    {%- set low = rsdbt_load_period_sql(load, low) -%}
  {%- elif load.cursor.type == 'pg_catalog.int8' -%}
    {%- set low = "greatest(pg_catalog.floor(" ~ low ~ "), '-9223372036854775808'::pg_catalog.numeric)" -%}
  {%- endif -%}
  {%- set query -%}
    select pg_catalog.to_json({{ low }}) #>> '{}' from {{ relation }} where {{ finite }}
  {%- endset -%}
  {{ return(adapter.introspect(query).rows[0][0]) }}
{% endmacro %}

{#
  Gives the numbers of rows that were written, of those that are there only what differs, and of rows that were deleted or marked.
  `is_empty`: the other table has no rows at all. `low`: as rsdbt_load_low_water gave it. `copied`: rows that the table itself has taken.
#}
{% macro rsdbt_load_apply_table(relation, load, is_empty, low, copied) %}
  {%- if copied is not none -%}
    {%- do rsdbt_load_check_copied(relation, load, copied) -%}
    {{ return([copied, 0]) }}
  {%- endif -%}
  {%- set gone = 0 -%}
  {#- Not before the rows have come: readers wait meanwhile. -#}
  {%- if load.appends_columns -%}
    {%- do rsdbt_load_append_columns(relation) -%}
  {%- endif -%}
  {%- if load.mode == 'replace' -%}
    {%- do rsdbt_load_empty(relation, load) -%}
  {%- else -%}
    {%- do rsdbt_load_require_values_of_key(relation, load) if load.unique_key -%}
    {#- Rows that are marked have been missed before. -#}
    {%- set here = relation ~ (' where ' ~ adapter.quote(load.mark) ~ ' is null' if load.mark) -%}
    {%- if is_empty and not load.allow_deletes and run_query('select 1 from ' ~ here ~ ' limit 1').rows -%}
      {{ exceptions.raise_database_error(
        'refused to load ' ~ load.origin ~ ': it has no rows, and ' ~ relation.render() ~ ' has some\nhelp: if that is right, load with `--allow-deletes`'
      ) }}
    {%- endif -%}
    {%- if load.mode == 'replace_partition' -%}
      {%- do rsdbt_load_empty_periods(relation, load, low) -%}
    {%- elif load.delete_missing -%}
      {%- set gone = rsdbt_load_delete_missing(relation, load) -%}
    {%- endif -%}
  {%- endif -%}
  {%- set written = rsdbt_load_write(relation, load, rsdbt_load_insert_table_sql(relation, load)) -%}
  {%- do rsdbt_load_check_cursor(relation, load, low) if load.cursor -%}
  {{ return([written, gone]) }}
{% endmacro %}

{% macro rsdbt_load_insert_table_sql(relation, load) -%}
  {%- set names = load.columns | map(attribute='name') | list -%}
  {%- set others = rsdbt_load_updated(relation, load) -%}
  insert into {{ relation }} as rsdbt_kept ({{ rsdbt_load_names(names) }}) overriding system value
  select {{ rsdbt_load_names(names) }} from pg_temp.rsdbt_staged
  {%- if load.mode == 'upsert' and load.mark %}
  on conflict ({{ rsdbt_load_names(load.unique_key) }}) do update set {% for name in others %}{{ adapter.quote(name) }} = excluded.{{ adapter.quote(name) }}, {% endfor %}{{ adapter.quote(load.mark) }} = null
  where rsdbt_kept.{{ adapter.quote(load.mark) }} is not null
    {%- if others %} or {{ rsdbt_load_differs_sql(others) }}{% endif %}
  {%- elif load.mode == 'upsert' and others %}
  on conflict ({{ rsdbt_load_names(load.unique_key) }}) do update set {% for name in others %}{{ adapter.quote(name) }} = excluded.{{ adapter.quote(name) }}{{ ', ' if not loop.last }}{% endfor %}
  where {{ rsdbt_load_differs_sql(others) }}
  {%- elif load.mode in ['append', 'upsert'] %}
  on conflict ({{ rsdbt_load_names(load.unique_key) }}) do nothing
  {%- endif -%}
{%- endmacro %}

{% macro rsdbt_load_differs_sql(names) -%}
  row({% for name in names %}rsdbt_kept.{{ adapter.quote(name) }}{{ ', ' if not loop.last }}{% endfor %})::pg_catalog.record
    operator(pg_catalog.*<>) row({% for name in names %}excluded.{{ adapter.quote(name) }}{{ ', ' if not loop.last }}{% endfor %})::pg_catalog.record
{%- endmacro %}
