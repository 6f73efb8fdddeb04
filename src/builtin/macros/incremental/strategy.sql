{#
  A strategy is one file of `strategies/`, or a macro of the project: `incremental_strategy: x` calls get_incremental_x_sql(arg_dict), as in dbt,
  with `_` for the `+` of a name. Gives SQL; or, after statements of its own, how the transaction ends (see rsdbt_end_with_swap) or none.
  What else it needs stands beside it, in macros that need not be there:

    rsdbt_enter_x()                     before anything is locked or looked at
    rsdbt_traits_x()                    what it does to the table: {adds_only, deletes, consumes, remembers,
                                        has_index_of_key, writes_all}
    rsdbt_first_x(relation, get_sql)    the first build, where that is more than a table of the query's rows
    rsdbt_prepare_x(existing_relation)  before the rows are read: {reading, reads_at_last}, and what is its own
    rsdbt_read_x(prepared, rows)        after they are read into a table
    rsdbt_finish_x(arg_dict)            after its SQL

  `arg_dict` holds target_relation, temp_relation, unique_key, dest_columns and incremental_predicates; `prepared`, and `acting`: what of the
  table acts on its rows; `reading` where the SQL is to read the rows itself, as rsdbt_rows_of gives them.
#}

{# The macro of a step, or none. #}
{% macro rsdbt_step_of(strategy, step) %}
  {{ return(context.get('rsdbt_' ~ step ~ '_' ~ strategy.replace('+', '_'))) }}
{% endmacro %}

{# Who has to wait for another run waits here, where it keeps nobody from the table. #}
{% macro rsdbt_enter_strategy() %}
  {%- set strategy = config.get('incremental_strategy') if model.config.materialized == 'incremental' else none -%}
  {%- set enter = rsdbt_step_of(strategy, 'enter') if strategy else none -%}
  {%- do enter() if enter is not none -%}
{% endmacro %}

{% macro rsdbt_traits(strategy) %}
  {%- set traits = rsdbt_step_of(strategy, 'traits') -%}
  {{ return({} if traits is none else traits()) }}
{% endmacro %}

{% macro get_insert_into_sql(target_relation, temp_relation, dest_columns) -%}
  {{ rsdbt_insert_sql(target_relation, temp_relation, dest_columns) }}
{%- endmacro %}

{% macro rsdbt_insert_sql(target_relation, temp_relation, dest_columns) -%}
  {%- set columns = get_quoted_csv(dest_columns | map(attribute='name')) -%}
  insert into {{ target_relation }} ({{ columns }})
  (
    select {{ columns }}
    from {{ temp_relation }}
  )
{%- endmacro %}
