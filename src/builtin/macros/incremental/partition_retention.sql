{# `retention: 400`: native partitions before the current period and so many before it are dropped. #}

{# The windows that are kept. #}
{% macro rsdbt_retained(windows) %}
  {%- if config.get('retention') is none -%}
    {{ return(windows) }}
  {%- endif -%}
  {%- if not config.get('partitioned') -%}
    {{ exceptions.raise_compiler_error('`retention` drops native partitions: it needs `partitioned: true`') }}
  {%- endif -%}
  {{ return(windows | selectattr('local_start', 'ge', rsdbt_periods_ago(config.get('retention'))['local_start']) | list) }}
{% endmacro %}

{# The partitions that are not, by the end of their bounds. #}
{% macro rsdbt_outlived_partitions(target, columns) %}
  {%- if config.get('retention') is none -%}
    {{ return([]) }}
  {%- endif -%}
  {%- set query -%}
    with {{ rsdbt_partitions_with_bounds(target, 'part') }}
    select part.id::pg_catalog.regclass::text
    from part
    cross join lateral (
      select (pg_catalog.regexp_match(bounds, 'TO \(''([^'']+)''\)'))[1]::{{ rsdbt_field_column(columns).dtype }} as period_end
    ) as bound
    where {{ rsdbt_local_field('period_end', rsdbt_field_kind(columns)) }} <= '{{ rsdbt_periods_ago(config.get('retention'))['local_start'] }}'
    order by 1
  {%- endset -%}
  {%- set names = [] -%}
  {%- for row in adapter.introspect(query).rows -%}
    {%- do names.append(row[0]) -%}
  {%- endfor -%}
  {{ return(names) }}
{% endmacro %}

{# Parts of the swap. A partition that something depends on stays, with its rows, and is reported after the swap. #}
{% macro rsdbt_drops_of_outlived(target, partitions) %}
  {%- set otherwise -%}
      get stacked diagnostics reason = pg_exception_detail;
      perform pg_catalog.set_config('rsdbt.undropped', pg_catalog.concat(
        pg_catalog.current_setting('rsdbt.undropped', true), E'\n  ', sqlerrm, ': ' || nullif(pg_catalog.replace(reason, E'\n', ', '), '')
      ), false);
  {%- endset -%}
  {%- set drops = [] -%}
  {%- for partition in partitions -%}
    {%- do drops.append(rsdbt_attempt_sql(['alter table ' ~ target ~ ' detach partition ' ~ partition, 'drop table ' ~ partition], otherwise)) -%}
  {%- endfor -%}
  {{ return(drops) }}
{% endmacro %}
