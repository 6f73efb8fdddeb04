{# Names of the relations that exist only while a model is built. Postgres cuts identifiers at 63 bytes. #}

{# A long name keeps its beginning and gets a hash: two siblings that differ at the end do not collide. #}
{% macro make_relation_with_suffix(base_relation, suffix, dstring=false) %}
  {%- set suffix = suffix ~ modules.datetime.datetime.now().strftime('%H%M%S%f') if dstring else suffix -%}
  {%- set name = base_relation.identifier -%}
  {%- set room = base_relation.relation_max_name_length() - suffix | length -%}
  {%- if room < 0 -%}
    {{ exceptions.raise_compiler_error(
      'Relation suffix is too long (' ~ suffix | length ~ ' characters). Maximum length is '
      ~ base_relation.relation_max_name_length() ~ ' characters.'
    ) }}
  {%- endif -%}
  {#- A character beyond ASCII takes up to four bytes: such names count as long. -#}
  {%- if name | length > room or (name | length) * 4 > room and modules.re.search('[^ -~]', name) -%}
    {%- set hash = local_md5(name)[:8] -%}
    {%- set kept = modules.re.sub('[^ -~]', '_', name)[:[room - 9, 0] | max] -%}
    {%- set name = (kept ~ '_' ~ hash)[:room] -%}
  {%- endif -%}
  {{ return(base_relation.incorporate(path={'identifier': name ~ suffix})) }}
{% endmacro %}

{# The stage of a table or view before it takes its name. #}
{% macro make_intermediate_relation(base_relation, suffix='__dbt_tmp') %}
  {{ return(make_relation_with_suffix(base_relation, suffix)) }}
{% endmacro %}

{# A temporary table: it lives in the session's own schema, so its name has no schema. #}
{% macro make_temp_relation(base_relation, suffix='__dbt_tmp') %}
  {%- if suffix == '__dbt_tmp' and model.batch -%}
    {%- set suffix = suffix ~ '_' ~ model.batch.id -%}
  {%- endif -%}
  {%- set temporary = make_relation_with_suffix(base_relation, suffix, dstring=true) -%}
  {{ return(temporary.incorporate(path={'schema': none, 'database': none})) }}
{% endmacro %}

{% macro make_backup_relation(base_relation, backup_relation_type, suffix='__dbt_backup') %}
  {{ return(make_relation_with_suffix(base_relation, suffix).incorporate(type=backup_relation_type)) }}
{% endmacro %}
