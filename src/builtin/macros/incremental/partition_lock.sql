{#
  Whoever waits for a lock makes all later readers wait behind it, for as long as the reader in front takes. So this
  one asks briefly, again and again for a minute or the lock_timeout, and gets in line only then.
#}
{% macro rsdbt_lock_when_free(relations) -%}
  do $rsdbt$
  declare
    usual constant text := current_setting('lock_timeout');
    patience constant int := (select coalesce(nullif(least(setting::bigint, 60000), 0), 60000) from pg_catalog.pg_settings where name = 'lock_timeout');
    begun constant timestamptz := clock_timestamp();
  begin
    while clock_timestamp() < begun + patience * interval '1 millisecond' loop
      begin
        perform set_config('lock_timeout', '5ms', true);
        lock table only {{ relations | join(', only ') }} in access exclusive mode;
        perform set_config('lock_timeout', usual, true);
        return;
      exception when lock_not_available then
        perform pg_sleep(0.1);
      end;
    end loop;
  end $rsdbt$
{%- endmacro %}
