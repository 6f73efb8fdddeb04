select
    day::date as day,
    extract(isoyear from day)::int as iso_year,
    extract(week from day)::int as iso_week,
    date_trunc('month', day)::date as month,
    extract(isodow from day)::int as weekday,
    extract(isodow from day) < 7 as is_open
from generate_series('{{ var("calendar_start") }}'::timestamp, '{{ var("calendar_end") }}'::timestamp, '1 day') as day
