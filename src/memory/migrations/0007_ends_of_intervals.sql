-- The end that an interval had when it was begun: with another cron it would have another one.
alter table rsdbt.intervals add column end_time timestamp with time zone;
