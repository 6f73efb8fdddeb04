{# Steps that carry attachments over, run on the server: one statement, and an error that names what it was about. #}

{% macro rsdbt_carry(steps, parts) %}
  {%- set chosen = steps | selectattr('part', 'in', parts) | list -%}
  {%- if chosen -%}
    {%- call statement('carry_attachments') -%}{{ rsdbt_carry_sql(chosen) }}{%- endcall -%}
  {%- endif -%}
{% endmacro %}

{# Quoted as a string: a definition may hold any dollar tag. Definitions were read, and mean the same, with only pg_catalog in the path. #}
{% macro rsdbt_carry_sql(steps) %}
  {%- set body -%}
    declare
      path constant text := pg_catalog.current_setting('search_path');
      lost jsonb := coalesce(nullif(pg_catalog.current_setting('rsdbt.lost', true), ''), '[]')::jsonb;
      held boolean;
    begin
      perform pg_catalog.set_config('search_path', 'pg_catalog', true);
    {%- for step in steps %}
      begin
        execute {{ rsdbt_literal('select ' ~ (step['present'] or 'false')) }} into held;
        if not held then
          {%- if step['sql'] %}
          execute {{ rsdbt_literal(step['sql']) }};
          {%- else %}
          lost := lost || pg_catalog.jsonb_build_array({{ rsdbt_literal(tojson([step['name'], step['what']])) }}::jsonb);
          {%- endif %}
        end if;
      exception when others then
        {{ rsdbt_raise_if_transient() }}
        raise exception using
          errcode = sqlstate,
          message = {{ rsdbt_literal('cannot keep ' ~ step['what'] ~ ' of ' ~ step['name'] ~ ' when it is rebuilt: ') }} || sqlerrm,
          hint = 'change or drop it before the run, or make it in a post-hook of the model; nothing was changed';
      end;
    {%- endfor %}
      perform pg_catalog.set_config('rsdbt.lost', lost::text, true);
      perform pg_catalog.set_config('search_path', path, true);
    end
  {%- endset -%}
  {{ return('do ' ~ rsdbt_literal(body)) }}
{% endmacro %}

{% macro rsdbt_literal(text) %}
  {{ return("E'" ~ text | replace('\\', '\\\\') | replace("'", "''") ~ "'") }}
{% endmacro %}
