{#
  `dirty: true`: for every input with an event_time, the number of rows and a checksum per period are remembered in
  <target schema>_rsdbt.partition_fingerprints. What differs at the next run is built again. The fingerprint is taken
  before the rows are read: what arrives between shows up next time.
#}

{# Local starts of the periods whose inputs changed since they were built; the new fingerprints wait aside. #}
{% macro rsdbt_changed_periods_sql() %}
  {%- set stored = rsdbt_fingerprint_store() -%}
  {%- set current = make_temp_relation(this, '__dbt_prints') -%}
  {%- set prints = rsdbt_fingerprint_queries() -%}
  {%- call statement('fingerprints') -%}
    create temporary table {{ current }} on commit drop as
    {{ prints | join('\nunion all\n') }}
  {%- endcall -%}
  {%- set changed -%}
    select coalesce(now_there.period, known.period)
    from {{ current }} as now_there
    full join (
      select * from {{ stored }} where model = {{ rsdbt_model_literal() }} {{ rsdbt_within_horizon('period') }}
    ) as known using (input, period)
    where now_there.row_count is distinct from known.row_count or now_there.checksum is distinct from known.checksum
  {%- endset -%}
  {%- set periods = [] -%}
  {%- for row in run_query('select distinct period::text from (' ~ changed ~ ') as changed (period)').rows -%}
    {%- do periods.append("select timestamp '" ~ row[0] ~ "'") -%}
  {%- endfor -%}
  {%- do run_query('delete from ' ~ stored ~ ' where model = ' ~ rsdbt_model_literal() ~ ' ' ~ rsdbt_within_horizon('period')) -%}
  {%- do run_query(
    'insert into ' ~ stored ~ ' (model, input, period, row_count, checksum) select ' ~ rsdbt_model_literal()
    ~ ', input, period, row_count, checksum from ' ~ current
  ) -%}
  {{ return(periods | join('\nunion all\n') or 'select null::timestamp') }}
{% endmacro %}

{% macro rsdbt_fingerprint_queries() %}
  {%- set by = rsdbt_partitioning() -%}
  {%- set queries = [] -%}
  {%- for unique_id in model.depends_on.nodes -%}
    {%- set node = graph.sources.get(unique_id) or graph.nodes.get(unique_id) -%}
    {%- set event_time = node.config.get('event_time') -%}
    {%- if event_time -%}
      {%- set period = "date_trunc('" ~ by.granularity ~ "', " ~ rsdbt_local_field('input.' ~ event_time, 'instant') ~ ')' -%}
      {%- do queries.append(
        "select '" ~ escape_single_quotes(unique_id) ~ "'::text as input, " ~ period ~ ' as period, count(*) as row_count, '
        ~ 'sum(' ~ rsdbt_row_hash(node) ~ ') as checksum from ' ~ node.relation_name
        ~ ' as input where input.' ~ event_time ~ ' is not null '
        ~ rsdbt_within_horizon(rsdbt_local_field('input.' ~ event_time, 'instant')) ~ ' group by 1, 2'
      ) -%}
    {%- endif -%}
  {%- endfor -%}
  {%- if not queries -%}
    {{ exceptions.raise_compiler_error('`dirty: true` needs an input with an `event_time`') }}
  {%- endif -%}
  {{ return(queries) }}
{% endmacro %}
