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
  {%- set query -%}
    select pg_catalog.to_json(pg_catalog.max({{ column }})::{{ load.cursor.type }} - {{ back }}) #>> '{}' from {{ relation }} where {{ finite }}
  {%- endset -%}
  {{ return(adapter.introspect(query).rows[0][0]) }}
{% endmacro %}

{# Gives the number of rows that were written: of those that are there, only what differs. #}
{% macro rsdbt_load_apply_table(relation, load, read) %}
  {#- Not before the rows have come: readers wait meanwhile. -#}
  {%- if load.appends_columns -%}
    {%- do rsdbt_load_append_columns(relation) -%}
  {%- endif -%}
  {%- if load.mode == 'replace' -%}
    {%- do rsdbt_load_empty(relation, load) -%}
  {%- else -%}
    {%- do rsdbt_load_require_values_of_key(relation, load) -%}
    {%- if read == 0 and not load.cursor and not load.allow_deletes and run_query('select 1 from ' ~ relation ~ ' limit 1').rows -%}
      {{ exceptions.raise_database_error(
        'refused to load ' ~ load.origin ~ ': it has no rows, and ' ~ relation.render() ~ ' has some\nhelp: if that is right, load with `--allow-deletes`'
      ) }}
    {%- endif -%}
  {%- endif -%}
  {%- call statement('applied') -%}{{ rsdbt_load_insert_table_sql(relation, load) }}{%- endcall -%}
  {{ return(load_result('applied')['response'].rows_affected) }}
{% endmacro %}

{% macro rsdbt_load_insert_table_sql(relation, load) -%}
  {%- set names = load.columns | map(attribute='name') | list -%}
  {%- set others = names | reject('in', load.unique_key) | list -%}
  insert into {{ relation }} as rsdbt_kept ({{ rsdbt_load_names(names) }}) overriding system value
  select {{ rsdbt_load_names(names) }} from pg_temp.rsdbt_staged
  {%- if load.mode == 'upsert' and others %}
  on conflict ({{ rsdbt_load_names(load.unique_key) }}) do update set {% for name in others %}{{ adapter.quote(name) }} = excluded.{{ adapter.quote(name) }}{{ ', ' if not loop.last }}{% endfor %}
  where row({% for name in others %}rsdbt_kept.{{ adapter.quote(name) }}{{ ', ' if not loop.last }}{% endfor %})::pg_catalog.record
    operator(pg_catalog.*<>) row({% for name in others %}excluded.{{ adapter.quote(name) }}{{ ', ' if not loop.last }}{% endfor %})::pg_catalog.record
  {%- elif load.mode != 'replace' %}
  on conflict ({{ rsdbt_load_names(load.unique_key) }}) do nothing
  {%- endif -%}
{%- endmacro %}

{# Rows without a key would be doubled, and of rows with one key it is not known which one lasts. #}
{% macro rsdbt_load_require_values_of_key(relation, load) %}
  {%- set key = rsdbt_load_names(load.unique_key) -%}
  {%- set query -%}
    select
      (select pg_catalog.count(*)::pg_catalog.int8 from pg_temp.rsdbt_staged where {% for name in load.unique_key %}{{ adapter.quote(name) }} is null{{ ' or ' if not loop.last }}{% endfor %}),
      (select pg_catalog.count(*)::pg_catalog.int8 from (select from pg_temp.rsdbt_staged group by {{ key }} having pg_catalog.count(*) > 1) as doubled)
  {%- endset -%}
  {%- set counts = run_query(query).rows[0] -%}
  {%- if counts[0] or counts[1] -%}
    {{ exceptions.raise_database_error(
      'cannot load ' ~ load.origin ~ ': its rows are not identified by the `unique_key` (' ~ key ~ '): ' ~ counts[0] ~ ' rows lack a value of it, '
      ~ counts[1] ~ ' keys have several rows; nothing was loaded\nhelp: correct `unique_key`, or clean the rows there'
    ) }}
  {%- endif -%}
{% endmacro %}
