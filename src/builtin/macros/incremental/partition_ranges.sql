{#
  Of many ranges a row is looked up in one, by halves: a comparison with each of them would take, for rows and planner, time by
  their square. 64 ranges around all of them serve an index.
#}

{# A `case`: the planner must not take the rows for one in two hundred. #}
{% macro rsdbt_in_many_ranges(column, kind, ranges) %}
  {%- set around = [] -%}
  {%- for share in ranges | batch((ranges | length + 63) // 64) -%}
    {%- do around.append(column ~ " >= '" ~ share[0][0] ~ "' and " ~ column ~ " < '" ~ share[-1][1] ~ "'") -%}
  {%- endfor -%}
  {%- set at = '(' ~ column ~ ')::timestamp' if kind != 'instant'
    else '(' ~ rsdbt_instant_sql(column) ~ " at time zone 'UTC')" -%}
  {%- set listed = [] -%}
  {%- for range in ranges -%}
    {%- do listed.append('[' ~ range[0] ~ ',' ~ range[1] ~ ')') -%}
  {%- endfor -%}
  {{ return('((' ~ around | join(' or ') ~ ') and case when ' ~ at ~ " operator(pg_catalog.<@) '{" ~ listed | join(',')
    ~ "}'::pg_catalog.tsmultirange then true else false end)") }}
{% endmacro %}

{# Local times that are known, as rows. #}
{% macro rsdbt_timestamps_sql(timestamps) -%}
  select pg_catalog.unnest('{ {{- '"' ~ timestamps | join('","') ~ '"' if timestamps -}} }'::timestamp[])
{%- endmacro %}

{# Of `windows`, those that `others` does not have. #}
{% macro rsdbt_windows_but(windows, others) %}
  {%- set starts = {} -%}
  {%- for window in others -%}
    {%- do starts.update({window['local_start']: true}) -%}
  {%- endfor -%}
  {%- set left = [] -%}
  {%- for window in windows if window['local_start'] not in starts -%}
    {%- do left.append(window) -%}
  {%- endfor -%}
  {{ return(left) }}
{% endmacro %}
