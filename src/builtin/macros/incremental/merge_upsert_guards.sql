{# What keeps a merge_upsert right: keys, order, and one run at a time. #}

{# An empty moment counts as the oldest; of two equal rows the one that arrives later wins. True or false, never null. #}
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
  {{ return('case when ' ~ missing | join(' or ') ~ " then set_config('rsdbt.without_key', (" ~ rsdbt_rows_without_key()
    ~ ' + 1)::text, true) is null else true end') }}
{% endmacro %}

{% macro rsdbt_rows_without_key() -%}
  coalesce(nullif(current_setting('rsdbt.without_key', true), ''), '0')::bigint
{%- endmacro %}

{# `on conflict` needs a unique index over just the key, whoever made it. #}
{% macro rsdbt_ensure_unique_index(relation, keys) %}
  {%- set names = [] -%}
  {%- for key in rsdbt_plain_names(keys) -%}
    {%- do names.append("'" ~ escape_single_quotes(key) ~ "'") -%}
  {%- endfor -%}
  {%- set query -%}
    select count(*)
    from pg_catalog.pg_index
    where indrelid = {{ rsdbt_regclass(relation) }}
      and indisunique and indisvalid and indimmediate and indpred is null and indexprs is null
      and (
        select array_agg(attname::text order by attname)
        from pg_catalog.pg_attribute
        where attrelid = indrelid and attnum = any(indkey[0:indnkeyatts - 1])
      ) = (select array_agg(name order by name) from unnest(array[{{ names | join(', ') }}]) as name)
  {%- endset -%}
  {%- if run_query(query).rows[0][0] == 0 -%}
    {%- do run_query('create unique index on ' ~ relation ~ ' (' ~ keys | join(', ') ~ ')') -%}
  {%- endif -%}
{% endmacro %}

{# Names as the catalog has them. #}
{% macro rsdbt_plain_names(names) %}
  {%- set plain = [] -%}
  {%- for name in rsdbt_listed(names) -%}
    {%- do plain.append(name[1:-1] | replace('""', '"') if name[:1] == '"' else name | lower) -%}
  {%- endfor -%}
  {{ return(plain) }}
{% endmacro %}

{# Until the transaction ends; readers and writers of the table itself do not notice. #}
{% macro rsdbt_one_merge_at_a_time(relation) %}
  {%- call statement('lock') -%}
    select pg_advisory_xact_lock(hashtextextended('rsdbt merge {{ escape_single_quotes(relation.render()) }}', 0))
  {%- endcall -%}
{% endmacro %}
