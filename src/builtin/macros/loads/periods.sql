{# `mode: replace_partition`: the periods of the cursor from one on become what the other table has of them. #}

{# The beginning of the period of an expression of the cursor's type. #}
{% macro rsdbt_load_period_sql(load, expression) -%}
  pg_catalog.date_trunc('{{ load.cursor.granularity }}'::text, ({{ expression }})::{{ load.cursor.type }}{{ ", '" ~ load.cursor.time_zone ~ "'::text" if load.cursor.time_zone }})
{%- endmacro %}

{#
  Before the new rows come. `low`: where the first of the periods begins; none: all rows are replaced. Rows without a value of the cursor were read
  too, and so were those whose key has moved here from an older period.
#}
{% macro rsdbt_load_empty_periods(relation, load, low) %}
  {%- do rsdbt_load_refuse_references(relation, load) -%}
  {%- set column = 'rsdbt_kept.' ~ adapter.quote(load.cursor.column) -%}
  {%- set is_replaced = '(' ~ column ~ " operator(pg_catalog.>=) '" ~ low ~ "'::" ~ load.cursor.type ~ ' or ' ~ column ~ ' is null)' if low is not none else 'true' -%}
  {%- set has_key = none -%}
  {%- if load.unique_key -%}
    {%- set keys = rsdbt_load_keys(load) -%}
    {%- do rsdbt_refuse_operators_of_others(relation, api.Relation.create(schema='pg_temp', identifier='rsdbt_staged'), keys) -%}
    {%- set has_key = 'exists (select from pg_temp.rsdbt_staged as staged where ' ~ rsdbt_same_key(keys, 'staged', 'rsdbt_kept') ~ ')' -%}
  {%- endif -%}
  {%- if not load.allow_deletes -%}
    {%- do rsdbt_load_refuse_shrunk_periods(relation, load, is_replaced, has_key) -%}
  {%- endif -%}
  {%- set is_deleted = is_replaced ~ (' or ' ~ has_key if has_key) -%}
  {%- call statement('emptied') -%}delete from {{ relation }} as rsdbt_kept where {{ is_deleted }}{%- endcall -%}
  {%- set acting = rsdbt_acting_on_rows(relation, ['delete']) -%}
  {%- if acting and run_query('select from ' ~ relation ~ ' as rsdbt_kept where ' ~ is_deleted ~ ' limit 1').rows -%}
    {{ exceptions.raise_database_error(
      'rows of ' ~ relation.render() ~ ' in the periods that the load replaces were kept by ' ~ rsdbt_all_acting(acting)
      ~ '; nothing was loaded\nhelp: let the trigger delete them, or load with `mode: upsert`'
    ) }}
  {%- endif -%}
{% endmacro %}

{# With a key, rows whose key is gone there; without one, what each period has lost. #}
{% macro rsdbt_load_refuse_shrunk_periods(relation, load, is_replaced, has_key) %}
  {%- set column = adapter.quote(load.cursor.column) -%}
  {%- set query -%}
    {%- if has_key -%}
      select pg_catalog.count(*)::pg_catalog.int8, pg_catalog.count(*) filter (where not {{ has_key }})::pg_catalog.int8
      from {{ relation }} as rsdbt_kept where {{ is_replaced }}
    {%- else -%}
      with had (period, rows) as (
        select {{ rsdbt_load_period_sql(load, 'rsdbt_kept.' ~ column) }}, pg_catalog.count(*)::pg_catalog.int8
        from {{ relation }} as rsdbt_kept where {{ is_replaced }} group by 1
      ), has (period, rows) as (
        select {{ rsdbt_load_period_sql(load, 'staged.' ~ column) }}, pg_catalog.count(*)::pg_catalog.int8 from pg_temp.rsdbt_staged as staged group by 1
      )
      select coalesce(pg_catalog.sum(had.rows), 0::pg_catalog.numeric)::pg_catalog.int8,
        coalesce(pg_catalog.sum(greatest(had.rows - coalesce(has.rows, 0::pg_catalog.int8), 0::pg_catalog.int8)), 0::pg_catalog.numeric)::pg_catalog.int8
      from had left join has on not had.period is distinct from has.period
    {%- endif -%}
  {%- endset -%}
  {%- set counts = run_query(query).rows[0] -%}
  {%- set why = rsdbt_load_why_too_many(relation, counts[0], counts[1], ', more than 20 %') -%}
  {%- if why -%}
    {{ exceptions.raise_database_error(
      'refused to load ' ~ load.origin ~ ': of the ' ~ counts[0] ~ ' rows of ' ~ relation.render() ~ ' in the periods that the load replaces, ' ~ counts[1]
      ~ ' are missing there' ~ why ~ '\nhelp: if that is right, load with `--allow-deletes`'
    ) }}
  {%- endif -%}
{% endmacro %}
