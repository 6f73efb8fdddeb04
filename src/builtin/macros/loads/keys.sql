{# Rows by key. A key that an input has twice has its last row; `append` keeps the first. Types are those of the table. #}

{# Of a table that was just filled: rows lie in the order of the input. #}
{% macro rsdbt_delete_duplicates(relation, plan) %}
  {%- set keys = rsdbt_load_names(plan.unique_key) | join(', ') -%}
  {%- set query -%}
    with ranked as (
      select ctid as place, pg_catalog.row_number() over (partition by {{ keys }} order by ctid desc) as number from {{ relation }}
    ), deleted as (
      delete from {{ relation }} as doubled using ranked
      where doubled.ctid = ranked.place and ranked.number > 1::pg_catalog.int8
      returning 1
    )
    select pg_catalog.count(*) from deleted
  {%- endset -%}
  {{ return(run_query(query).rows[0][0]) }}
{% endmacro %}

{# Rows written, keys read, rows updated. A row that is the same, byte by byte, is not written again. #}
{% macro rsdbt_load_upsert_sql(target, stage, plan) -%}
  {%- set keys = rsdbt_load_names(plan.unique_key) -%}
  {%- set names = rsdbt_load_names(plan.columns | map(attribute='name')) -%}
  {%- set written = names | reject('in', keys) | list -%}
  {%- set assignments = [] -%}
  {%- for name in written -%}{%- do assignments.append(name ~ ' = excluded.' ~ name) -%}{%- endfor -%}
  with latest as (
    select distinct on ({{ keys | join(', ') }}) {{ names | join(', ') }}
    from {{ stage }}
    order by {{ keys | join(', ') }}, ctid desc
  ), written as (
    insert into {{ target }} as known ({{ names | join(', ') }})
    select {{ names | join(', ') }} from latest
    on conflict ({{ keys | join(', ') }}) do
    {%- if written %} update set {{ assignments | join(', ') }}
    where row(known.{{ written | join(', known.') }})::pg_catalog.record operator(pg_catalog.*<>) row(excluded.{{ written | join(', excluded.') }})::pg_catalog.record
    {%- else %} nothing
    {%- endif %}
    returning xmax::pg_catalog.text <> '0'::pg_catalog.text as is_updated
  )
  select
    (select pg_catalog.count(*) from written), (select pg_catalog.count(*) from latest),
    (select pg_catalog.count(*) from written where is_updated)
{%- endmacro %}

{# Rows written, and the same again: a key that is there is a duplicate. A temporary table is read in the order of its rows. #}
{% macro rsdbt_load_new_keys_sql(target, stage, plan) -%}
  {%- set names = rsdbt_load_names(plan.columns | map(attribute='name')) | join(', ') -%}
  with written as (
    insert into {{ target }} ({{ names }})
    select {{ names }} from {{ stage }} order by ctid
    on conflict ({{ rsdbt_load_names(plan.unique_key) | join(', ') }}) do nothing
    returning 1
  )
  select pg_catalog.count(*), pg_catalog.count(*), 0::pg_catalog.int8 from written
{%- endmacro %}
