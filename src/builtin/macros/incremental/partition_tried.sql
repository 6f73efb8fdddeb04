{# Input rows of which the query is asked what it makes: of some periods, and of none. #}

{#
  Lists: the last of the windows, and the last period that has input rows, as those of the windows may all be gone. Together, for what lies between them, and
  each alone, for what goes from one into the other.
#}
{% macro rsdbt_tried_windows(windows, relation) %}
  {%- set last = 'select pg_catalog.max(period) from rsdbt.periods where relation = ' ~ rsdbt_regclass(relation)
    ~ "::pg_catalog.oid and input <> 'own rows' and row_count > 0 and pg_catalog.isfinite(period)" -%}
  {%- set tried = (windows or [])[-64:] -%}
  {%- set beside = rsdbt_windows_but(rsdbt_windows([last]), tried) -%}
  {%- set together = (tried + beside) | sort(attribute='local_start') | list -%}
  {{ return([together, tried, beside] if tried and beside else [together] if together else []) }}
{% endmacro %}

{#
  [windows, input]: with `in_partitions` on what is computed of one of several inputs, each is asked by itself, as a row of it may be joined to those of the
  day before. None: all at once.
#}
{% macro rsdbt_tried_inputs(lists) %}
  {%- set nodes = rsdbt_inputs_with_event_time() if rsdbt_query_parts | length > 1 else [] -%}
  {%- set tried = [] -%}
  {%- for windows in lists -%}
    {%- do tried.append([windows, none]) -%}
    {%- for node in nodes if nodes | length > 1 -%}
      {%- do tried.append([windows, node]) -%}
    {%- endfor -%}
  {%- endfor -%}
  {{ return(tried) }}
{% endmacro %}

{# {query} or {refusal}: of the input rows of the windows, and of none. Of the other inputs beside `only`, those next to the windows are read, too. #}
{% macro rsdbt_restricted_queries(query, windows, only) %}
  {%- set of_windows = {} -%}
  {%- set of_none = {} -%}
  {%- set wider = (windows + rsdbt_windows_beside(windows, 'day')) | sort(attribute='local_start') | list if only else windows -%}
  {%- for node in rsdbt_inputs_with_event_time() -%}
    {%- set columns = rsdbt_columns_of_input(node) -%}
    {%- set is_asked = not only or node.unique_id == only.unique_id -%}
    {%- set read = rsdbt_in_windows(rsdbt_event_column(node, columns).quoted, rsdbt_event_kind(node, columns), windows if is_asked else wider) -%}
    {%- do of_windows.update({node.relation_name: read}) -%}
    {%- do of_none.update({node.relation_name: 'false' if is_asked else read}) -%}
  {%- endfor -%}
  {{ return([adapter.rsdbt_restrict_query(query, of_windows), adapter.rsdbt_restrict_query(query, of_none)]) }}
{% endmacro %}
