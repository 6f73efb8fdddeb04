{# Renames constraints and indexes on the server, with a number where a name is taken, as the server does. #}

{% macro rsdbt_rename_step(kind, name, relation, table, rest) %}
  {%- set wanted = [] -%}
  {%- for number in ['', '1', '2', '3'] -%}
    {%- do wanted.append(rsdbt_literal(make_relation_with_suffix(table, rest ~ number).identifier)) -%}
  {%- endfor -%}
  {%- set rename = 'alter index ' ~ relation.incorporate(path={'identifier': name}) if kind == 'index'
    else 'alter table ' ~ relation ~ ' rename constraint ' ~ adapter.quote(name) -%}
  {{ return('(' ~ rsdbt_literal(rename ~ (' rename to ' if kind == 'index' else ' to ')) ~ ', ' ~ rsdbt_regclass(relation) | trim
    ~ '::pg_catalog.oid, array[' ~ wanted | join(', ') ~ ']::text[])') }}
{% endmacro %}

{# Taken by a relation of the schema, or by a constraint of the table. #}
{% macro rsdbt_rename_to_free_names_sql(steps) %}
  {%- set body -%}
    declare
      step record;
      chosen text;
    begin
      for step in select given.* from (values {{ steps | join(', ') }}) as given (rename, id, wanted) loop
        select asked.name into chosen
        from pg_catalog.pg_class as class
        cross join pg_catalog.unnest(step.wanted) with ordinality as asked (name, place)
        where class.oid = step.id
          and not exists (select from pg_catalog.pg_class as other where other.relnamespace = class.relnamespace and other.relname = asked.name)
          and not exists (select from pg_catalog.pg_constraint where conrelid = class.oid and conname = asked.name)
        order by place
        limit 1;
        if chosen is not null then
          execute step.rename || pg_catalog.quote_ident(chosen);
        end if;
      end loop;
    end
  {%- endset -%}
  {{ return(rsdbt_block(body)) }}
{% endmacro %}
