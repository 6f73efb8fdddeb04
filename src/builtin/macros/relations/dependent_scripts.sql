{#
  How each dependent moves: `replace` in place where Postgres can, else `remove` and `rebuild`. Names and values are quoted
  by the server, and every name has its schema, so that a script means the same under any search path.
#}

{# In the order in which they move: inner dependents first. #}
{% macro rsdbt_dependent_scripts(dependents, staying, built) %}
  {%- set ids = {'relation': ['0'], 'rule': ['0'], 'policy': ['0'], 'trigger': ['0'], 'default': ['0'], 'function': ['0'], 'foreign key': ['0']} -%}
  {%- set levels = {} -%}
  {%- set awaited = ['0'] -%}
  {%- for row in dependents -%}
    {%- do ids['relation' if row['kind'] in ['v', 'm'] else row['kind']].append(row['id'] | string) -%}
    {%- do levels.update({row['kind'] ~ row['id']: row['level']}) -%}
    {%- if row['kind'] == 'foreign key' and rsdbt_key_waits_for(built.get(tojson([row['schema'], row['relation']]))) -%}
      {%- do awaited.append(row['id'] | string) -%}
    {%- endif -%}
  {%- endfor -%}
  {%- if staying or awaited | length > 1 -%}{%- do adapter.cache_open_end() -%}{%- endif -%}
  {%- set renames = rsdbt_backup_names() -%}
  {%- set query -%}
    {{ rsdbt_relation_scripts_sql(ids['relation'], renames) }}
    union all {{ rsdbt_rule_scripts_sql(ids['rule'], renames) }}
    union all {{ rsdbt_policy_scripts_sql(ids['policy'], renames) }}
    union all {{ rsdbt_trigger_scripts_sql(ids['trigger'], renames) }}
    union all {{ rsdbt_default_scripts_sql(ids['default'], renames) }}
    union all {{ rsdbt_function_scripts_sql(ids['function'], renames) }}
    union all {{ rsdbt_foreign_key_scripts_sql(ids['foreign key'], awaited) }}
    order by id
  {%- endset -%}
  {%- set rows = adapter.introspect(query).rows -%}
  {%- set scripts = [] -%}
  {%- for row in rows -%}
    {%- do scripts.append({
      'id': row['id'] | string, 'level': levels[row['kind'] ~ row['id']], 'kind': row['kind'], 'name': row['name'],
      'stays': row['id'] | string in staying, 'target': row['target'], 'backup': row['backup'],
      'replace': row['replace'], 'remove': row['remove'], 'rebuild': row['rebuild'], 'refresh': row['refresh'],
    }) -%}
  {%- endfor -%}
  {{ return(scripts | sort(attribute='level') | list) }}
{% endmacro %}
