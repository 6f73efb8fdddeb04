{#
  How many rows fail each test of a relation, by one scan. Each test has a `condition`, and `distinct`, a column whose values count rather than rows.
  The scan leaves out rows that pass all of them, so that few reach the aggregates; each condition still stands by itself, as in the test's own statement.
#}
{% macro rsdbt_failures_of_tests(relation, tests) %}
  {%- set counts = [] -%}
  {%- set conditions = [] -%}
  {%- for test in tests -%}
    {%- set counted = 'distinct ' ~ test.distinct if test.distinct else '*' -%}
    {%- do counts.append('pg_catalog.count(' ~ counted ~ ') filter (where ' ~ test.condition ~ ') as test_' ~ loop.index) -%}
    {%- do conditions.append('(' ~ test.condition ~ ')') -%}
  {%- endfor -%}
  {%- if tests | selectattr('distinct') | list -%}
    {%- do rsdbt_refuse_comparisons_of_others() -%}
  {%- endif -%}
  {%- set query -%}
    select
      {{ counts | join(',\n      ') }}
    from {{ relation }}
    where {{ conditions | join('\n      or ') }}
  {%- endset -%}
  {{ return(run_query(query).rows[0].values()) }}
{% endmacro %}
