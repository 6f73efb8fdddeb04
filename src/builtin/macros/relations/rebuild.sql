{# Dependents that cannot be replaced in place: dropped from the outside in, made again from the inside out. #}

{% macro rsdbt_rebuild_dependents(dependents) %}
  {%- set of_this_run = rsdbt_relations_of_this_run() -%}
  {%- set strangers = dependents | rejectattr('plain_name', 'in', of_this_run) | list -%}
  {%- call statement('rebuild_dependents') -%}
    do $rsdbt$ begin
    {%- for dependent in dependents | reverse %}
      execute {{ dependent.remove }};
    {%- endfor %}
    {%- for dependent in dependents if strangers or dependent.kind != 'm' %}
      begin
        execute {{ dependent.rebuild }};
      exception when others then
        {{ rsdbt_raise_if_transient() }}
        {%- if dependent.plain_name not in of_this_run %}
        raise exception using
          errcode = 'dependent_objects_still_exist',
          message = 'cannot rebuild {{ escape_single_quotes(dependent.name) }}, which depends on {{ escape_single_quotes(this.render()) }}: ' || sqlerrm,
          hint = 'run the model together with what depends on it, or drop the dependent first';
        {%- endif %}
      end;
    {%- endfor %}
    end $rsdbt$
  {%- endcall -%}
  {%- do rsdbt_forget_dropped(dependents) -%}
{% endmacro %}

{# `schema.name` of every node that this run builds: those need no protection, their own turn comes. #}
{% macro rsdbt_relations_of_this_run() %}
  {%- set names = [] -%}
  {%- for unique_id in selected_resources if unique_id in graph.nodes -%}
    {%- set node = graph.nodes[unique_id] -%}
    {%- do names.append(node.schema ~ '.' ~ (node.alias or node.name)) -%}
  {%- endfor -%}
  {{ return(names) }}
{% endmacro %}

{# The cache forgets what was dropped and not made again. #}
{% macro rsdbt_forget_dropped(dependents) %}
  {%- for dependent in dependents if dependent.kind != 'f' -%}
    {%- set exists = run_query("select to_regclass('" ~ escape_single_quotes(dependent.name) ~ "') is not null") -%}
    {%- if not exists.rows[0][0] -%}
      {%- set parts = dependent.plain_name.split('.', 1) -%}
      {%- set type = 'view' if dependent.kind == 'v' else 'materialized_view' -%}
      {%- do adapter.cache_dropped(api.Relation.create(database=this.database, schema=parts[0], identifier=parts[1], type=type)) -%}
    {%- endif -%}
  {%- endfor -%}
{% endmacro %}
