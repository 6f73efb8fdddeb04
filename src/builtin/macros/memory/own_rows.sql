{# The rows that a relation itself has per period. Asked for only when its storage is another one than the run before left. #}

{# No windows: all periods. #}
{% macro rsdbt_count_own_rows_sql(relation, columns, windows) -%}
  {%- set field = rsdbt_partitioning().field -%}
  {%- set kind = rsdbt_field_kind(columns) -%}
  select period, count(*) as row_count
  from (
    select date_trunc('{{ rsdbt_partitioning().granularity }}', {{ rsdbt_local_field(field, kind) }}) as period
    from {{ relation }}
    where {{ field ~ ' is not null' if windows is none else rsdbt_in_windows(field, kind, windows) }}
  ) as own
  group by period
{%- endmacro %}

{# `counts`: by the local start of a window, where they are known. #}
{% macro rsdbt_remember_own_rows(relation, columns, windows, counts=none) %}
  {%- set oid = rsdbt_regclass(relation) -%}
  {%- set counted = [] -%}
  {%- for start, count in (counts or {}).items() if count > 0 -%}
    {%- do counted.append("('" ~ start ~ "'::timestamp, " ~ count ~ '::bigint)') -%}
  {%- endfor -%}
  {%- set counted_sql = rsdbt_count_own_rows_sql(relation, columns, windows) if counts is none
    else 'values ' ~ counted | join(', ') if counted else 'select null::timestamp, 0::bigint where false' -%}
  {%- set query -%}
    with counted (period, row_count) as ({{ counted_sql }}),
    forgotten as (
      delete from rsdbt.periods as known
      where relation = {{ oid }} and input = 'own rows' {{ 'and ' ~ rsdbt_in_windows('known.period', 'local', windows) if windows is not none }}
        and period not in (select period from counted)
    )
    insert into rsdbt.periods (relation, input, period, row_count)
    select {{ oid }}, 'own rows', period, row_count from counted
    on conflict (relation, input, period) do update set row_count = excluded.row_count
  {%- endset -%}
  {%- do run_query(query) -%}
{% endmacro %}

{# After an overwrite in place. Of one period the statement has told how many rows it has. #}
{% macro rsdbt_remember_overwritten(relation, columns, windows, rows) %}
  {%- do rsdbt_remember_own_rows(relation, columns, windows, {windows[0]['local_start']: rows} if windows | length == 1 else none) -%}
{% endmacro %}

{# Gives the statements that a swap of partitions ends with. #}
{% macro rsdbt_remember_swap(relation, columns, windows, counts, changes, files_before) %}
  {%- if config.get('dirty') and windows -%}
    {%- do rsdbt_remember_own_rows(relation, columns, windows, counts) -%}
  {%- endif -%}
  {{ return([rsdbt_same_files_again_sql(relation, files_before)] if config.get('dirty') and changes else []) }}
{% endmacro %}

{# Other partitions have other file nodes; what was known of those before is still known. #}
{% macro rsdbt_same_files_again_sql(relation, files_before) -%}
  update rsdbt.relations set files = {{ rsdbt_files_sql(rsdbt_regclass(relation) ~ '::pg_catalog.oid') }}
  where relation = {{ rsdbt_regclass(relation) }} {{ 'and files = ' ~ files_before if files_before is not none }}
{%- endmacro %}

{# None for a model without `dirty`. #}
{% macro rsdbt_files_literal(relation) %}
  {%- if not config.get('dirty') -%}
    {{ return(none) }}
  {%- endif -%}
  {{ return("'" ~ run_query('select ' ~ rsdbt_files_sql(rsdbt_regclass(relation) ~ '::pg_catalog.oid') ~ '::text').rows[0][0] ~ "'::bigint") }}
{% endmacro %}
