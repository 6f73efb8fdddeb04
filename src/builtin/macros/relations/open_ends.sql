{# The end of a run: what nodes left for others that then did not run, or whose materialization knows nothing of it. #}

{# Rows of [what, schema, relation, message]; `what` is `violated` or `kept`. #}
{% macro rsdbt_open_ends(schemas) %}
  {%- set names = [] -%}
  {%- for schema in schemas -%}{%- do names.append("'" ~ escape_single_quotes(schema) ~ "'") -%}{%- endfor -%}
  {%- set found = [] -%}
  {%- for row in rsdbt_waiting_foreign_keys('schema.nspname in (' ~ names | join(', ') ~ ')') -%}
    {%- call statement('validate') -%}{{ rsdbt_try_foreign_key(row) }}{%- endcall -%}
    {%- set violation = run_query("select pg_catalog.current_setting('rsdbt.violation')").rows[0][0] -%}
    {%- if violation -%}
      {%- do found.append(['violated', row['schema'], row['relation'], violation]) -%}
    {%- endif -%}
  {%- endfor -%}
  {%- for row in rsdbt_kept_backups(names) -%}
    {%- if row['readers'] -%}
      {%- do found.append(['kept', row['schema'], row['target'], row['name'] ~ ' is kept for ' ~ row['readers']
        ~ ', which still read' ~ ('s' if row['count'] == 1 else '') ~ ' the previous ' ~ row['target_name']]) -%}
    {%- else -%}
      {%- do rsdbt_drop_free_backups([row['id']]) -%}
    {%- endif -%}
  {%- endfor -%}
  {{ return(found) }}
{% endmacro %}

{# The next one is tried although this one fails. #}
{% macro rsdbt_try_foreign_key(row) -%}
  {%- set body -%}
    declare
      detail pg_catalog.text;
    begin
      perform pg_catalog.set_config('rsdbt.violation', '', true);
      execute {{ rsdbt_quoted(row['validate']) }};
      execute {{ rsdbt_quoted(row['comment']) }};
    exception when foreign_key_violation then
      get stacked diagnostics detail = pg_exception_detail;
      perform pg_catalog.set_config('rsdbt.violation', pg_catalog.concat_ws(e'\nDETAIL:  ', sqlerrm, detail), true);
    end
  {%- endset -%}
  {{ rsdbt_block(body) }}
{%- endmacro %}

{% macro rsdbt_kept_backups(schema_literals) %}
  {%- set query -%}
    select
      relation.oid::pg_catalog.int8 as id, schema.nspname::pg_catalog.text as schema, target,
      pg_catalog.format('%I.%I', schema.nspname, relation.relname) as name, pg_catalog.format('%I.%I', schema.nspname, target) as target_name,
      pg_catalog.count(distinct rule.ev_class) as count,
      pg_catalog.string_agg(distinct pg_catalog.quote_ident(reader_schema.nspname) || '.' || pg_catalog.quote_ident(reader.relname), ', ') as readers
    from pg_catalog.pg_class as relation
    join pg_catalog.pg_namespace as schema on schema.oid = relation.relnamespace
    cross join lateral (select {{ rsdbt_backup_target_sql('relation') }} as target) as mark
    left join pg_catalog.pg_depend as link
      on link.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and link.refobjid = relation.oid
      and link.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
    left join pg_catalog.pg_rewrite as rule on rule.oid = link.objid and rule.ev_class <> relation.oid
    left join pg_catalog.pg_class as reader on reader.oid = rule.ev_class
    left join pg_catalog.pg_namespace as reader_schema on reader_schema.oid = reader.relnamespace
    where schema.nspname in ({{ schema_literals | join(', ') }})
      and relation.relname ~ '__dbt_backup_[0-9a-f]{8}$' and target is not null
    group by relation.oid, schema.nspname, relation.relname, target
    order by relation.oid desc
  {%- endset -%}
  {{ return(adapter.introspect(query).rows) }}
{% endmacro %}
