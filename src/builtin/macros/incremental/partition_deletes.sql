{# Rows that a DELETE does not take would be in the table twice, once old and once new. #}

{# A trigger may keep rows, and a policy of a partition hide them: a statement that fails then. None where there is nothing of that kind. #}
{% macro rsdbt_check_deleted_sql(relation, condition) %}
  {%- set query -%}
    select {{ rsdbt_hides_rows_sql(rsdbt_regclass(relation) ~ '::pg_catalog.oid') }}, exists (
      select from pg_catalog.pg_trigger
      where tgrelid in (select {{ rsdbt_regclass(relation) }}::pg_catalog.oid union all select relid::pg_catalog.oid from pg_catalog.pg_partition_tree({{ rsdbt_regclass(relation) }}))
        and not tgisinternal and tgtype & 11 = 11
    ) or exists (select from pg_catalog.pg_rewrite where ev_class = {{ rsdbt_regclass(relation) }} and ev_type = '4')
  {%- endset -%}
  {%- set hides, keeps = adapter.introspect(query).rows[0] -%}
  {%- if not hides and not keeps -%}
    {{ return(none) }}
  {%- endif -%}
  {%- set message = 'row level security of ' ~ relation ~ ' hides rows from this role: they would stay beside the new ones' if hides
    else 'a trigger or a rule of ' ~ relation ~ ' keeps rows that are overwritten: they would stay beside the new ones' -%}
  {%- set body -%}
    begin
      if {{ 'true' if hides else 'exists (select from ' ~ relation ~ ' as DBT_INTERNAL_DEST where ' ~ condition ~ ')' }} then
        raise exception using message = '{{ escape_single_quotes(message) }}';
      end if;
    end
  {%- endset -%}
  {{ return(rsdbt_block(body)) }}
{% endmacro %}
