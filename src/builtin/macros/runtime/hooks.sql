{#
  Hooks of a node: `transaction: true` ones share the model's transaction, the others run on their own. What follows the
  hooks of the transaction writes into the relation: from then on no code of others can be attached to it.
#}

{% macro run_hooks(hooks, inside_transaction=True) %}
  {%- set goes_before = inside_transaction and not load_result('main') -%}
  {%- if goes_before -%}
    {%- do rsdbt_enter_strategy() -%}
    {%- do adapter.rsdbt_admit_writes(this) -%}
  {%- endif -%}
  {%- set was_open = adapter.rsdbt_is_open() -%}
  {%- for hook in hooks | selectattr('transaction', 'equalto', inside_transaction) -%}
    {%- if loop.first and not inside_transaction -%}
      {#- VACUUM and its like refuse to run while a transaction is open. -#}
      {%- call statement(auto_begin=false) -%}commit;{%- endcall -%}
    {%- endif -%}
    {%- set hook_sql = render(hook.get('sql')) | trim -%}
    {%- if hook_sql -%}
      {%- call statement(auto_begin=inside_transaction) -%}{{ hook_sql }}{%- endcall -%}
    {%- endif -%}
    {%- if loop.last and goes_before -%}
      {#- Whatever they have ended: the work that follows is one transaction. -#}
      {%- do adapter.rsdbt_stay_in_transaction(was_open) -%}
    {%- endif -%}
  {%- endfor -%}
{% endmacro %}

{% macro make_hook_config(sql, inside_transaction) -%}
  {{ tojson({'sql': sql, 'transaction': inside_transaction}) }}
{%- endmacro %}

{% macro before_begin(sql) -%}
  {{ make_hook_config(sql, inside_transaction=False) }}
{%- endmacro %}

{% macro in_transaction(sql) -%}
  {{ make_hook_config(sql, inside_transaction=True) }}
{%- endmacro %}

{% macro after_commit(sql) -%}
  {{ make_hook_config(sql, inside_transaction=False) }}
{%- endmacro %}
