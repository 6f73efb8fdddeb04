{#
  Which table a seed may load again: one that rsdbt loaded before, one that has no more rows than the file, or one that
  `replace: true` is for. Sources and seeds often share a name, and a target may have the schema of the real tables.
#}

{#
  Whether the load of this existing table is already recorded, else an error unless the file may replace it. Runs in the
  transaction of the load: the record that is renewed here is undone with it.
#}
{% macro rsdbt_admit_load(relation, row_count) %}
  {%- if rsdbt_renew_load(relation, row_count) -%}
    {{ return(true) }}
  {%- endif -%}
  {%- if config.get('replace') is not true -%}
    {%- do rsdbt_keep_staged_rows(relation, loads=true) -%}
    {%- do rsdbt_refuse_to_lose_rows(relation, row_count) -%}
  {%- endif -%}
  {{ return(false) }}
{% endmacro %}

{% macro rsdbt_renew_load(relation, row_count) %}
  {%- if not rsdbt_memory(required=false) -%}
    {{ return(false) }}
  {%- endif -%}
  {%- set query -%}
    update rsdbt.builds as built
    set row_count = {{ row_count }}, project = '{{ escape_single_quotes(project_name) }}', node = '{{ escape_single_quotes(model.unique_id) }}',
      target = '{{ escape_single_quotes(target.name) }}', built_at = pg_catalog.now()
    from rsdbt.relations as known
    where built.relation = {{ rsdbt_regclass(relation) }} and built.kind = 'seed' and known.relation = built.relation
      and {{ rsdbt_named('known.relation', 'known.schema_name', 'known.relation_name') }}
    returning built.row_count
  {%- endset -%}
  {{ return(adapter.introspect(query).rows | length > 0) }}
{% endmacro %}

{#
  One row more than the file has is enough to know. Locked first: no row is written between the count and the load. Rows
  that row level security hides from this role would be truncated, too.
#}
{% macro rsdbt_refuse_to_lose_rows(relation, row_count) %}
  {%- do run_query(rsdbt_block('begin lock table ' ~ relation ~ ' in access exclusive mode; end')) -%}
  {%- set query -%}
    select
      (select pg_catalog.count(*)::pg_catalog.int8 from (select from {{ relation }} limit {{ row_count + 1 }}) as some_rows),
      pg_catalog.row_security_active({{ rsdbt_regclass(relation) }}::pg_catalog.oid)
  {%- endset -%}
  {%- set found = run_query(query).rows[0] -%}
  {%- if found[0] <= row_count and not found[1] -%}
    {{ return(none) }}
  {%- endif -%}
  {%- set no_memory = ' (it can keep none here: the role may not use or create the schema rsdbt)' if not rsdbt_memory(required=false) else '' -%}
  {%- set hidden = ' that are visible under row level security' if found[1] else '' -%}
  {{ exceptions.raise_compiler_error(
    'Cannot load ' ~ model.original_file_path ~ ' into ' ~ relation.render() ~ ': the table ' ~ ('may have' if found[1] else 'has')
    ~ ' more rows than the file, and rsdbt has no record of loading it' ~ no_memory ~ '. Rows of the file: ' ~ row_count ~ '; rows of the table' ~ hidden ~ ': at least ' ~ found[0] ~ '. Nothing was changed.'
    ~ '\nhelp: if these rows are not the seed\'s, give the seed another `schema` or `alias`, or rename or drop the table; '
    ~ 'if the file may replace them, set `replace: true` in the config of the seed'
  ) }}
{% endmacro %}
