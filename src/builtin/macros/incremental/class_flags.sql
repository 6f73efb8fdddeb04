{#
  What pg_class says of a relation, by one cheap look: {kind, has_children, has_triggers, has_rules, has_row_security}. A flag stays on when the last
  trigger is gone, but it is never off as long as there is one: foreign keys have triggers, too. {} when the relation does not exist.
#}

{# `column`: also whether that column may be null, as `may_be_null`. #}
{% macro rsdbt_class_flags(relation, column=none) %}
  {%- set nullable = '(select not attnotnull from pg_catalog.pg_attribute where attrelid = class.oid and attname = \'' ~ escape_single_quotes(column) ~ '\')' if column is not none else 'null' -%}
  {%- set query -%}
    select
      relkind::pg_catalog.text as kind, relhassubclass as has_children, relhastriggers as has_triggers, relhasrules as has_rules,
      relrowsecurity as has_row_security, {{ nullable }} as may_be_null
    from pg_catalog.pg_class as class where class.oid = {{ rsdbt_regclass(relation) }}
  {%- endset -%}
  {%- for row in adapter.introspect(query).rows -%}
    {{ return({
      'kind': row[0], 'has_children': row[1], 'has_triggers': row[2], 'has_rules': row[3], 'has_row_security': row[4], 'may_be_null': row[5],
    }) }}
  {%- endfor -%}
  {{ return({}) }}
{% endmacro %}
