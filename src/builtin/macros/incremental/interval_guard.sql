{#
  A query that limits its rows by `interval_start` gives none for the other periods that a run builds: those whose inputs changed, that
  `restate` names or `lookback` adds would be emptied.
#}
{% macro rsdbt_check_interval() %}
  {%- set adds = [] -%}
  {%- for key in ['dirty', 'restate', 'lookback'] if config.get(key) and key in (model.unrendered_config or {}) -%}
    {%- do adds.append(key) -%}
  {%- endfor -%}
  {%- if not adds -%}
    {{ return('') }}
  {%- endif -%}
  {%- set names = '(?i)\\{[{%][^}]*\\b((?:interval|event_time)_(?:start|end))\\b' -%}
  {#- Beside in_partitions it may be a value; compared with something it is a limit. -#}
  {%- set compared = "(?i)(?:[<>=]|\\bbetween|\\band)\\s*(?:\\w+\\s*)?'?\\s*\\{\\{[^}]*\\b((?:interval|event_time)_(?:start|end))\\b" -%}
  {%- set found = modules.re.search(compared if 'in_partitions' in model.raw_code else names, model.raw_code) -%}
  {%- if found -%}
    {{ exceptions.raise_compiler_error(
      '`' ~ found.group(1) ~ '` limits the rows of the query, and `' ~ adds[0] ~ '` builds further periods, which would be emptied. Nothing was changed.\n'
      ~ "help: limit it by in_partitions('created_at') instead, with the column that tells the time, or remove `" ~ adds[0] ~ '`'
    ) }}
  {%- endif -%}
{% endmacro %}
