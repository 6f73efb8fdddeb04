{#
  A freshly built relation takes the place of the old one, and what depends on the old one moves over, all in the
  model's transaction: readers see the old state or the new one, and a failure leaves everything as it was. A caller fills the new
  relation, before its dependents are filled from it.
#}

{% macro rsdbt_swap(existing_relation, intermediate_relation, target_relation) %}
  {%- do rsdbt_keep_staged_rows(existing_relation, intermediate_relation) -%}
  {%- set dependents = rsdbt_capture_dependents(existing_relation) -%}
  {%- set attachments = rsdbt_take_attachments(existing_relation, intermediate_relation) -%}
  {%- set read_backups = rsdbt_backups_under(existing_relation) -%}
  {%- if not dependents -%}
    {%- do rsdbt_carry(attachments, ['detach']) -%}
    {%- do rsdbt_drop_alone(existing_relation) -%}
    {%- do adapter.rename_relation(intermediate_relation, target_relation) -%}
  {%- else -%}
    {%- do rsdbt_keep_consumed_rows(existing_relation) -%}
    {%- set old = adapter.introspect(
      'select oid::pg_catalog.int8 as id, ' ~ rsdbt_backup_name_sql('relname', 'oid') ~ ' as name from pg_catalog.pg_class where oid = '
      ~ rsdbt_regclass(existing_relation)
    ).rows[0] -%}
    {%- set backup_relation = existing_relation.incorporate(path={'identifier': old['name']}) -%}
    {%- do adapter.rename_relation(existing_relation, backup_relation) -%}
    {%- do adapter.rename_relation(intermediate_relation, target_relation) -%}
    {#- With the privileges of the table: a dependent is filled with the rights of its owner. -#}
    {%- do rsdbt_carry(attachments, ['detach', 'early']) -%}
    {%- if caller -%}{%- do caller() -%}{%- endif -%}
    {%- do rsdbt_move_dependents(dependents, [old['id']], target_relation) -%}
    {%- do adapter.cache_dropped(backup_relation) -%}
  {%- endif -%}
  {%- do rsdbt_drop_free_backups(read_backups) -%}
  {#- Names of partitions are free once the old ones are gone. -#}
  {%- set partitions = rsdbt_name_partitions(target_relation) if config.get('partitioned') else [] -%}
  {%- do rsdbt_carry(attachments, ['name'] if dependents else ['name', 'early']) -%}
  {%- if attachments or partitions or config.get('unique_key') -%}
    {%- do rsdbt_name_after_table(intermediate_relation, target_relation) -%}
  {%- endif -%}
  {%- do rsdbt_name_after_tables(partitions) if partitions -%}
  {%- if caller and not dependents -%}{%- do caller() -%}{%- endif -%}
{% endmacro %}

{# What a run that was killed may have left. #}
{% macro rsdbt_drop_leftovers(relations) %}
  {%- for relation in relations -%}
    {%- do rsdbt_drop_alone(load_cached_relation(relation)) -%}
  {%- endfor -%}
{% endmacro %}

{#
  Backups that nothing reads any more. Two workers may each take one of the last readers away: the lock lets the second
  one see that the first one is done.
#}
{% macro rsdbt_drop_free_backups(ids) %}
  {%- set found = [] -%}
  {%- for id in ids | sort -%}
    {%- set query -%}
      select
        case relkind when 'v' then 'view' when 'm' then 'materialized view' else 'table' end as word,
        pg_catalog.format('%I.%I', nspname, relname) as name, pg_catalog.obj_description(pg_class.oid, 'pg_class') as mark
      from pg_catalog.pg_class
      join pg_catalog.pg_namespace on pg_namespace.oid = relnamespace
      where pg_class.oid = {{ id }}
    {%- endset -%}
    {%- for row in adapter.introspect(query).rows -%}
      {%- set lock = 'comment on ' ~ row['word'] ~ ' ' ~ row['name'] ~ " is '" ~ escape_single_quotes(row['mark']) ~ "'" -%}
      {%- if adapter.attempt(lock, ['42P01']) -%}{%- do found.append([ids.index(id), row]) -%}{%- endif -%}
    {%- endfor -%}
  {%- endfor -%}
  {%- for place, row in found | sort -%}
    {%- do adapter.attempt('drop ' ~ row['word'] ~ ' if exists ' ~ row['name'], ['2BP01']) -%}
  {%- endfor -%}
{% endmacro %}
