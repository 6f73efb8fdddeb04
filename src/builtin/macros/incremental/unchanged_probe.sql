{#
  Whether rows that are what they were have been kept. In a subtransaction that is taken back, they get NULLs, and then the new values again: a row
  that takes no NULL is kept as it is. One that takes it, and becomes what it was by the new values, is what the trigger makes of these, whatever
  was there. The setting rsdbt.kept gets the number of the others; -1 where the table takes no NULLs.
#}

{% macro rsdbt_probe_sql(target, old, probed, is_same, same_key) %}
  {%- set key_names = rsdbt_plain_names(probed['keys']) -%}
  {%- set nullable = adapter.introspect('select attname::pg_catalog.text from pg_catalog.pg_attribute where attnum > 0 and not attisdropped and not attnotnull and attrelid = '
    ~ rsdbt_regclass(target)).rows | map(attribute=0) | list -%}
  {%- set emptied = [] -%}
  {%- set again = [] -%}
  {%- set has_value = [] -%}
  {%- for column in probed['written'] if rsdbt_plain_names([column])[0] not in key_names -%}
    {%- do again.append(column ~ ' = ' ~ probed['row'] ~ '.' ~ column) -%}
    {%- if rsdbt_plain_names([column])[0] in nullable -%}
      {%- do emptied.append(column ~ ' = null') -%}
      {%- do has_value.append('rsdbt_old.' ~ column ~ ' is not null') -%}
    {%- endif -%}
  {%- endfor -%}
  {%- if not emptied -%}
    {{ return("select pg_catalog.set_config('rsdbt.kept', '-1', true)") }}
  {%- endif -%}
  {%- set target_row = target ~ ' as DBT_INTERNAL_DEST' -%}
  {%- set unchanged = '(select pg_catalog.count(*) from ' ~ old ~ ' as rsdbt_old where exists (select from ' ~ target_row ~ ' where ' ~ is_same ~ ')' -%}
  {{ return(rsdbt_block(
    'declare kept pg_catalog.int8; begin begin update ' ~ target_row ~ ' set ' ~ emptied | join(', ') ~ ' where exists (select from ' ~ old ~ ' as rsdbt_old where ' ~ is_same ~ '); '
    ~ 'kept := ' ~ unchanged ~ ' and (' ~ has_value | join(' or ') ~ ')); '
    ~ 'update ' ~ target_row ~ ' set ' ~ again | join(', ') ~ ' from ' ~ probed['from'] ~ ' where ' ~ probed['match'] ~ ' and exists (select from ' ~ old ~ ' as rsdbt_old where ' ~ same_key ~ '); '
    ~ 'kept := kept + (select pg_catalog.count(*) from ' ~ old ~ ') - ' ~ unchanged ~ "); raise exception using errcode = 'RSDBT'; "
    ~ "exception when sqlstate 'RSDBT' then null; when others then if sqlstate ~ '^(08|25|40|53|57|58|XX)' then raise; end if; kept := -1; end; "
    ~ "perform pg_catalog.set_config('rsdbt.kept', kept::pg_catalog.text, true); end"
  )) }}
{% endmacro %}
