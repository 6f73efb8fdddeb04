{#
  Rows are counted by bins of timestamps, and those by periods: cheaper than to look up the time zone for every row.
  A bin lies in one period: clocks have changed on a quarter of an hour since 1972, but for a few zones.
#}

{% macro rsdbt_bin(at, since, width) %}
  {%- set bin = "pg_catalog.date_bin('" ~ width ~ "', " ~ at ~ ", '2000-01-01 00:00+00')" -%}
  {%- if since is not none and since >= '1972-01-08' -%}
    {{ return(bin) }}
  {%- endif -%}
  {{ return('case when ' ~ at ~ " < '1972-01-08 00:00+00' then pg_catalog.date_trunc('second', " ~ at ~ ') else ' ~ bin ~ ' end') }}
{% endmacro %}

{# Between two timestamps in UTC, if they are known. Offsets that are spelt out may be anything. #}
{% macro rsdbt_bin_width(since, until, time_zone) %}
  {%- if time_zone == 'UTC' -%}
    {{ return('15 minutes') }}
  {%- endif -%}
  {%- set query -%}
    with recursive {{ rsdbt_transitions_sql(rsdbt_days_sql(since, until), '1 day', time_zone) }}
    select {{ rsdbt_are_whole('900') }}, {{ rsdbt_are_whole('60') }}
  {%- endset -%}
  {%- set whole = adapter.introspect(query).rows[0] -%}
  {{ return('15 minutes' if whole[0] else '1 minute' if whole[1] else '1 second') }}
{% endmacro %}

{#
  From the day before to the day after. What is known of later years comes again each year, or are whole hours: two years ahead tell.
#}
{% macro rsdbt_days_sql(since, until) -%}
  select pg_catalog.generate_series(
    greatest(pg_catalog.date_trunc('day', timestamp '{{ since or '1972-01-08' }}'), '1972-01-09') - interval '1 day',
    {{ "timestamp '" ~ until ~ "'" if until is not none else "(pg_catalog.now() at time zone 'UTC') + interval '2 years'" }} + interval '1 day', interval '1 day')
{%- endmacro %}

{# All offsets and changes, in units of so many seconds. #}
{% macro rsdbt_are_whole(seconds) -%}
  not exists (select from probe where pg_catalog.mod(extract(epoch from clock), {{ seconds }}) <> 0)
      and not exists (select from transition where pg_catalog.mod(extract(epoch from at), {{ seconds }}) <> 0)
{%- endmacro %}
