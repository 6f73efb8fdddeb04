{#
  Names of indexes are unique in a schema. dbt puts the clock into them; a configured name, and the name of an index
  that says more than columns, uniqueness and type, stays the same: it waits with a suffix while its table does.
#}

{# None for an index that is named by the clock. #}
{% macro rsdbt_kept_index_name(index_dict) %}
  {%- if index_dict.get('name') -%}
    {{ return(index_dict['name']) }}
  {%- endif -%}
  {%- for key in index_dict if key not in ['columns', 'unique', 'type'] -%}
    {{ return(local_md5(this.render() ~ tojson(index_dict, sort_keys=true))) }}
  {%- endfor -%}
  {{ return(none) }}
{% endmacro %}

{% macro rsdbt_waiting_index_name(relation, name) %}
  {%- if relation.identifier == this.identifier -%}
    {{ return(name) }}
  {%- endif -%}
  {{ return(make_relation_with_suffix(this.incorporate(path={'identifier': name}), '__dbt_tmp').identifier) }}
{% endmacro %}

{# After the swap the kept names are free. #}
{% macro rsdbt_name_indexes(relation) %}
  {%- for index in config.get('indexes', default=[]) -%}
    {%- set name = rsdbt_kept_index_name(index) -%}
    {%- if name -%}
      {%- set waiting = make_relation_with_suffix(this.incorporate(path={'identifier': name}), '__dbt_tmp') -%}
      {%- do run_query('alter index ' ~ waiting.include(database=false) ~ ' rename to ' ~ adapter.quote(name)) -%}
    {%- endif -%}
  {%- endfor -%}
{% endmacro %}
