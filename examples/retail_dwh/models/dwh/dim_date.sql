select
    day::date as day,
    extract(year from day)::int as year,
    date_trunc('month', day)::date as month,
    extract(isodow from day)::int as weekday
from generate_series('{{ var("calendar_start") }}'::timestamp, '{{ var("calendar_end") }}'::timestamp, '1 day') as day
