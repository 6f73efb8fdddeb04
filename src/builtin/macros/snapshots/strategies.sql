{#
  How a change is seen. A strategy is a macro snapshot_<name>_strategy that returns unique_key, updated_at,
  row_changed, scd_id and hard_deletes; a project may add its own.
#}

{% macro strategy_dispatch(name) %}
  {%- set package_name = name.split('.')[0] if '.' in name else none -%}
  {%- if package_name and package_name not in context -%}
    {{ exceptions.raise_compiler_error("Could not find package '" ~ package_name ~ "', called with '" ~ name ~ "'") }}
  {%- endif -%}
  {%- set macros = context[package_name] if package_name else context -%}
  {%- set macro_name = 'snapshot_' ~ name.split('.')[-1] ~ '_strategy' -%}
  {%- if macro_name not in macros -%}
    {{ exceptions.raise_compiler_error(
      "The specified strategy macro '" ~ name.split('.')[-1] ~ "' was not found in package '" ~ package_name ~ "'"
    ) }}
  {%- endif -%}
  {{ return(macros[macro_name]) }}
{% endmacro %}

{# Newer by its own clock. Compared with when the state began: the history may predate the column. #}
{% macro snapshot_timestamp_strategy(node, snapshotted_rel, current_rel, model_config, target_exists) %}
  {%- set updated_at = config.get('updated_at') -%}
  {%- set began = snapshotted_rel ~ '.' ~ rsdbt_snapshot_columns().dbt_valid_from -%}
  {{ return(rsdbt_snapshot_strategy(updated_at, '(' ~ began ~ ' < ' ~ current_rel ~ '.' ~ updated_at ~ ')')) }}
{% endmacro %}

{# Any of the checked columns differs; a column that comes or goes counts as a difference. #}
{% macro snapshot_check_strategy(node, snapshotted_rel, current_rel, model_config, target_exists) %}
  {%- set column_added, checked = snapshot_check_all_get_existing_columns(node, target_exists, config.get('check_cols')) -%}
  {%- set differences = [get_true_sql()] if column_added else [] -%}
  {%- for column in checked if not column_added -%}
    {%- do differences.append(snapshotted_rel ~ '.' ~ column ~ ' is distinct from ' ~ current_rel ~ '.' ~ column) -%}
  {%- endfor -%}
  {%- set updated_at = config.get('updated_at') or snapshot_get_time() -%}
  {{ return(rsdbt_snapshot_strategy(updated_at, '(' ~ (differences | join(' or ') or 'false') ~ ')')) }}
{% endmacro %}

{% macro rsdbt_snapshot_strategy(updated_at, row_changed) %}
  {%- set unique_key = config.get('unique_key') -%}
  {%- set hard_deletes = adapter.get_hard_deletes_behavior(config) -%}
  {{ return({
    'unique_key': unique_key, 'updated_at': updated_at, 'row_changed': row_changed,
    'scd_id': snapshot_hash_arguments(api.Relation.scd_args(unique_key, updated_at)),
    'invalidate_hard_deletes': hard_deletes == 'invalidate', 'hard_deletes': hard_deletes,
  }) }}
{% endmacro %}

{# Whether the query has columns that the history lacks, and those that both have, quoted. #}
{% macro snapshot_check_all_get_existing_columns(node, target_exists, check_cols_config) %}
  {%- if not target_exists -%}
    {{ return((false, [])) }}
  {%- elif check_cols_config == 'all' -%}
    {%- set names = get_columns_in_query(node['compiled_code']) -%}
  {%- elif check_cols_config is iterable and check_cols_config is not string and check_cols_config | length > 0 -%}
    {#- The server answers with the names as it stores them. -#}
    {%- set names = get_columns_in_query(
      'select ' ~ check_cols_config | join(', ') ~ ' from (\n' ~ node['compiled_code'] ~ '\n) subq'
    ) -%}
  {%- else -%}
    {{ exceptions.raise_compiler_error("Invalid value for 'check_cols': " ~ check_cols_config) }}
  {%- endif -%}
  {%- set target_relation = adapter.get_relation(database=node.database, schema=node.schema, identifier=node.alias) -%}
  {%- set known = adapter.get_columns_in_relation(target_relation) | map(attribute='name') | list -%}
  {%- set filled = rsdbt_filled_columns(target_relation) -%}
  {%- set shared = [] -%}
  {%- for name in names if name in known and name not in filled -%}
    {%- do shared.append(adapter.quote(name)) -%}
  {%- endfor -%}
  {{ return((names | reject('in', known) | list | length > 0, shared)) }}
{% endmacro %}

{% macro snapshot_hash_arguments(args) -%}
  {%- set parts = [] -%}
  {%- for argument in args -%}
    {%- do parts.append('coalesce(cast(' ~ argument ~ " as varchar)::pg_catalog.text, '')") -%}
  {%- endfor -%}
  pg_catalog.md5({{ parts | join(" || '|' || ") }})
{%- endmacro %}
