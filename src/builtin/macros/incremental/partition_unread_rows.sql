{# Input rows of which periods give rows of others, and whether these are lost when others are built alone. #}

{#
  Refuses rows of `built` periods, or of none of the periods of `read`, that come of the input rows of these. A query may make rows of other
  periods from no input row, or between those of two windows: it is an error if these rows are others without the input rows of one.
#}
{% macro rsdbt_refuse_rows_read_from(read, built, kinds, columns) %}
  {%- set found = rsdbt_unread_periods(read, built, kinds, columns) if read and not rsdbt_keeps_periods(read, built, kinds, columns) else [] -%}
  {%- set lost = rsdbt_lost_periods(found, read, kinds, columns) if found else [] -%}
  {%- for window in read if lost -%}
    {%- set found = rsdbt_unread_periods([window], built, kinds, columns) -%}
    {%- set lost_of_one = rsdbt_lost_periods(found, [window], kinds, columns) if found else [] -%}
    {%- do rsdbt_raise_unread_rows(lost_of_one, window) if lost_of_one -%}
  {%- endfor -%}
{% endmacro %}

{# Input rows over which the query fails (a division by zero) do not stop a run that does not need them. #}
{% macro rsdbt_unread_periods(read, built, kinds, columns) %}
  {%- set field = rsdbt_partitioning().field -%}
  {%- set found = make_temp_relation(this, '__unread') -%}
  {%- set roles = rsdbt_roles_of_conditions() -%}
  {%- set conditions = [] -%}
  {%- for kind in kinds -%}
    {%- set column = rsdbt_query_parts[loop.index0 * 3 + 2] -%}
    {%- do conditions.append('true' if kind is none else 'false' if roles[loop.index0] == 'other' else rsdbt_in_windows(column, kind, read)
      if roles[loop.index0] == 'input' else rsdbt_unread_condition(column, kind, read, built)) -%}
  {%- endfor -%}
  {%- set done = rsdbt_attempt(['create temporary table ' ~ found ~ ' as select distinct ' ~ field ~ ' as value from (select * from (\n' ~ rsdbt_query_with(conditions)
    ~ "\n) as rsdbt_query offset '0') as rsdbt_rows where " ~ rsdbt_unread_condition(field, rsdbt_field_kind(columns), read, built)]) -%}
  {%- if done['error'] -%}
    {%- do rsdbt_warn('it is not known whether rows of other periods come of the input rows of ' ~ rsdbt_listed_periods(read) ~ ': ' ~ done['error']) -%}
    {{ return([]) }}
  {%- endif -%}
  {%- set periods = rsdbt_windows(['select ' ~ rsdbt_local_field('value', rsdbt_field_kind(columns)) ~ ' from ' ~ found]) if done['rows'] > 0 else [] -%}
  {%- do run_query('drop table ' ~ found) -%}
  {{ return(periods) }}
{% endmacro %}

{% macro rsdbt_unread_condition(column, kind, read, built) -%}
  {{ rsdbt_in_windows(column, kind, built) if built is not none else '(' ~ rsdbt_has_period_sql(column) ~ ' and not ' ~ rsdbt_in_windows(column, kind, read) ~ ')' }}
{%- endmacro %}

{#
  What a condition limits: `input` rows; rows of the `field`, which the query has computed from those; or `other` rows, by an expression (`created_at + interval
  '1 day'`) next to an input's column.
#}
{% macro rsdbt_roles_of_conditions() %}
  {%- set field = rsdbt_plain_names(rsdbt_partitioning().field)[0] -%}
  {%- set names = [] -%}
  {%- for column in rsdbt_query_parts[2::3] -%}
    {%- set plain = modules.re.match('^(?:(?:\\w+|"[^"]+")\\.)*(?:\\w+|"[^"]+")$', column) -%}
    {%- do names.append(rsdbt_plain_names([modules.re.split('\\.(?=[^.]*$)', column)[-1]])[0] if plain else none) -%}
  {%- endfor -%}
  {%- set computed = field in names and names | reject('equalto', field) | list and not rsdbt_has_input_with(field) -%}
  {%- set plain = computed and names | reject('none') | reject('equalto', field) | list -%}
  {%- set roles = [] -%}
  {%- for name in names -%}
    {%- do roles.append('input' if not computed else 'field' if name == field else 'other' if name is none and plain else 'input') -%}
  {%- endfor -%}
  {{ return(roles) }}
{% endmacro %}

{% macro rsdbt_has_input_with(name) %}
  {%- for unique_id in model.depends_on.nodes -%}
    {%- set node = rsdbt_input(unique_id) -%}
    {%- if node and node.relation_name and node.config.get('connection') == model.config.get('connection')
      and name in rsdbt_columns_of_input(node) | map(attribute='name') -%}
      {{ return(true) }}
    {%- endif -%}
  {%- endfor -%}
  {{ return(false) }}
{% endmacro %}
