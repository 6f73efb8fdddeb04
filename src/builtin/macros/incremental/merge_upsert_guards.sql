{# What keeps a merge_upsert right: keys, order, and one run at a time. #}

{# A NULL timestamp counts as the oldest; of two equal rows the one that arrives later wins. True or false, never null. #}
{% macro rsdbt_not_older(row, other) -%}
  {%- set condition = namespace(sql='') -%}
  {%- for column in rsdbt_order_columns() | reverse -%}
    {%- set mine = row ~ '.' ~ column -%}
    {%- set theirs = other ~ '.' ~ column -%}
    {%- if condition.sql -%}
      {%- set condition.sql = '(coalesce(' ~ mine ~ ' > ' ~ theirs ~ ', ' ~ mine ~ ' is not null and ' ~ theirs ~ ' is null)'
        ~ ' or ' ~ mine ~ ' is not distinct from ' ~ theirs ~ ' and ' ~ condition.sql ~ ')' -%}
    {%- else -%}
      {%- set condition.sql = 'coalesce(' ~ mine ~ ' >= ' ~ theirs ~ ', ' ~ theirs ~ ' is null)' -%}
    {%- endif -%}
  {%- endfor -%}
  {{ condition.sql }}
{%- endmacro %}

{# The condition of rows with a key; the others are counted. A look at the rows of its own would cost a scan. #}
{% macro rsdbt_has_key(row, keys) %}
  {%- set missing = [] -%}
  {%- for key in keys -%}
    {%- do missing.append(row ~ '.' ~ key ~ ' is null') -%}
  {%- endfor -%}
  {{ return('case when ' ~ missing | join(' or ') ~ " then pg_catalog.set_config('rsdbt.without_key', (" ~ rsdbt_rows_without_key()
    ~ ' + 1)::text, true) is null else true end') }}
{% endmacro %}

{% macro rsdbt_rows_without_key() -%}
  coalesce(nullif(pg_catalog.current_setting('rsdbt.without_key', true), ''), '0')::bigint
{%- endmacro %}

{# Until the transaction ends; readers and writers of the table itself do not notice. `beside`: others like it may work at the same time. #}
{% macro rsdbt_one_merge_at_a_time(relation, beside=false) %}
  {%- call statement('lock') -%}
    select pg_catalog.pg_advisory_xact_lock{{ '_shared' if beside }}(pg_catalog.hashtextextended('rsdbt merge {{ escape_single_quotes(relation.render()) }}'::pg_catalog.text, 0::pg_catalog.int8))
  {%- endcall -%}
{% endmacro %}
