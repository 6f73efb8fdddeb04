{#
  `order by .. desc` puts NULL first: a row of no time, which counts as the oldest of its key, would come before newer ones, which would leave the log with it.
  How many keys have such a row beside others is counted by the statement that takes the rows.
#}

{# Beside the rows that are taken. Only where any is without a time. #}
{% macro rsdbt_note_hidden_by_nulls_sql(named) -%}
  {%- set key = [] -%}
  {%- for name in named['key'] -%}
    {%- do key.append(adapter.quote(name)) -%}
  {%- endfor -%}
  {%- set newest = adapter.quote(named['newest']) -%}
  pg_catalog.set_config('rsdbt.hidden', (case when pg_catalog.bool_or({{ newest }} is null) then (
    select pg_catalog.count(*) from (
      select from rsdbt_taken group by {{ key | join(', ') }} having pg_catalog.bool_or({{ newest }} is null) and pg_catalog.bool_or({{ newest }} is not null)
    ) as rsdbt_hiding
  ) else 0 end)::text, true)
{%- endmacro %}

{# Beside the rows of the result, which name the rows they are made of. #}
{% macro rsdbt_note_grouped_with_null_sql(column) -%}
  pg_catalog.set_config('rsdbt.hidden', (
    select pg_catalog.count(*) from rsdbt_result where {{ adapter.quote(rsdbt_plain_names(config.get('updated_at'))[0]) }} is null and pg_catalog.strpos({{ column }}, ' ') > 0
  )::text, true)
{%- endmacro %}

{# After the statement. #}
{% macro rsdbt_check_hidden_by_nulls(reading, count) %}
  {%- if reading['nulls_first'] and count > 0 -%}
    {{ exceptions.raise_database_error(
      rsdbt_counted(count, 'key has a staged row', 'keys have staged rows') ~ ' without `' ~ config.get('updated_at') ~ '` beside others, and `order by .. desc` puts '
      ~ ('it' if count == 1 else 'them') ~ ' before the newest one, which would be lost: nothing was applied and nothing consumed\nhelp: say `desc nulls last`'
    ) }}
  {%- endif -%}
{% endmacro %}
