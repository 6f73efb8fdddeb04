{#
  Parts of the statement that reads the rows, so that both see the same ones: a row that arrives after an earlier
  fingerprint, is read, and is gone before the next one would stay in the table. No windows: a first build. `relation` exists;
  it may be built aside of `this`. Nothing of the `doubtful` windows is forgotten: they may be kept.
#}
{% macro rsdbt_remembering(windows, relation=this, doubtful=[]) %}
  {#- To find changed periods, a run has remembered the relation. -#}
  {%- set oid = rsdbt_remember_relation(relation, rsdbt_files_sql('oid')) if windows is none else rsdbt_regclass(relation) -%}
  {#- Where not all rows are read, no number of rows is the right one: the next run builds the period again. -#}
  {%- set row_count = '-1' if flags.EMPTY or flags.SAMPLE else 'row_count' -%}
  {%- set of_windows = 'true' if windows is none else rsdbt_in_windows('known.period', 'local', rsdbt_windows_but(windows, doubtful)) -%}
  {{ return(([] if windows is none else ['rsdbt_known as (' ~ rsdbt_remember_relation_sql(relation) ~ ')']) + [
    'rsdbt_prints as materialized (select * from (' ~ rsdbt_fingerprints_sql(none, windows) ~ ') as prints where pg_catalog.isfinite(period))',
    'rsdbt_forgotten as (delete from rsdbt.periods as known where relation = ' ~ oid ~ " and input <> 'own rows' and " ~ of_windows
    ~ ' and (input, period) not in (select input, period from rsdbt_prints))',
    'rsdbt_remembered as (insert into rsdbt.periods (relation, input, period, row_count, checksum) select ' ~ oid
    ~ ', input, period, ' ~ row_count ~ ', checksum from rsdbt_prints on conflict (relation, input, period) do update set '
    ~ 'row_count = excluded.row_count, checksum = excluded.checksum)',
  ]) }}
{% endmacro %}
