{# The element or base type of a type, and how much of a value it keeps: see narrowed_columns.sql. #}

{# Of pg_type. `int2vector` and similar types count as scalars. #}
{% macro rsdbt_wraps_a_type_sql() -%}
  (typtype = 'd' or exists (select from pg_catalog.pg_type as element where element.oid = pg_type.typelem and element.typarray = pg_type.oid))
{%- endmacro %}

{#
  Columns `is_integer` and `keeps`, the details that a value may have, null where that is not known: numeric(p, s) has s digits, times have
  up to 6 of a second, and intervals may end with a minute (-1), hour (-2), day (-3), month (-4) or year (-5).
#}
{% macro rsdbt_kept_of_type_sql() -%}
  step.id in (20, 21, 23) as is_integer,
  case
    when step.id in (20, 21, 23) then 0
    when step.id = 1700 then case when typmod = -1 then 16383 else ((typmod - 4) & 2047 # 1024) - 1024 end
    when step.id = 1082 then 0
    when step.id in (1083, 1114, 1184, 1266) then case when typmod = -1 then 6 else typmod end
    when step.id = 1186 then case
      when typmod = -1 then 6
      when typmod >> 16 & 4096 > 0 then case typmod & 65535 when 65535 then 6 else typmod & 65535 end
      when typmod >> 16 & 2048 > 0 then -1
      when typmod >> 16 & 1024 > 0 then -2
      when typmod >> 16 & 8 > 0 then -3
      when typmod >> 16 & 2 > 0 then -4
      else -5
    end
  end as keeps
{%- endmacro %}

{# `bpchar`, `bit` and `varbit` refuse what is too long; of other types with a modifier nothing is known. #}
{% macro rsdbt_keeps_detail_sql() -%}
  (
    target.typmod = -1 or target.typmod = source.typmod and source.id = target.id or target.id in (1560, 1562)
    or coalesce(source.keeps <= target.keeps, false)
  )
{%- endmacro %}
