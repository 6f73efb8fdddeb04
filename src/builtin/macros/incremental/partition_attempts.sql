{# One partition that cannot be overwritten does not stop the others: its statements are taken back to where they began. #}

{# Runs them; {rows, error}: of the last one. Errors of the whole transaction (deadlock, full disk, shutdown) stay errors. #}
{% macro rsdbt_attempt(statements) %}
  {%- do run_query(rsdbt_attempt_sql(statements, "perform pg_catalog.set_config('rsdbt.attempted', '0 ' || sqlerrm, true);")) -%}
  {%- set said = run_query("select pg_catalog.current_setting('rsdbt.attempted')").rows[0][0] -%}
  {{ return({'rows': said.split(' ')[0] | int, 'error': said.split(' ', 1)[1] or none}) }}
{% endmacro %}

{% macro rsdbt_attempt_sql(statements, otherwise) -%}
  {%- set tag = 'rsdbt_' ~ local_md5(statements | join) -%}
  do ${{ tag }}$
  declare
    affected bigint := 0;
    reason text;
  begin
    begin
      {%- for statement in statements %}
      execute '{{ escape_single_quotes(statement) }}';
      {%- endfor %}
      get diagnostics affected = row_count;
      perform pg_catalog.set_config('rsdbt.attempted', affected::pg_catalog.text || ' ', true);
    exception when others then
      if sqlstate ~ '^(08|25|40|53|57|58|XX)' then
        raise;
      end if;
      {{ otherwise }}
    end;
  end ${{ tag }}$
{%- endmacro %}

{# A part of the swap. What could not be swapped is told after the commit: then the node fails. #}
{% macro rsdbt_swap_attempt_sql(window, partition, fresh, changes) %}
  {%- set otherwise -%}
      perform pg_catalog.set_config('rsdbt.unswapped', pg_catalog.current_setting('rsdbt.unswapped', true)
        || E'\n  ' || '{{ escape_single_quotes(partition.identifier) }}' || ': ' || sqlerrm, false);
      execute '{{ escape_single_quotes('drop table ' ~ fresh) }}';
      {%- if config.get('dirty') %}
      execute '{{ escape_single_quotes(rsdbt_unremember_sql([window])) }}';
      {%- endif %}
  {%- endset -%}
  {{ return(rsdbt_attempt_sql(changes, otherwise)) }}
{% endmacro %}

{# Before the commit. #}
{% macro rsdbt_note_what_stayed(ending) %}
  {%- set said = run_query(
    "select pg_catalog.current_setting('rsdbt.unswapped', true), pg_catalog.current_setting('rsdbt.undropped', true)").rows[0] -%}
  {%- do ending.update({'failed': ending['failed'] + [said[0] or '']}) -%}
  {%- do rsdbt_warn('partitions that the retention has passed could not be dropped:' ~ said[1]) if said[1] -%}
{% endmacro %}

{# After the commit. #}
{% macro rsdbt_raise_failed_partitions(ending) %}
  {%- set failed = ending['failed'] | join -%}
  {%- if failed -%}
    {{ exceptions.raise_database_error('some partitions could not be overwritten; the others are, and are committed. The next run tries these again:' ~ failed) }}
  {%- endif -%}
{% endmacro %}

{# The periods of these windows count as changed, whatever the next run finds there. #}
{% macro rsdbt_unremember_sql(windows) -%}
  {%- set rows = [] -%}
  {%- for window in windows -%}
    {%- do rows.append('(' ~ rsdbt_regclass(this) ~ ", '" ~ escape_single_quotes(rsdbt_inputs_with_event_time()[0].unique_id) ~ "', '" ~ window['local_start'] ~ "'::timestamp, -1, 0)") -%}
  {%- endfor -%}
  insert into rsdbt.periods (relation, input, period, row_count, checksum) values {{ rows | join(', ') }}
  on conflict (relation, input, period) do update set row_count = -1
{%- endmacro %}
