{# A table whose periods were those of another config: `field` or `partitioned` has changed since it was built. #}

{#
  Of a table without `partitioned`. Rows whose field is NULL are those of another field: a first build leaves such rows out, and no run
  would overwrite them. Partitions of ours take no rows of further periods. `class`: of rsdbt_class_flags, with the field.
#}
{% macro rsdbt_refuse_other_periods(target, columns, windows, class) %}
  {%- set by = rsdbt_partitioning() -%}
  {%- set query -%}
    select not exists (select from pg_catalog.pg_partitioned_table where partrelid = {{ rsdbt_regclass(target) }} and partdefid <> 0)
  {%- endset -%}
  {%- set has_partitions_only = class['kind'] == 'p' and adapter.introspect(query).rows[0][0] -%}
  {%- if class['may_be_null'] and rsdbt_has_rows(target, by.field ~ ' is null') -%}
    {{ exceptions.raise_database_error(
      target.render() ~ ' has rows whose `' ~ by.field[1:-1] ~ '` is NULL: they belong to no period, and no run would overwrite them. Nothing was changed'
      ~ '\nhelp: after a change of `partition_by.field`, run with --full-refresh; or delete them: `delete from ' ~ target.render() ~ ' where ' ~ by.field ~ ' is null`'
    ) }}
  {%- endif -%}
  {%- set missing = rsdbt_windows_but(windows, rsdbt_windows_within(target, columns, windows)) if has_partitions_only else [] -%}
  {%- if missing -%}
    {{ exceptions.raise_database_error(
      target.render() ~ ' is partitioned and has no partition for ' ~ rsdbt_counted(missing | length, 'period', 'periods') ~ ' of this run: ' ~ rsdbt_listed_periods(missing)
      ~ '. Nothing was changed\nhelp: set `partitioned: true`, which makes them; or, after a change of `partitioned`, run with --full-refresh'
    ) }}
  {%- endif -%}
{% endmacro %}
