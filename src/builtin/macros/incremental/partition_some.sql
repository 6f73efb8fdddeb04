{# A few of many windows. #}

{#
  Lists of periods: a dozen, of which any two are apart in some of the lists. Of more: eight, closer to each other towards the last.
#}
{% macro rsdbt_some_of(windows) %}
  {%- set last = windows | length - 1 -%}
  {%- if last < 12 -%}
    {{ return(rsdbt_any_two_apart(windows)) }}
  {%- endif -%}
  {%- set back = [0] -%}
  {%- for step in range(1, 8) -%}
    {%- do back.append([step * step * last // 49, back[-1] + 2] | max) if back[-1] + 2 <= last -%}
  {%- endfor -%}
  {%- set some = [] -%}
  {%- for periods in back | reverse -%}
    {%- do some.append(windows[last - periods]) -%}
  {%- endfor -%}
  {{ return(rsdbt_any_two_apart(some)) }}
{% endmacro %}

{# By the digits of their binary numbers: a row that the query moves from one period to another shows in one of the lists. The first two have no neighbours. #}
{% macro rsdbt_any_two_apart(windows) %}
  {%- set lists = [] -%}
  {%- for place in [1, 2, 4, 8] if place == 1 or place < windows | length -%}
    {%- set sides = [[], []] -%}
    {%- for window in windows -%}
      {%- do sides[loop.index0 // place % 2].append(window) -%}
    {%- endfor -%}
    {%- do lists.extend(sides) -%}
  {%- endfor -%}
  {{ return(lists) }}
{% endmacro %}

{# All of a few windows; of many, some from all of their time, and the last ones. #}
{% macro rsdbt_spread_of(windows) %}
  {%- if windows | length <= 40 -%}
    {{ return(windows) }}
  {%- endif -%}
  {%- set some = [] -%}
  {%- for window in windows -%}
    {%- do some.append(window) if loop.index0 % (windows | length // 24) == 0 or loop.revindex0 < 8 -%}
  {%- endfor -%}
  {{ return(some) }}
{% endmacro %}
