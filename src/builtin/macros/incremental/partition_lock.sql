{#
  Whoever waits for a lock makes all later readers wait behind it, for as long as the reader in front takes. So this
  one asks briefly, again and again for a minute or the lock_timeout, and gets in line only then.
#}
{% macro rsdbt_lock_when_free(relations) -%}
  {%- set body -%}
    declare
      usual constant text := pg_catalog.current_setting('lock_timeout');
      patience constant pg_catalog.float8 := (select coalesce(nullif(least(setting::pg_catalog.float8, 60000), 0::pg_catalog.float8), 60000) from pg_catalog.pg_settings where name = 'lock_timeout');
      begun constant timestamptz := pg_catalog.clock_timestamp();
    begin
      while pg_catalog.clock_timestamp() < begun + patience * interval '1 millisecond' loop
        begin
          perform pg_catalog.set_config('lock_timeout', '5ms', true);
          lock table only {{ relations | join(', only ') }} in access exclusive mode;
          perform pg_catalog.set_config('lock_timeout', usual, true);
          return;
        exception when lock_not_available then
          perform pg_catalog.pg_sleep(0.1);
        end;
      end loop;
    end
  {%- endset -%}
  {{ rsdbt_block(body) }}
{%- endmacro %}
