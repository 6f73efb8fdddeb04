{# Whether the table has what a load has written, where something of it acts on its rows. #}

{% macro rsdbt_load_check_count(relation, acting, due, written) %}
  {%- if written < due -%}
    {{ exceptions.raise_database_error(
      rsdbt_counted(due - written, 'row was', 'rows were') ~ ' not written into ' ~ relation.render() ~ ', but discarded by ' ~ rsdbt_all_acting(acting)
      ~ '; nothing was loaded\nhelp: leave such rows out of the load, or let ' ~ ('the rule' if 'rule ' in rsdbt_all_acting(acting) else 'the trigger') ~ ' keep them'
    ) }}
  {%- endif -%}
{% endmacro %}

{# A trigger may give a row another key, or delete it later. #}
{% macro rsdbt_load_check_keys(relation, load, acting) %}
  {%- do rsdbt_fire_deferred(acting) -%}
  {%- set keys = rsdbt_load_keys(load) -%}
  {%- set lost = ['rsdbt_kept.' ~ keys[0] ~ ' is null'] -%}
  {%- for key in keys -%}
    {%- do lost.append('excluded.' ~ key ~ ' is not null') -%}
  {%- endfor -%}
  {%- set query = 'select pg_catalog.count(*)::pg_catalog.int8 from ' ~ rsdbt_load_rows_sql(load) ~ ' as excluded left join ' ~ relation ~ ' as rsdbt_kept on '
    ~ rsdbt_same_key(keys, 'excluded', 'rsdbt_kept') ~ ' where ' ~ lost | join(' and ') -%}
  {%- set gone = run_query(query).rows[0][0] -%}
  {%- if gone > 0 -%}
    {{ exceptions.raise_database_error(
      rsdbt_counted(gone, 'row is', 'rows are') ~ ' not in ' ~ relation.render() ~ ' as the load gives ' ~ ('it' if gone == 1 else 'them') ~ ', because of ' ~ rsdbt_all_acting(acting)
      ~ '; nothing was loaded\nhelp: leave such rows out of the load, or let the trigger keep them and their keys'
    ) }}
  {%- endif -%}
{% endmacro %}

{# Rows that were inserted or copied all at once. #}
{% macro rsdbt_load_check_there(relation, acting, written) %}
  {%- if acting -%}
    {%- do rsdbt_fire_deferred(acting) -%}
    {%- do rsdbt_check_there(relation, written, acting) -%}
  {%- endif -%}
{% endmacro %}

{# Of rows that were copied into the table itself. #}
{% macro rsdbt_load_check_copied(relation, load, written) %}
  {%- do rsdbt_load_check_there(relation, rsdbt_acting_on_rows(relation, ['insert']), written) -%}
{% endmacro %}
