{# Blocks of PL/pgSQL, and the transaction around a node. #}

{#
  With texts of others in it, such as comments and definitions of views: none of them can hold the quote, which is a hash of
  them all, and so end the block and go on with statements of its own.
#}
{% macro rsdbt_block(body) -%}
  {%- set quote = '$rsdbt_' ~ local_md5(body) ~ '$' -%}
  do {{ quote }} {{ body }} {{ quote }}
{%- endmacro %}

{#
  A profile's `autocommit` wants no transactions, but what a node drops, builds, moves and remembers belongs together: its relations are never
  seen half done, and a node that fails leaves them as they were.
#}
{% macro rsdbt_begin_where_needed() %}
  {%- if target.autocommit -%}
    {%- do run_query('begin') -%}
  {%- endif -%}
{% endmacro %}
