{#
  The values of one column that its type refuses: from the staged rows into the rejects. The server alone knows the type, and says so by
  an error. Gives their number and the first few.
#}
{% macro rsdbt_load_judge(load, column, rejects, file) %}
  {%- set name = adapter.quote(column.name) -%}
  {%- call statement('judge') -%}
    create or replace function pg_temp.rsdbt_misfit(given text) returns text language plpgsql as $rsdbt$
      begin perform given::{{ column.type }}; return null; exception when others then return sqlerrm; end
    $rsdbt$
  {%- endcall -%}
  {%- do rsdbt_load_create_rejects(rejects) -%}
  {%- set query -%}
    with misfits as (
      delete from pg_temp.rsdbt_staged where pg_temp.rsdbt_misfit({{ name }}) is not null returning rsdbt_line, {{ name }} as given
    ),
    kept as (
      insert into {{ rejects }} (file, line, raw, column_name, reason)
      select '{{ escape_single_quotes(file) }}', rsdbt_line, given, '{{ escape_single_quotes(column.name) }}', pg_temp.rsdbt_misfit(given) from misfits
      returning line, reason
    )
    select (select pg_catalog.count(*)::pg_catalog.int8 from kept), line, reason from kept order by line limit 5
  {%- endset -%}
  {{ return(run_query(query).rows) }}
{% endmacro %}
