{#
  `consume: true`: the model reads its staging table by deleting from it, in one statement: a staged row is deleted
  exactly when it took part in the merge. Rows that arrive meanwhile stay for the next run, and a failure puts
  everything back. Where the query uses every staged row, it reads what `delete .. returning` gives; otherwise it
  carries a column that names the staged rows of each result row, and those are deleted.
#}

{# The query that reads the rows taken away, and what takes them. #}
{% macro rsdbt_consuming(query) %}
  {%- set consume = config.get('consume') -%}
  {%- if not consume or flags.EMPTY or flags.SAMPLE -%}
    {{ return({'query': query, 'beside': []}) }}
  {%- endif -%}
  {%- set staging = consume if consume is string else rsdbt_only_input(query) -%}
  {%- set traced = rsdbt_trace_staged_rows(query, staging) -%}
  {%- do adapter.rsdbt_admit_deletes(rsdbt_relation_of(staging), is_found=true) -%}
  {%- do rsdbt_own_log(staging) -%}
  {%- set keepers = rsdbt_log_keepers(staging) -%}
  {%- if traced.column -%}
    {{ return(rsdbt_taking_traced_rows(staging, traced, keepers)) }}
  {%- endif -%}
  {%- set kept = '((select pg_catalog.count(*) from ' ~ staging ~ ') - pg_catalog.count(*))::text' if keepers else "'0'" -%}
  {%- set counts = "select pg_catalog.set_config('rsdbt.staged', pg_catalog.count(*)::text || ' 0 ' || " ~ kept ~ ', true)'
    ~ (' || ' ~ rsdbt_note_hidden_by_nulls_sql(traced.nulls_first) if traced.nulls_first else '') ~ ' from rsdbt_taken' -%}
  {{ return({
    'query': 'select rsdbt_all.* from (\n' ~ traced.query ~ '\n) as rsdbt_all where (' ~ counts ~ ') is not null',
    'beside': ['rsdbt_taken as (delete from ' ~ staging ~ ' returning *)'], 'staging': staging, 'keepers': keepers, 'nulls_first': traced.nulls_first,
  }) }}
{% endmacro %}

{#
  A row that another session changes meanwhile has another version or place: it is neither deleted nor applied. A result row
  of several staged rows cannot be applied in part; that is found out afterwards.
#}
{% macro rsdbt_taking_traced_rows(staging, traced, keepers) %}
  {%- set column = traced.column -%}
  {%- set counts -%}
    select pg_catalog.set_config('rsdbt.staged', pg_catalog.concat_ws(' ', taken, staged - taken, named - taken), true)
    from (
      select
        (select pg_catalog.count(*) from rsdbt_taken) as taken,
        (select pg_catalog.count(*) from {{ staging }}) as staged,
        (select pg_catalog.count(*) from rsdbt_named) as named
        {{ ', ' ~ rsdbt_note_grouped_with_null_sql(column) ~ ' as hidden' if traced.nulls_first }}
        {{ ', ' ~ rsdbt_note_kept_trace_sql() ~ ' as noted' if keepers }}
    ) as rsdbt_counts
    where true{{ ' and noted is not null' if keepers }}{{ ' and hidden is not null' if traced.nulls_first }}
  {%- endset -%}
  {%- set named -%}
    select distinct rsdbt_token as trace
    from rsdbt_result cross join lateral pg_catalog.string_to_table(rsdbt_result.{{ column }}, ' ') as rsdbt_token
  {%- endset -%}
  {%- set taken -%}
    delete from {{ staging }} as rsdbt_staged
    using rsdbt_named
    where rsdbt_staged.tableoid = pg_catalog.split_part(rsdbt_named.trace, '/', 1)::pg_catalog.oid
      and rsdbt_staged.ctid = pg_catalog.split_part(rsdbt_named.trace, '/', 3)::pg_catalog.tid
      and rsdbt_staged.xmin = pg_catalog.split_part(rsdbt_named.trace, '/', 2)::pg_catalog.xid
    returning rsdbt_named.trace
  {%- endset -%}
  {%- set query -%}
    select rsdbt_result.*
    from rsdbt_result
    {{ 'left join rsdbt_taken on rsdbt_taken.trace = rsdbt_result.' ~ column if not traced.grouped }}
    where ({{ counts }}) is not null
      {{ 'and (rsdbt_taken.trace is not null or rsdbt_result.' ~ column ~ ' is null)' if not traced.grouped }}
  {%- endset -%}
  {{ return({
    'query': query, 'staging': staging, 'grouped': traced.grouped, 'keepers': keepers, 'traced': true, 'nulls_first': traced.nulls_first,
    'beside': [
      'rsdbt_result as materialized (\n' ~ traced.query ~ '\n)', 'rsdbt_named as materialized (' ~ named ~ ')',
      'rsdbt_taken as (' ~ taken ~ ')',
    ],
  }) }}
{% endmacro %}
