{# Rows for one partition: identity columns of the table are filled by its sequence, as the partition itself has none before PostgreSQL 17. #}

{# `part` is a partition of `target`, or is going to be one: its identities are those of the target. #}
{% macro rsdbt_insert_part_sql(part, target, rows, columns, condition) %}
  {%- set names = get_quoted_csv(columns | map(attribute='name')) -%}
  {%- set identities = rsdbt_identities_but(target, columns) if target is not none and target.render() != part.render() else [] -%}
  {%- set numbers = [] -%}
  {%- for name, sequence in identities -%}
    {%- do numbers.append(", pg_catalog.nextval('" ~ escape_single_quotes(sequence) ~ "'::pg_catalog.regclass)") -%}
  {%- endfor -%}
  {{ return('insert into ' ~ part ~ ' (' ~ names ~ (', ' ~ get_quoted_csv(identities | map(attribute=0)) if identities) ~ ')'
    ~ (' overriding system value' if identities) ~ ' select ' ~ names ~ numbers | join ~ ' from ' ~ rows ~ ' where ' ~ condition) }}
{% endmacro %}

{# (name, sequence) of the identity columns that are not among the columns. #}
{% macro rsdbt_identities_but(relation, columns) %}
  {%- set query -%}
    select attname::pg_catalog.text, pg_catalog.pg_get_serial_sequence('{{ escape_single_quotes(relation.include(database=false).render()) }}', attname::pg_catalog.text)
    from pg_catalog.pg_attribute
    where attrelid = {{ rsdbt_regclass(relation) }} and attidentity <> '' and not attisdropped
    order by attnum
  {%- endset -%}
  {%- set given = columns | map(attribute='name') | list -%}
  {%- set found = [] -%}
  {%- for row in adapter.introspect(query).rows if row[0] not in given -%}
    {%- do found.append([row[0], row[1]]) -%}
  {%- endfor -%}
  {{ return(found) }}
{% endmacro %}
