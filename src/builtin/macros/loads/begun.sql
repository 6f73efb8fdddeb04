{# How the load of a table of another database begins. #}

{# Opens the transaction of the load. Whether the rows are to be copied into the table itself: nobody sees a new one, and it has no rows to compare with. #}
{% macro rsdbt_load_begin_table(relation, load) %}
  {%- set is_new = rsdbt_load_open(relation, load) -%}
  {%- call statement('staged') -%}{{ rsdbt_load_staged_sql(load) }}{%- endcall -%}
  {%- do rsdbt_load_compare_arriving(load) -%}
  {{ return(is_new and load.mode == 'replace') }}
{% endmacro %}
