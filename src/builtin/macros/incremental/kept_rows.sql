{#
  Rows that a statement was to write or delete and that something of the table held back: a trigger that returns NULL, a rule, a
  policy. dbt's strategies take no notice of that; here it is an error that names them.
#}

{# A block that fails when rows that meet the condition are still there after a DELETE; none where nothing can keep them. `is_all`: the node does nothing else. #}
{% macro rsdbt_check_deleted_sql(relation, condition, is_all=true, known_flags=none) %}
  {%- set class = rsdbt_class_flags(relation) if known_flags is none else known_flags -%}
  {%- set hides = class['has_row_security'] and adapter.introspect('select ' ~ rsdbt_hides_rows_sql(rsdbt_regclass(relation) ~ '::pg_catalog.oid')).rows[0][0] -%}
  {%- set acting = rsdbt_acting_on_rows(relation, ['delete'], class) -%}
  {%- if hides -%}
    {{ return(rsdbt_block("begin raise exception using message = '"
      ~ escape_single_quotes('row level security of ' ~ relation ~ ' hides rows from this role: they would stay beside the new ones') ~ "'; end")) }}
  {%- elif not acting -%}
    {{ return(none) }}
  {%- endif -%}
  {{ return(rsdbt_check_kept_sql(
    'exists (select from ' ~ relation ~ ' as DBT_INTERNAL_DEST where ' ~ condition ~ ')',
    'rows of ' ~ relation ~ ' that were to be deleted were kept by ' ~ rsdbt_all_acting(acting)
      ~ ('. Nothing was changed\nhelp: let it delete them, or leave out the rows that would replace them' if is_all)
  )) }}
{% endmacro %}

{# A block that fails if such rows are there, and says how many. #}
{% macro rsdbt_check_none_sql(rows, one, more, message) %}
  {{ return(rsdbt_block(
    'declare found constant pg_catalog.int8 := (select pg_catalog.count(*) from ' ~ rows ~ "); begin if found > 0::pg_catalog.int8 then raise exception using message = found::pg_catalog.text || ' "
    ~ "' || case when found = 1::pg_catalog.int8 then '" ~ escape_single_quotes(one) ~ "' else '" ~ escape_single_quotes(more) ~ "' end || '" ~ escape_single_quotes(message) ~ "'; end if; end"
  )) }}
{% endmacro %}

{% macro rsdbt_check_kept_sql(condition, message) %}
  {{ return(rsdbt_block('begin if ' ~ condition ~ " then raise exception using message = '" ~ escape_single_quotes(message) ~ "'; end if; end")) }}
{% endmacro %}

{# Nothing where nothing can keep them. #}
{% macro rsdbt_no_row_stays(target, condition) -%}
  {%- set check = rsdbt_check_deleted_sql(target, condition) if execute -%}
  {{- '\n  ' ~ check ~ ';' if check -}}
{%- endmacro %}
