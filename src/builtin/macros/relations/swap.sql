{#
  A freshly built relation takes the place of the old one, and what depends on the old one moves over, all in the
  model's transaction: readers see the old state or the new one, and a failure leaves everything as it was.
#}

{% macro rsdbt_swap(existing_relation, intermediate_relation, target_relation) %}
  {%- set dependents = rsdbt_capture_dependents(existing_relation) -%}
  {%- set attachments = rsdbt_take_attachments(existing_relation, intermediate_relation) -%}
  {%- if not dependents -%}
    {%- do rsdbt_carry(attachments, ['detach']) -%}
    {%- do rsdbt_drop_alone(existing_relation) -%}
    {%- do adapter.rename_relation(intermediate_relation, target_relation) -%}
  {%- else -%}
    {%- set backup_relation = make_backup_relation(target_relation, existing_relation.type) -%}
    {%- do adapter.rename_relation(existing_relation, backup_relation) -%}
    {%- do adapter.rename_relation(intermediate_relation, target_relation) -%}
    {%- do rsdbt_carry(attachments, ['detach']) -%}
    {%- do rsdbt_move_dependents(dependents, backup_relation) -%}
    {%- do rsdbt_drop_alone(backup_relation) -%}
  {%- endif -%}
  {%- do rsdbt_carry(attachments, ['name', 'early']) -%}
{% endmacro %}

{# What a run that was killed may have left. #}
{% macro rsdbt_drop_leftovers(relations) %}
  {%- for relation in relations -%}
    {%- do rsdbt_drop_alone(load_cached_relation(relation)) -%}
  {%- endfor -%}
{% endmacro %}

{# In place first; what does not fit any more, or cannot be replaced, is dropped and made again. #}
{% macro rsdbt_move_dependents(dependents, backup_relation) %}
  {%- call statement('move_dependents') -%}
    do $rsdbt$ begin
    {%- for dependent in dependents if dependent.level == 1 and dependent.replace %}
      begin
        execute {{ dependent.replace }};
      exception when others then {{ rsdbt_raise_if_transient() }}
      end;
    {%- endfor %}
      null;
    end $rsdbt$
  {%- endcall -%}
  {%- set left = [] -%}
  {%- for row in rsdbt_dependents(backup_relation) -%}
    {%- do left.append(row['id'] | string) -%}
  {%- endfor -%}
  {%- if left -%}
    {%- do rsdbt_rebuild_dependents(dependents | selectattr('id', 'in', left) | list) -%}
  {%- endif -%}
{% endmacro %}

{# A deadlock or a full disk says nothing about the definition: the whole model is tried again. #}
{% macro rsdbt_raise_if_transient() -%}
  if left(sqlstate, 2) in ('40', '53', '55', '57') then raise; end if;
{%- endmacro %}
