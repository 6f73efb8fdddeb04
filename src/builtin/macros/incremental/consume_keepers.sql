{#
  Staged rows that may not be deleted: a trigger keeps them, or a policy hides them from the DELETE. They would stay, and be applied
  never or by each run. Looked for only where the log has something of that kind.
#}

{% macro rsdbt_log_keepers(staging) %}
  {%- set log = rsdbt_relation_of(staging) -%}
  {%- set query -%}
    select pg_catalog.format('row level security of %I.%I', nspname, relname)
    from pg_catalog.pg_class join pg_catalog.pg_namespace on pg_namespace.oid = relnamespace
    where pg_class.oid = {{ rsdbt_regclass(log) }} and pg_catalog.row_security_active(pg_class.oid)
  {%- endset -%}
  {%- set keepers = rsdbt_listed(rsdbt_row_keepers(log, ['delete'])) -%}
  {%- for row in adapter.introspect(query).rows -%}
    {%- do keepers.append(row[0]) -%}
  {%- endfor -%}
  {{ return(keepers | join(', ') or none) }}
{% endmacro %}

{# One of the rows that were named and not taken. Another session may have changed it: that is asked for afterwards. #}
{% macro rsdbt_note_kept_trace_sql() -%}
  pg_catalog.set_config('rsdbt.kept_trace', coalesce((
    select pg_catalog.min(rsdbt_named.trace) from rsdbt_named where not exists (select from rsdbt_taken where rsdbt_taken.trace = rsdbt_named.trace)
  ), ''), true)
{%- endmacro %}

{# After the statement. `count`: of the rows that it saw and did not delete. #}
{% macro rsdbt_check_kept_in_log(reading, count) %}
  {%- if count <= 0 or not reading['keepers'] -%}
    {{ return('') }}
  {%- endif -%}
  {%- set is_kept = 'true' -%}
  {%- if reading['traced'] -%}
    {%- set trace = "pg_catalog.split_part(nullif(pg_catalog.current_setting('rsdbt.kept_trace', true), ''), '/', " -%}
    {%- set is_kept = 'rsdbt_staged.tableoid = ' ~ trace ~ '1)::pg_catalog.oid and rsdbt_staged.ctid = ' ~ trace ~ '3)::pg_catalog.tid and rsdbt_staged.xmin = '
      ~ trace ~ '2)::pg_catalog.xid' -%}
  {%- endif -%}
  {%- if run_query('select exists (select from ' ~ reading['staging'] ~ ' as rsdbt_staged where ' ~ is_kept ~ ')').rows[0][0] -%}
    {{ exceptions.raise_database_error(
      '`consume`: ' ~ rsdbt_counted(count, 'staged row', 'staged rows') ~ ' of ' ~ reading['staging'] ~ ' could not be deleted: kept by ' ~ reading['keepers']
      ~ '. Nothing was applied and nothing consumed\nhelp: let this role delete the rows of the log, or set `consume: false` to read them without deleting'
    ) }}
  {%- endif -%}
{% endmacro %}
