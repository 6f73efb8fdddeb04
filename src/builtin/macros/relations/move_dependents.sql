{#
  Dependents move one after the other, inner ones first: in place, or anew beside their old selves, which are dropped in
  the end. What a later node of this run replaces stays where it is, and what it reads is set aside for it.
#}

{# `old_ids`: the oids of what was replaced, all renamed by now. #}
{% macro rsdbt_move_dependents(dependents, old_ids, target_relation) %}
  {%- set body -%}
    declare
      path constant pg_catalog.text := pg_catalog.current_setting('search_path');
      old pg_catalog.oid[] := array[{{ old_ids | join(', ') }}];
      names pg_catalog.name[] := array(select relname from pg_catalog.pg_class where oid = {{ rsdbt_regclass(target_relation) }});
      staying pg_catalog.oid[] := '{}';
      dependent record;
      part record;
      kept record;
      why pg_catalog.text;
      detail pg_catalog.text;
    begin
      perform pg_catalog.set_config('search_path', 'pg_catalog', true);
      for dependent in
        select * from (values {{ rsdbt_dependent_values(dependents) }}) as given (place, id, kind, name, target, backup, stays, replacing, rebuild, refresh)
        order by place
      loop
        if dependent.stays then
          staying := staying || dependent.id;
        end if;
        continue when not {{ rsdbt_depends_on_old('dependent') }};
        if dependent.target is not null then
          old := old || dependent.id;
          continue;
        end if;
        begin
          if dependent.replacing is not null then
            begin
              execute dependent.replacing;
              continue;
            exception when others then
              {{ rsdbt_raise_if_transient() }}
              if dependent.kind <> 'v' then raise; end if;
            end;
          end if;
          continue when dependent.stays;
          execute pg_catalog.format('alter table %s rename to %I', dependent.name, dependent.backup);
          {{ rsdbt_set_names_aside('dependent.id') }}
          old := old || dependent.id;
          names[array_upper(old, 1)] := (parse_ident(dependent.name))[2];
          execute dependent.rebuild;
          if dependent.refresh is not null then
            perform pg_catalog.set_config('search_path', path, true);
            execute dependent.refresh;
            perform pg_catalog.set_config('search_path', 'pg_catalog', true);
          end if;
        exception when others then
          {{ rsdbt_raise_if_transient() }}
          get stacked diagnostics detail = pg_exception_detail;
          raise exception using
            errcode = 'dependent_objects_still_exist',
            message = 'cannot rebuild ' || dependent.name || {{ rsdbt_quoted(', which depends on ' ~ this.render() ~ ': ') }} || sqlerrm,
            detail = detail,
            hint = 'run the model together with what depends on it, or drop the dependent first';
        end;
      end loop;
      {{ rsdbt_drop_or_keep_old(target_relation) }}
      perform pg_catalog.set_config('search_path', path, true);
    end
  {%- endset -%}
  {%- call statement('move_dependents') -%}{{ rsdbt_block(body) }}{%- endcall -%}
{% endmacro %}

{% macro rsdbt_quoted(text) -%}
  '{{ escape_single_quotes(text) }}'
{%- endmacro %}

{# A deadlock or a full disk says nothing about the definition: the whole model is tried again. #}
{% macro rsdbt_raise_if_transient() -%}
  if pg_catalog.left(sqlstate, 2) = any (array['40', '53', '55', '57']) then raise; end if;
{%- endmacro %}
