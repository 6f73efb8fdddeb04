{# The end of a run that swaps native partitions. #}

{#
  A commit that drops tables removes their files while readers wait: they are dropped after it, unless the transaction has hooks to run.
  It does wait until it is written: what a reader has seen stays when the server crashes. What could not be swapped is asked for before
  the commit: afterwards the session may be another one.
#}
{% macro rsdbt_end_with_swap(ending) %}
  {%- set drops_later = ending['drop'] and not post_hooks | selectattr('transaction') | list -%}
  {%- call statement('swap') -%}
    select pg_catalog.set_config('rsdbt.unswapped', '', false), pg_catalog.set_config('rsdbt.undropped', '', false);
    {{ ending['swap'] }}
    {%- if ending['drop'] and not drops_later %};
    {{ ending['drop'] }}
    {%- endif %}
  {%- endcall -%}
  {%- do rsdbt_note_what_stayed(ending) -%}
  {%- if drops_later -%}
    {%- call statement(auto_begin=False) -%}commit{%- endcall -%}
    {%- do adapter.repeat(ending['drop']) -%}
  {%- endif -%}
{% endmacro %}
