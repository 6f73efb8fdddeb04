-- The ad mart's arriving tables, large: the same rows for the same seed on every machine.
--
--   psql -v schema=arriving -v facts=10000000 -v days=90 -v line_items=1000000 -v changes=100000 -v seed=1 -f data.sql
--
-- Days are Seoul's, from 15:00 to 15:00 UTC, the first of them 2024-01-01. One event of five is a click.
\set ON_ERROR_STOP on
set client_min_messages = warning;
set maintenance_work_mem = '512MB';
drop schema if exists :schema cascade;
create schema :schema;
set search_path = :schema;

-- A number from 0 to `below` - 1, another one for every purpose.
create function draw(row_number bigint, purpose bigint, below bigint) returns bigint
language sql immutable parallel safe
return (hashint8extended(row_number, purpose) & 9223372036854775807) % below;

create table ad_impression (
    user_id varchar(32) not null, lineitem_id bigint not null, unit_id bigint not null,
    revenue numeric(27,9), created_at timestamp not null
);
create table ad_click (like ad_impression including all);

-- Events arrive almost in the order of time, as from a log. 4,000 line items are running, each in five units.
create temporary view event as
select
    md5(draw(n, :seed, 1000000)::text)::varchar(32) as user_id,
    1 + draw(n, :seed + 1, 4000) * (:line_items / 4000) as lineitem_id,
    1 + (draw(n, :seed + 1, 4000) * 7 + draw(n, :seed + 2, 5)) % 200 as unit_id,
    (draw(n, :seed + 3, 100000) * 0.000001)::numeric(27,9) as revenue,
    timestamp '2023-12-31 15:01' + (n * ((:days * 86400.0 - 60) / (:facts + 1)) - draw(n, :seed + 4, 60)) * interval '1 second' as created_at,
    draw(n, :seed + 5, 5) = 0 as is_click
from generate_series(1, :facts) as n;

insert into ad_impression select user_id, lineitem_id, unit_id, revenue, created_at from event where not is_click;
insert into ad_click select user_id, lineitem_id, unit_id, 0, created_at from event where is_click;

alter table ad_impression add primary key (user_id, created_at, unit_id, lineitem_id);
alter table ad_click add primary key (user_id, created_at, unit_id, lineitem_id);
create index on ad_impression (created_at);
create index on ad_click (created_at);

-- The dimensions as earlier runs left them.
create table known_lineitem as
select id, (array['CPM', 'CPC', 'CPA'])[1 + draw(id, :seed + 6, 3)]::varchar(16) as revenue_type,
    timestamp '2023-01-01' + draw(id, :seed + 7, 365) * interval '1 day' as created_at,
    timestamp '2024-01-01' + draw(id, :seed + 8, 7776000) * interval '1 second' as updated_at
from generate_series(1, :line_items) as id;
create table known_unit as
select id, (array['BANNER', 'VIDEO', 'NATIVE'])[1 + draw(id, :seed + 9, 3)]::varchar(16) as unit_type,
    timestamp '2023-01-01' as created_at, timestamp '2024-01-01' as updated_at
from generate_series(1, 200) as id;

-- Their change log: of ten rows two are new line items, one is older than what is known, two come twice.
create table ad_lineitem_staging (id bigint, revenue_type varchar(16), created_at timestamp, updated_at timestamp);
create table unit_staging (id bigint, unit_type varchar(16), created_at timestamp, updated_at timestamp);
insert into ad_lineitem_staging
select
    case when draw(change, :seed + 11, 10) < 2 then :line_items + change else 1 + draw(change, :seed + 10, :line_items) end,
    (array['CPM', 'CPC', 'CPA'])[1 + draw(change, :seed + 12, 3)], timestamp '2023-01-01',
    timestamp '2024-04-01' + (draw(change, :seed + 13, 864000) - case when draw(change, :seed + 11, 10) = 2 then 31536000 else 0 end) * interval '1 second'
from (
    select n - case when draw(n, :seed + 14, 10) < 2 then 1 else 0 end as change
    from generate_series(1, :changes) as n
) as delivered
order by draw(change, :seed + 15, 1000000), change;

-- Facts that arrive after their days were built.
create table late_impression as
select
    md5(draw(n, :seed + 16, 1000000)::text)::varchar(32) as user_id, lineitem_id, unit_id, revenue,
    timestamp '2023-12-31 15:00' + (:days / 2 + n % 3) * interval '1 day' + draw(n, :seed + 17, 86400) * interval '1 second' as created_at
from (select n, (event).* from (select row_number() over () as n, ad_impression as event from ad_impression limit 3000) as first) as copied;

vacuum analyze;
