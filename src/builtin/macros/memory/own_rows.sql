{#
  The rows that a relation itself has per period, and their checksum. Compared only when its storage is another one than the run before
  left.
#}

{# No windows: all periods. Rows of one window need no groups. `own_columns`: those that count, where they are known. #}
{% macro rsdbt_count_own_rows_sql(relation, columns, windows, own_columns=none) -%}
  {%- set field = rsdbt_partitioning().field -%}
  {%- set kind = rsdbt_field_kind(columns) -%}
  {%- set whole = windows[0] if windows is not none and windows | length == 1 and (windows[0]['steady'] or kind != 'instant') else none -%}
  {%- set period = "date_trunc('" ~ rsdbt_partitioning().granularity ~ "', " ~ rsdbt_local_field(field, kind) ~ ')' -%}
  select {{ "timestamp '" ~ whole['local_start'] ~ "' as" if whole is not none }} period, pg_catalog.count(*) as row_count, pg_catalog.sum({{ rsdbt_mixed_hash('hash') }}) as checksum
  from (
    select {{ period ~ ' as period, ' if whole is none }}{{ rsdbt_own_row_hash(relation, own_columns) }} as hash
    from {{ relation }} as input
    where {{ rsdbt_has_period_sql(field) if windows is none else rsdbt_in_windows(field, kind, windows) }}
    {# The hash is used twice: without the offset it would also be calculated twice. #}offset '0'
  ) as own
  {{ 'group by period' if whole is none else 'having pg_catalog.count(*) > 0' }}
{%- endmacro %}

{# A column that is added changes the hash of no row that has NULL there. #}
{% macro rsdbt_own_row_hash(relation, own_columns=none) -%}
  {{ rsdbt_row_hash(rsdbt_without_filled(adapter.get_columns_in_relation(relation), rsdbt_filled_columns(relation), []) if own_columns is none else own_columns, nulls='0') }}
{%- endmacro %}

{# {rows, checksum} of a native partition, or of rows of a table, as literals; `relation` has the order of the columns. #}
{% macro rsdbt_own_rows_of(partition, relation, condition='true') %}
  {%- set query = 'select pg_catalog.count(*), pg_catalog.sum(' ~ rsdbt_mixed_hash('hash') ~ ')::text from (select '
    ~ rsdbt_own_row_hash(relation) ~ ' as hash from ' ~ partition ~ ' as input where ' ~ condition ~ " offset '0') as own" -%}
  {%- set row = run_query(query).rows[0] -%}
  {{ return({'rows': row[0], 'checksum': row[1] or 'null'}) }}
{% endmacro %}

{# `known`: by the local start of a window, where they are known; else they are read. `own_columns`: of those that are read, where they are known. #}
{% macro rsdbt_remember_own_rows(relation, columns, windows, known=none, own_columns=none) %}
  {%- set oid = rsdbt_regclass(relation) -%}
  {%- set counted = [] -%}
  {%- for start, own in (known or {}).items() if own['rows'] > 0 -%}
    {%- do counted.append("('" ~ start ~ "'::timestamp, " ~ own['rows'] ~ '::bigint, ' ~ own['checksum'] ~ '::numeric)') -%}
  {%- endfor -%}
  {%- set counted_sql = rsdbt_count_own_rows_sql(relation, columns, windows, own_columns) if known is none
    else 'values ' ~ counted | join(', ') if counted else 'select null::timestamp, 0::bigint, 0::numeric where false' -%}
  {%- set query -%}
    with counted (period, row_count, checksum) as ({{ counted_sql }}),
    forgotten as (
      delete from rsdbt.periods as known
      where relation = {{ oid }} and input = 'own rows' {{ 'and ' ~ rsdbt_in_windows('known.period', 'local', windows) if windows is not none }}
        and period not in (select period from counted)
    )
    insert into rsdbt.periods (relation, input, period, row_count, checksum)
    select {{ oid }}, 'own rows', period, row_count, checksum from counted
    on conflict (relation, input, period) do update set row_count = excluded.row_count, checksum = excluded.checksum
  {%- endset -%}
  {%- do adapter.introspect(query) -%}
{% endmacro %}

{# Gives the statements that a swap of partitions ends with. #}
{% macro rsdbt_remember_swap(relation, columns, windows, known, changes, files_before) %}
  {%- if config.get('dirty') and windows -%}
    {%- do rsdbt_remember_own_rows(relation, columns, windows, known) -%}
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
  {{ return("'" ~ adapter.introspect('select ' ~ rsdbt_files_sql(rsdbt_regclass(relation) ~ '::pg_catalog.oid') ~ '::text').rows[0][0] ~ "'::bigint") }}
{% endmacro %}
