{# Native partitions: the table is a frame, and each period a table of its own that is built aside. #}

{# The frame, with the query's columns and the partitions of its rows. #}
{% macro rsdbt_build_partitioned(relation) %}
  {%- set rows = make_temp_relation(relation) -%}
  {%- do rsdbt_read_rows(rows, sql, {'query': get_empty_subquery_sql(sql) if config.get('dirty') else sql, 'beside': []}) -%}
  {%- call statement('create_frame') -%}
    create table {{ relation }} (like {{ rows }}) partition by range ({{ rsdbt_partitioning().field }})
  {%- endcall -%}
  {%- if config.get('dirty') -%}
    {%- call statement('read_rows') -%}
      {{ rsdbt_insert_beside(rows, {'query': sql, 'beside': rsdbt_remembering(none, relation)}) }}
    {%- endcall -%}
  {%- endif -%}
  {%- set columns = adapter.get_columns_in_relation(rows) -%}
  {%- do rsdbt_warn_of_rows_without_event_time(infinite=true) -%}
  {%- do rsdbt_check_rows(rows, columns, none, false) -%}
  {%- set windows = rsdbt_windows_of_rows(rows, columns) -%}
  {%- for window in windows -%}
    {%- do run_query(
      'create table ' ~ rsdbt_partition(relation, window) ~ ' partition of ' ~ relation ~ ' for values '
      ~ rsdbt_partition_bounds(window, rsdbt_field_kind(columns))
    ) -%}
  {%- endfor -%}
  {%- call statement('main') -%}
    {{ rsdbt_insert_windows_sql(relation, rows, columns, windows) }}
  {%- endcall -%}
  {%- do rsdbt_add_missing_constraints(relation) -%}
  {%- if config.get('dirty') -%}
    {%- do rsdbt_remember_own_rows(relation, columns, none) -%}
    {%- do run_query(rsdbt_same_files_again_sql(relation, none)) -%}
  {%- endif -%}
{% endmacro %}

{% macro rsdbt_insert_windows_sql(relation, rows, columns, windows) %}
  {{ return(rsdbt_insert_part_sql(relation, none, rows, columns, rsdbt_in_windows(rsdbt_partitioning().field, rsdbt_field_kind(columns), windows))) }}
{% endmacro %}

{% macro rsdbt_partition(relation, window) %}
  {{ return(make_relation_with_suffix(relation, '_p' ~ window['name'])) }}
{% endmacro %}

{% macro rsdbt_partition_bounds(window, kind) -%}
  {%- set side = '' if kind == 'instant' else 'local_' -%}
  from ('{{ window[side ~ 'start'] }}') to ('{{ window[side ~ 'end'] }}')
{%- endmacro %}

{# After a rebuild the partitions take the names that the next run looks for. Gives [as it was built, itself, itself] of each. #}
{% macro rsdbt_name_partitions(relation) %}
  {%- set query -%}
    select partition.relname::text, pg_catalog.substring(partition.relname, '_p[0-9]{6,8}(?:_[0-9]{2})?$')
    from pg_catalog.pg_inherits
    join pg_catalog.pg_class as partition on partition.oid = inhrelid
    where inhparent = {{ rsdbt_regclass(relation) }}
    order by 1
  {%- endset -%}
  {%- set renamed = [] -%}
  {%- set changes = [] -%}
  {%- for name, suffix in adapter.introspect(query).rows if suffix is not none -%}
    {%- set built = relation.incorporate(path={'identifier': name}) -%}
    {%- set named = make_relation_with_suffix(relation, suffix) -%}
    {%- if named.identifier != name -%}
      {%- do changes.append('alter table ' ~ built ~ ' rename to ' ~ adapter.quote(named.identifier) ~ ';') -%}
      {%- do renamed.append([built, named, named]) -%}
    {%- endif -%}
  {%- endfor -%}
  {%- do run_query(rsdbt_block('begin ' ~ changes | join(' ') ~ ' end')) if changes -%}
  {{ return(renamed) }}
{% endmacro %}
