{# The relation's own name: a custom alias, else the node's name with its version. #}

{% macro generate_alias_name(custom_alias_name=none, node=none) -%}
  {%- if custom_alias_name -%}
    {{ custom_alias_name | trim }}
  {%- elif node.version -%}
    {{ node.name }}_v{{ node.version | string | replace('.', '_') }}
  {%- else -%}
    {{ node.name }}
  {%- endif -%}
{%- endmacro %}

{# The unversioned name under which the latest version of a model can be read. #}
{% macro generate_latest_version_pointer_alias(custom_alias_name=none, node=none) -%}
  {{ (custom_alias_name or node.name) | trim }}
{%- endmacro %}
