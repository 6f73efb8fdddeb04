{# Partitions that a run took out and, killed, did not come to drop. #}

{# Of whatever periods: the next run may build others. #}
{% macro rsdbt_drop_old_partitions(target) %}
  {%- set query -%}
    select relname from pg_catalog.pg_class
    where relnamespace = (select relnamespace from pg_catalog.pg_class where oid = {{ rsdbt_regclass(target) }}) and relkind = 'r'
      and starts_with(relname, '{{ escape_single_quotes(target.identifier) }}_p') and relname ~ '_p[0-9]{6,8}(_[0-9]{2})?__dbt_backup$'
  {%- endset -%}
  {%- for row in run_query(query).rows -%}
    {%- do run_query('drop table if exists ' ~ target.incorporate(path={'identifier': row[0]})) -%}
  {%- endfor -%}
{% endmacro %}
