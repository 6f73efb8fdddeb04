{# Rows of the table whose key the other table no longer has. #}

{# Before the new rows come: a value that is unique may have passed to another key. Gives their number. #}
{% macro rsdbt_load_delete_missing(relation, load) %}
  {%- set staged = api.Relation.create(schema='pg_temp', identifier='rsdbt_staged') -%}
  {%- set keys = rsdbt_load_keys(load) -%}
  {%- do rsdbt_refuse_operators_of_others(relation, staged, keys) -%}
  {%- set lives = ' and rsdbt_kept.' ~ adapter.quote(load.mark) ~ ' is null' if load.mark else '' -%}
  {%- set is_missing = 'not exists (select from pg_temp.rsdbt_staged as staged where ' ~ rsdbt_same_key(keys, 'staged', 'rsdbt_kept') ~ ')' ~ lives -%}
  {%- if not load.allow_deletes -%}
    {%- do rsdbt_load_refuse_many_missing(relation, load, is_missing) -%}
  {%- endif -%}
  {%- call statement('missing') -%}
    {%- if load.mark -%}
      update {{ relation }} as rsdbt_kept set {{ adapter.quote(load.mark) }} = pg_catalog.now() where {{ is_missing }}
    {%- else -%}
      delete from {{ relation }} as rsdbt_kept where {{ is_missing }}
    {%- endif -%}
  {%- endcall -%}
  {%- set acting = rsdbt_acting_on_rows(relation, ['update' if load.mark else 'delete']) -%}
  {%- if acting and run_query('select from ' ~ relation ~ ' as rsdbt_kept where ' ~ is_missing ~ ' limit 1').rows -%}
    {{ exceptions.raise_database_error(
      'rows of ' ~ relation.render() ~ ' that are missing in ' ~ load.origin ~ ' were kept by ' ~ rsdbt_all_acting(acting)
      ~ '; nothing was loaded\nhelp: let the trigger ' ~ ('mark' if load.mark else 'delete') ~ ' them, or set `delete_missing: ignore`'
    ) }}
  {%- endif -%}
  {{ return(load_result('missing')['response'].rows_affected) }}
{% endmacro %}

{% macro rsdbt_load_refuse_many_missing(relation, load, is_missing) %}
  {%- set query -%}
    select
      (select pg_catalog.count(*)::pg_catalog.int8 from {{ relation }} as rsdbt_kept {{ 'where rsdbt_kept.' ~ adapter.quote(load.mark) ~ ' is null' if load.mark }}),
      (select pg_catalog.count(*)::pg_catalog.int8 from {{ relation }} as rsdbt_kept where {{ is_missing }})
  {%- endset -%}
  {%- set counts = run_query(query).rows[0] -%}
  {%- set why = rsdbt_load_why_too_many(relation, counts[0], counts[1], ', more than 20 %') -%}
  {%- if why and (not load.mark or counts[1] * 5 > counts[0]) -%}
    {{ exceptions.raise_database_error(
      'refused to load ' ~ load.origin ~ ': ' ~ counts[1] ~ ' of the ' ~ counts[0] ~ ' rows of ' ~ relation.render()
      ~ ' are missing there' ~ why ~ '\nhelp: if that is right, load with `--allow-deletes`'
    ) }}
  {%- endif -%}
{% endmacro %}
