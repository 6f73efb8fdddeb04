{% macro part_name(name) %}{{ return(adapter.dispatch('part_name', 'parts')(name)) }}{% endmacro %}
{% macro default__part_name(name) %}'{{ name }}'{% endmacro %}
{% macro shared() %}'package'{% endmacro %}
