{# `create or replace view` resets the options of a view, such as security_invoker: those that the new text does not set stay. #}

{% macro rsdbt_view_options(relation) %}
  {%- set query -%}
    select pg_catalog.array_to_json(reloptions)::text
    from pg_catalog.pg_class
    where oid = {{ rsdbt_regclass(relation) }} and reloptions is not null
  {%- endset -%}
  {%- set rows = adapter.introspect(query).rows -%}
  {{ return(fromjson(rows[0][0]) if rows else []) }}
{% endmacro %}

{% macro rsdbt_keep_view_options(relation, options) %}
  {%- if options -%}
    {%- set set_now = [] -%}
    {%- for option in rsdbt_view_options(relation) -%}
      {%- do set_now.append(option.split('=')[0]) -%}
    {%- endfor -%}
    {%- for option in options if option.split('=')[0] not in set_now -%}
      {%- do run_query('alter view ' ~ relation ~ ' set (' ~ option.split('=')[0] ~ ' = ' ~ rsdbt_literal(option.split('=', 1)[1]) ~ ')') -%}
    {%- endfor -%}
  {%- endif -%}
{% endmacro %}
