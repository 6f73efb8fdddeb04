{#
  Of tests that a constraint rules out failures of: place and proof. Each test has a `place`, a `kind` and the name of a `column`. Only a table of
  its own counts: a constraint says nothing of the rows of inheriting tables, and nothing that others enforce of those of foreign ones. A foreign
  key proves nothing: its triggers may have been off while rows were written. A value of several fields is not null, and yet `is null`, if all of
  them are.
#}
{% macro rsdbt_proofs_of_tests(relation, tests) %}
  {%- set wanted = [] -%}
  {%- for test in tests -%}
    {%- do wanted.append('(' ~ test.place ~ ', ' ~ rsdbt_literal(test.kind) ~ ', ' ~ rsdbt_literal(test.column) ~ '::pg_catalog.name, ' ~ test.is_quoted ~ ')') -%}
  {%- endfor -%}
  {%- set query -%}
    select wanted.place, proof.proof
    from (values {{ wanted | join(', ') }}) as wanted (place, kind, column_name, is_quoted)
    join pg_catalog.pg_class as tested
      on tested.oid = pg_catalog.to_regclass({{ rsdbt_literal(relation) }})::pg_catalog.oid
      and tested.relkind = 'r'::pg_catalog."char" and not tested.relhassubclass
      and not pg_catalog.row_security_active(tested.oid)
    join pg_catalog.pg_attribute as tested_column
      on tested_column.attrelid = tested.oid and tested_column.attname = wanted.column_name
      and pg_catalog.has_column_privilege(tested.oid, tested_column.attnum, 'select'::pg_catalog.text)
      and tested_column.attnum > 0::pg_catalog.int2 and tested_column.attgenerated <> 'v'::pg_catalog."char"
    join pg_catalog.pg_type as typed
      on typed.oid = tested_column.atttypid and typed.typtype <> 'c'::pg_catalog."char" and typed.typtype <> 'd'::pg_catalog."char"
    cross join lateral (
      select case when pg_catalog.current_setting('server_version_num')::pg_catalog.int4 >= 180000 then
        (
          select pg_catalog.format('proven by constraint %I', enforced.conname)
          from pg_catalog.pg_constraint as enforced
          where enforced.conrelid = tested.oid and enforced.contype = 'n'::pg_catalog."char" and enforced.convalidated
            and enforced.conkey[1] = tested_column.attnum
          order by enforced.oid
          limit 1
        )
        else pg_catalog.format('proven by NOT NULL of column %I', tested_column.attname) end as proof
      where wanted.kind = 'not_null'::pg_catalog.text and tested_column.attnotnull
      union all
      (
        select pg_catalog.format('proven by %s %I', case when named.oid is null then 'index' else 'constraint' end, coalesce(named.conname, own.relname))
        from pg_catalog.pg_index as unique_index
        join pg_catalog.pg_class as own on own.oid = unique_index.indexrelid
        join pg_catalog.pg_opclass as compared on compared.oid = unique_index.indclass[0] and compared.opcdefault
        join pg_catalog.pg_am as access on access.oid = own.relam and access.amname = 'btree'::pg_catalog.name
        left join pg_catalog.pg_constraint as named
          on named.conindid = unique_index.indexrelid and named.conrelid = tested.oid
          and (named.contype = 'p'::pg_catalog."char" or named.contype = 'u'::pg_catalog."char")
        where wanted.kind = 'unique'::pg_catalog.text
          and unique_index.indrelid = tested.oid
          and unique_index.indisunique and unique_index.indimmediate and unique_index.indisvalid
          and unique_index.indisready and unique_index.indislive
          and unique_index.indpred is null and unique_index.indexprs is null
          and unique_index.indnkeyatts = 1::pg_catalog.int2 and unique_index.indkey[0] = tested_column.attnum
          and unique_index.indcollation[0] = tested_column.attcollation
        order by unique_index.indexrelid
        limit 1
      )
    ) as proof
    where proof.proof is not null
      and (
        wanted.is_quoted
        or not exists (
          select from pg_catalog.pg_get_keywords() as keyword
          where keyword.word = wanted.column_name::pg_catalog.text
            and (keyword.catcode = 'R'::pg_catalog."char" or keyword.catcode = 'T'::pg_catalog."char")
        )
      )
  {%- endset -%}
  {%- set found = [] -%}
  {%- for row in run_query(query).rows -%}
    {%- do found.append([row[0], row[1]]) -%}
  {%- endfor -%}
  {{ return(found) }}
{% endmacro %}
