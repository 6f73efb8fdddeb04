{# A table that arrives from outside: the real one, or the sample's seed of the same name in another schema. #}
{% macro arrived(table) %}
  {{- return(ref(table) if var('sample') else source('ad', table)) -}}
{% endmacro %}
