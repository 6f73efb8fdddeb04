{#
  `dirty: true`: for every input with an event_time, the number of rows and a checksum per period are remembered in
  <target schema>_rsdbt.partition_fingerprints. What differs at the next run is built again.
#}

{# Local starts of the periods whose inputs differ from what the table was built of. #}
{% macro rsdbt_changed_periods_sql() %}
  {%- set changed -%}
    select coalesce(now_there.period, known.period)
    from (
      {{ rsdbt_fingerprints_sql(none) }}
    ) as now_there
    full join (
      select * from {{ rsdbt_fingerprint_store() }} where model = {{ rsdbt_model_literal() }} {{ rsdbt_within_horizon('period') }}
    ) as known using (input, period)
    where now_there.row_count is distinct from known.row_count or now_there.checksum is distinct from known.checksum
  {%- endset -%}
  {%- set periods = [] -%}
  {%- for row in run_query('select distinct period::text from (' ~ changed ~ ') as changed (period)').rows -%}
    {%- do periods.append("select timestamp '" ~ row[0] ~ "'") -%}
  {%- endfor -%}
  {{ return(periods | join('\nunion all\n') or 'select null::timestamp') }}
{% endmacro %}

{#
  Parts of the statement that reads the rows, so that both see the same ones: a row that arrives after an earlier
  fingerprint, is read, and is gone before the next one would stay in the table. No windows: a first build.
#}
{% macro rsdbt_remembering(windows) %}
  {%- set store = rsdbt_fingerprint_store() -%}
  {%- set of_windows = 'true' if windows is none else rsdbt_in_windows('known.period', 'local', windows) -%}
  {{ return([
    'rsdbt_prints as materialized (' ~ rsdbt_fingerprints_sql(windows) ~ ')',
    'rsdbt_forgotten as (delete from ' ~ store ~ ' as known where model = ' ~ rsdbt_model_literal() ~ ' and ' ~ of_windows
    ~ ' and (input, period) not in (select input, period from rsdbt_prints))',
    'rsdbt_remembered as (insert into ' ~ store ~ ' (model, input, period, row_count, checksum) select ' ~ rsdbt_model_literal()
    ~ ', input, period, row_count, checksum from rsdbt_prints on conflict (model, input, period) do update set '
    ~ 'row_count = excluded.row_count, checksum = excluded.checksum)',
  ]) }}
{% endmacro %}

{# Of the windows, or of all periods within the horizon. #}
{% macro rsdbt_fingerprints_sql(windows) %}
  {%- set queries = [] -%}
  {%- for unique_id in model.depends_on.nodes -%}
    {%- set node = graph.sources.get(unique_id) or graph.nodes.get(unique_id) -%}
    {%- if node.config.get('event_time') -%}
      {%- set columns = rsdbt_columns_of_input(node) -%}
      {%- set moment = rsdbt_event_moment(node, columns) -%}
      {%- set local_moment = rsdbt_local_field(moment, 'instant') -%}
      {%- do queries.append(
        "select '" ~ escape_single_quotes(unique_id) ~ "'::text as input, date_trunc('" ~ rsdbt_partitioning().granularity ~ "', "
        ~ local_moment ~ ') as period, count(*) as row_count, sum(' ~ rsdbt_row_hash(columns) ~ ') as checksum from '
        ~ node.relation_name ~ ' as input where ' ~ moment ~ ' is not null '
        ~ (rsdbt_within_horizon(local_moment) if windows is none else 'and ' ~ rsdbt_in_windows(moment, 'instant', windows))
        ~ ' group by 1, 2'
      ) -%}
    {%- endif -%}
  {%- endfor -%}
  {%- if not queries -%}
    {{ exceptions.raise_compiler_error('`dirty: true` needs an input with an `event_time`') }}
  {%- endif -%}
  {{ return(queries | join('\nunion all\n')) }}
{% endmacro %}
