{# How a query reads only the periods of its run: `where {{ in_partitions('created_at') }}`. #}

{#
  Condition on a column of an input: a row without an event time, or with an infinite one, belongs to no period and is never read. `kind` says how
  the column names its period: `instant` in UTC, `date` and `local` by the calendar of `partition_by.time_zone`. Without
  it, the column's type decides.
#}
{% macro in_partitions(column, kind=none) -%}
  {%- if execute and (column is undefined or column is none) -%}
    {{ exceptions.raise_compiler_error("in_partitions: the column is a text, in quotes: in_partitions('ordered_at')") }}
  {%- endif -%}
  {%- if kind not in [none, 'instant', 'date', 'local'] -%}
    {{ exceptions.raise_compiler_error("in_partitions: `" ~ kind ~ "` is not a valid kind (expected 'instant', 'date' or 'local')") }}
  {%- endif -%}
  {{ rsdbt_condition('(' ~ column ~ " not in ('infinity', '-infinity') and " ~ column ~ ' is not null)', kind or 'type', column) if execute -}}
{%- endmacro %}

{# The query, reading only those periods, whether it could be narrowed, by which kinds of columns, and what remembers how they were read. #}
{% macro rsdbt_reading_windows(windows, doubtful) %}
  {%- if windows is none -%}
    {{ return({'query': sql, 'beside': [], 'narrowed': false}) }}
  {%- endif -%}
  {%- set kinds = rsdbt_kinds_of_conditions(rsdbt_query_parts) if windows else rsdbt_query_parts[1::3] -%}
  {{ return({
    'query': rsdbt_query_of(windows, kinds), 'narrowed': kinds | length > 0, 'kinds': kinds,
    'beside': rsdbt_remembering(windows, doubtful=doubtful) if windows and config.get('dirty') else [],
  }) }}
{% endmacro %}

{#
  The server says of what type each column is, wherever in the query it stands: each condition compares its column with a
  parameter, and a parameter takes the type of what it is compared with. One in a comment becomes a varchar, by the cast.
#}
{% macro rsdbt_types_of_conditions(parts) %}
  {%- if config.get('sql_header') -%}
    {{ exceptions.raise_compiler_error("in_partitions: a model with a `sql_header` names the kind of each column: in_partitions('.."
      ~ "', kind='instant') for a timestamp, kind='date' for a date") }}
  {%- endif -%}
  {%- set compared = [parts[0]] -%}
  {%- for column in parts[2::3] -%}
    {%- do compared.append('(' ~ column ~ ' = $' ~ loop.index ~ ')' ~ parts[loop.index0 * 3 + 3]) -%}
  {%- endfor -%}
  {{ return(rsdbt_parameter_types(compared | join, parts[2::3] | length)) }}
{% endmacro %}

{# With `sqlstates`, those errors of the server give none. #}
{% macro rsdbt_parameter_types(query, count, sqlstates=none) %}
  {%- set parameters = [] -%}
  {%- for number in range(1, count + 1) -%}
    {%- do parameters.append('$' ~ number ~ '::varchar') -%}
  {%- endfor -%}
  {%- set name = make_temp_relation(this, '__types').identifier -%}
  {%- set prepare = 'prepare ' ~ adapter.quote(name) ~ ' as select from (\n' ~ query ~ '\n) as rsdbt_rows where coalesce(' ~ parameters | join(', ') ~ ') is null' -%}
  {%- if sqlstates is none -%}
    {%- do run_query(prepare) -%}
  {%- elif not adapter.attempt(prepare, sqlstates) -%}
    {{ return(none) }}
  {%- endif -%}
  {%- set rows = run_query(
    "select parameter.type::text from pg_catalog.pg_prepared_statements, pg_catalog.unnest(parameter_types) with ordinality as parameter (type, number) where name = '"
    ~ escape_single_quotes(name) ~ "' order by number"
  ).rows -%}
  {%- do run_query('deallocate ' ~ adapter.quote(name)) -%}
  {{ return(rows | map(attribute=0) | list) }}
{% endmacro %}

{# None for a condition that no row meets: in a comment. #}
{% macro rsdbt_kind_of_type(column, type) %}
  {%- set kinds = {'date': 'date', 'timestamp without time zone': 'instant', 'timestamp with time zone': 'instant', 'character varying': none} -%}
  {%- if type not in kinds -%}
    {{ exceptions.raise_compiler_error(
      "in_partitions('" ~ column ~ "'): the column is of type " ~ type ~ " (expected date, timestamp or timestamptz); cast it, or write in_partitions('"
      ~ column ~ "', kind='date')"
    ) }}
  {%- endif -%}
  {{ return(kinds[type]) }}
{% endmacro %}
