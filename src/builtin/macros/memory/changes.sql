{#
  `dirty: true`: which periods are not what the table was built of. Remembered in `rsdbt.periods`: the rows and a checksum of each
  period of each input, and the relation's own rows. A relation without memory differs everywhere.
#}

{# Local starts of those periods. #}
{% macro rsdbt_changed_periods_sql(columns) %}
  {#- `horizon: 90`: older periods are taken as they are. A literal, so that an index on the event time serves. -#}
  {%- set horizon = rsdbt_periods_ago(config.get('horizon')) if config.get('horizon') is not none else none -%}
  {%- set memory = rsdbt_memory_of(this) -%}
  {%- do rsdbt_remember_relation(this, memory.files) if not memory.known -%}
  {%- do rsdbt_mark_other_own_rows(memory, columns) if not memory.same_files -%}
  {%- set since = " and period >= '" ~ horizon['local_start'] ~ "'" if horizon is not none -%}
  {%- set changed -%}
    select period, input, now_there.row_count
    from (
      {{ rsdbt_fingerprints_sql(horizon, none) }}
    ) as now_there
    full join (
      select input, period, row_count, checksum
      from rsdbt.periods
      where relation = {{ memory.oid }} and input <> 'own rows' {{ since }}
    ) as known using (input, period)
    where now_there.row_count is distinct from known.row_count or now_there.checksum is distinct from known.checksum
    union all
    select period, input, row_count from rsdbt.periods where relation = {{ memory.oid }} and input = 'own rows' and row_count = -1 {{ since }}
  {%- endset -%}
  {%- set periods = [] -%}
  {%- for row in run_query(
    'select distinct case when pg_catalog.isfinite(period) then period::text end, case when not pg_catalog.isfinite(period) then input end, '
    ~ 'case when not pg_catalog.isfinite(period) then row_count end from (' ~ changed ~ ') as changed (period, input, row_count) order by 1, 2'
  ).rows -%}
    {%- do periods.append(row[0]) if row[0] is not none -%}
    {%- do rsdbt_warn_of_infinite_event_times(rsdbt_input(row[1]), row[2]) if row[1] is not none and row[2] -%}
  {%- endfor -%}
  {{ return(rsdbt_timestamps_sql(periods)) }}
{% endmacro %}

{#
  The storage is another one, or nothing is known: the table's rows per period are compared by their number and checksum,
  and those of periods that differ become -1, until a run builds the period. Memory of an earlier rsdbt has no checksum of them, or no own
  rows: there, a period that lost all of them differs.
#}
{% macro rsdbt_mark_other_own_rows(memory, columns) %}
  {%- set query -%}
    with counted as ({{ rsdbt_count_own_rows_sql(this, columns, none) }})
    insert into rsdbt.periods (relation, input, period, row_count, checksum)
    {%- if memory.adopted %}
    select {{ memory.oid }}, 'own rows', period, row_count, checksum from counted
    union all
    select distinct {{ memory.oid }}, 'own rows', period, -1, null::numeric
    from rsdbt.periods
    where relation = {{ memory.oid }} and row_count > 0 and period not in (select period from counted)
    {%- else %}
    select {{ memory.oid }}, 'own rows', period, -1, null
    from counted
    full join (select period, row_count, checksum from rsdbt.periods where relation = {{ memory.oid }} and input = 'own rows') as known using (period)
    where coalesce(counted.row_count, 0) <> coalesce(known.row_count, 0)
      or counted.checksum <> known.checksum
    {%- endif %}
    on conflict (relation, input, period) do update set row_count = excluded.row_count, checksum = excluded.checksum
  {%- endset -%}
  {%- do adapter.introspect(query) -%}
  {%- do adapter.introspect('update rsdbt.relations set files = ' ~ memory.files ~ ', adopted = false where relation = ' ~ memory.oid) -%}
{% endmacro %}
