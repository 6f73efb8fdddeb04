{# Blocks of PL/pgSQL. #}

{#
  With texts of others in it, such as comments and definitions of views: none of them can hold the quote, which is a hash of
  them all, and so end the block and go on with statements of its own.
#}
{% macro rsdbt_block(body) -%}
  {%- set quote = '$rsdbt_' ~ local_md5(body) ~ '$' -%}
  do {{ quote }} {{ body }} {{ quote }}
{%- endmacro %}
