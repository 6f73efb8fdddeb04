{# Rows of a table that a statement has passed by: how they are found, and what is said of them. #}

{# No statement of this transaction has written the row, nor a block of a trigger's that handles exceptions: that has a later id of its own. #}
{% macro rsdbt_is_unwritten_sql() -%}
  pg_catalog.age(DBT_INTERNAL_DEST.xmin) > 0
{%- endmacro %}

{# A statement of this transaction has written the row last. #}
{% macro rsdbt_is_written_sql() -%}
  DBT_INTERNAL_DEST.xmin = pg_catalog.pg_current_xact_id()::pg_catalog.xid
{%- endmacro %}

{# Whether the row has other values than it was to get. As images: json and point are not comparable. `columns` are quoted. #}
{% macro rsdbt_differs_sql(target, row, columns) %}
  {%- set types = {} -%}
  {%- for name, type in adapter.introspect(
    'select attname::pg_catalog.text, pg_catalog.format_type(atttypid, atttypmod) from pg_catalog.pg_attribute where attnum > 0 and not attisdropped and attrelid = '
    ~ rsdbt_regclass(target)
  ).rows -%}
    {%- do types.update({name: type}) -%}
  {%- endfor -%}
  {%- set own = [] -%}
  {%- set wanted = [] -%}
  {%- for column in columns -%}
    {%- do own.append('DBT_INTERNAL_DEST.' ~ column) -%}
    {%- do wanted.append(row ~ '.' ~ column ~ '::' ~ types[rsdbt_plain_names([column])[0]]) -%}
  {%- endfor -%}
  {{ return('pg_catalog.record_image_ne(row(' ~ own | join(', ') ~ '), row(' ~ wanted | join(', ') ~ '))' if columns else 'false') }}
{% endmacro %}

{% macro rsdbt_raise_discarded(target, count) %}
  {%- set keepers = rsdbt_row_keepers(target, ['insert']) -%}
  {%- if not keepers -%}
    {{ return('') }}
  {%- endif -%}
  {{ exceptions.raise_database_error(
    rsdbt_counted(count, 'row was', 'rows were') ~ ' not inserted into ' ~ target.render() ~ ', but discarded by ' ~ keepers ~ '. Nothing was changed'
    ~ '\nhelp: leave such rows out, or let the trigger return the row'
  ) }}
{% endmacro %}

{% macro rsdbt_raise_kept(target, count, keepers) %}
  {{ exceptions.raise_database_error(
    rsdbt_counted(count, 'row', 'rows') ~ ' of ' ~ target.render() ~ ' should have changed, but ' ~ ('was' if count == 1 else 'were') ~ ' kept by ' ~ keepers
    ~ '. Nothing was changed\nhelp: leave such rows out, or let the trigger return the row'
  ) }}
{% endmacro %}
