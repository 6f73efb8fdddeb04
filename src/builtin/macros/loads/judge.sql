{#
  The values of one column that its type refuses: from the staged rows into the rejects. The server alone knows the type, and says so by
  an error. `place`: of the file among those of the load. Gives their number and the first few.
#}
{% macro rsdbt_load_judge(load, column, rejects, file, place) %}
  {%- set name = adapter.quote(column.name) -%}
  {#- An assignment cuts and fills nothing, as a cast does. -#}
  {%- call statement('judge') -%}
    create or replace function pg_temp.rsdbt_misfit(given text) returns text language plpgsql as $rsdbt$
      begin
        declare fits {{ column.type }} := given;
        begin return null; end;
      exception when others then return sqlerrm;
      end
    $rsdbt$
  {%- endcall -%}
  {%- set arrived = 'rsdbt_file operator(pg_catalog.=) ' ~ place -%}
  {#- Where the type has no empty text, such a field is NULL. -#}
  {%- call statement('empty') -%}
    update pg_temp.rsdbt_staged set {{ name }} = null where {{ arrived }} and {{ name }} = '' and pg_temp.rsdbt_misfit('') is not null
  {%- endcall -%}
  {%- do rsdbt_load_create_rejects(rejects) -%}
  {%- set query -%}
    with misfits as (
      delete from pg_temp.rsdbt_staged where {{ arrived }} and pg_temp.rsdbt_misfit({{ name }}) is not null
      returning rsdbt_line, {{ 'rsdbt_text' if load.keeps_lines else "coalesce(" ~ name ~ ", '')" }} as raw, {{ name }} as given
    ),
    kept as (
      insert into {{ rejects }} (file, line, raw, column_name, reason)
      select '{{ escape_single_quotes(file) }}', rsdbt_line, raw, '{{ escape_single_quotes(column.name) }}', pg_temp.rsdbt_misfit(given) from misfits
      returning line, reason
    )
    select (select pg_catalog.count(*)::pg_catalog.int8 from kept), line, reason from kept order by line limit 5
  {%- endset -%}
  {{ return(run_query(query).rows) }}
{% endmacro %}
