{#
  Facts that `partition_overwrite` no longer looks for: of periods before the `horizon`, those whose inputs are not what the
  table was built of. For models with `dirty: true`; runs do not scan there. `--event-time-start` and `--event-time-end` build them.
#}
{% test facts_before_horizon(model) %}
  {%- set settings = rsdbt_overwritten_model().config if execute else {} -%}
  {%- if execute and (settings.get('incremental_strategy') != 'partition_overwrite' or not settings.get('dirty')) -%}
    {{ exceptions.raise_compiler_error('facts_before_horizon: ' ~ rsdbt_overwritten_model().name ~ ' is not a model with incremental_strategy `partition_overwrite` and `dirty: true`') }}
  {%- endif -%}
  {%- if not execute or settings.get('horizon') is none or not rsdbt_memory(required=false) -%}
    select null as input where false
  {%- else -%}
    {%- set horizon = rsdbt_periods_ago(settings['horizon']) -%}
    select input, period, coalesce(known.row_count, 0) as rows_built, coalesce(now_there.row_count, 0) as rows_now
    from (
      {{ rsdbt_fingerprints_sql(horizon, none, 'before') }}
    ) as now_there
    full join (
      select input, period, row_count, checksum
      from rsdbt.periods
      where relation = {{ rsdbt_regclass(rsdbt_overwritten_relation()) }} and input <> 'own rows' and period < '{{ horizon['local_start'] }}'
    ) as known using (input, period)
    where pg_catalog.isfinite(period)
      and (now_there.row_count is distinct from known.row_count or now_there.checksum is distinct from known.checksum)
    order by period, input
  {%- endif -%}
{% endtest %}
