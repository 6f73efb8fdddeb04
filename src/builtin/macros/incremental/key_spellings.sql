{# Equal keys that are written differently: numeric 1.0 and 1.00, citext, a collation for which capitals do not count. An upsert takes the new spelling. #}

{#
  The columns of a key of which equal values need not be the same bytes, as the server says it of the operator class of a unique index (support
  function 4 of B-trees). `keys` has plain names.
#}
{% macro rsdbt_respelled(relation, keys) %}
  {%- set names = [] -%}
  {%- for key in keys -%}
    {%- do names.append("'" ~ escape_single_quotes(key) ~ "'") -%}
  {%- endfor -%}
  {%- set query -%}
    select distinct of_key.attname::text
    from pg_catalog.pg_index as unique_index
    cross join rows from (
      pg_catalog.unnest(unique_index.indkey::pg_catalog.int2[]), pg_catalog.unnest(unique_index.indclass::pg_catalog.oid[]),
      pg_catalog.unnest(unique_index.indcollation::pg_catalog.oid[])
    ) as of_index (number, class, sorting)
    join pg_catalog.pg_attribute as of_key on of_key.attrelid = unique_index.indrelid and of_key.attnum = of_index.number
    join pg_catalog.pg_opclass as class on class.oid = of_index.class
    where unique_index.indrelid = {{ rsdbt_regclass(relation) }} and unique_index.indisunique
      and of_key.attname::text = any(array[{{ names | join(', ') }}]::text[])
      and not exists (
        select from pg_catalog.pg_amproc as says
        where says.amprocfamily = class.opcfamily and says.amproclefttype = class.opcintype and says.amprocrighttype = class.opcintype and says.amprocnum = 4
          and (
            says.amproc::pg_catalog.oid = 'pg_catalog.btequalimage'::pg_catalog.regproc::pg_catalog.oid
            or exists (select from pg_catalog.pg_collation as collated where collated.oid = of_index.sorting and collated.collisdeterministic)
          )
      )
  {%- endset -%}
  {{ return(adapter.introspect(query).rows | map(attribute=0) | list) }}
{% endmacro %}
