{# The difference between the indexes that are there and those that are configured. #}

{#
  Steps `{action: drop | create, context: name | config}`. An index with a kept name is known by it, others by shape. Only
  an index whose name is a hash was made from a config: whoever made one of another name keeps it.
#}
{% macro rsdbt_index_changes(relation, configured) %}
  {%- set wanted = {} -%}
  {%- for index in configured -%}
    {%- do wanted.update({rsdbt_kept_index_name(index) or rsdbt_index_shape(index['columns'], index.get('unique'), index.get('type')): index}) -%}
  {%- endfor -%}
  {%- set found = [] -%}
  {%- set steps = [] -%}
  {%- for row in adapter.introspect(get_show_indexes_sql(relation)).rows -%}
    {%- set shape = rsdbt_index_shape((row['column_names'] or '').split(','), row['unique'], row['method']) -%}
    {%- if row['name'] in wanted or shape in wanted -%}
      {%- do found.append(row['name'] if row['name'] in wanted else shape) -%}
    {%- elif modules.re.match('^[0-9a-f]{32}$', row['name']) -%}
      {%- do steps.append({'action': 'drop', 'context': row['name']}) -%}
    {%- endif -%}
  {%- endfor -%}
  {%- for key, index in wanted.items() if key not in found -%}
    {%- do steps.append({'action': 'create', 'context': index}) -%}
  {%- endfor -%}
  {{ return(steps) }}
{% endmacro %}

{% macro rsdbt_index_shape(columns, unique, type) %}
  {{ return((type or 'btree') ~ (' unique ' if unique else ' ') ~ columns | map('trim', '" ') | join(',')) }}
{% endmacro %}

{% macro rsdbt_index_changes_sql(relation, steps) %}
  {%- set statements = [] -%}
  {%- for step in steps -%}
    {%- if step['action'] == 'drop' -%}
      {%- do statements.append(get_drop_index_sql(relation, step['context'])) -%}
    {%- else -%}
      {%- do statements.append(get_create_index_sql(relation, step['context'])) -%}
    {%- endif -%}
  {%- endfor -%}
  {{ return(statements) }}
{% endmacro %}

{# For a table that stays: what was configured since it was built. Indexes of others are theirs. #}
{% macro rsdbt_add_missing_indexes(relation) %}
  {%- set configured = config.get('indexes', default=[]) -%}
  {%- for step in (rsdbt_index_changes(relation, configured) if configured else []) if step['action'] == 'create' -%}
    {%- do run_query(get_create_index_sql(relation, step['context'])) -%}
  {%- endfor -%}
{% endmacro %}
