//! Periods of all time zones that the server knows, around all their changes of clocks from 1970 to 2037: the windows
//! of `partition_overwrite` hold exactly the instants whose local time, by the server, is in their periods.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::thread;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::support::{Database, Project};

const GRANULARITIES: [&str; 4] = ["hour", "day", "week", "month"];
const PROCESSES: usize = 2;

/// Each query takes all changes of one zone, and says what is wrong around them.
const MACRO: &str = r#"
{% macro check_zones(part, parts) %}
  {% set zones = run_query("select zone, granularity from " ~ target.schema ~ ".clock_change where part % " ~ parts ~ " = " ~ part ~ " group by 1, 2 order by 1, 2").rows %}
  {% set widths = {} %}
  {% for zone, granularity in zones %}
    {% set by = {'time_zone': zone, 'granularity': granularity} %}
    {% if zone not in widths %}{% do widths.update({zone: rsdbt_bin_width('1972-01-08', '2037-12-31', zone)}) %}{% endif %}
    {% set width = widths[zone] %}
    {% set changes = "select at from " ~ target.schema ~ ".clock_change where zone = '" ~ zone ~ "' and granularity = '" ~ granularity ~ "'" %}
    {% for chosen in ["interval '-1 second'", "interval '0'"] %}
      {% set queries = ["select " ~ rsdbt_local("at + " ~ chosen, zone) ~ " from (" ~ changes ~ ") as changes"] %}
      {% set wrong = run_query(wrong_sql(queries, by, changes, width)).rows %}
      {% for row in wrong %}{% do log('WRONG ' ~ zone ~ ' ' ~ granularity ~ ' ' ~ chosen ~ ': ' ~ row[0], info=true) %}{% endfor %}
    {% endfor %}
  {% endfor %}
  {% do log('CHECKED ' ~ zones | length, info=true) %}
{% endmacro %}

{% macro wrong_sql(queries, by, changes, width) %}
  {% set trunc = "date_trunc('" ~ by.granularity ~ "', " %}
  with w ("start", "end", local_start, local_end, name) as materialized (
    select x1::timestamp, x2::timestamp, x3::timestamp, x4::timestamp, x5
    from ({{ rsdbt_windows_sql(queries, by) }}) as windows (x1, x2, x3, x4, x5, x6)
  ),
  steady as materialized (
    select x1::timestamp as "start", x2::timestamp as "end", x5 as name
    from ({{ rsdbt_steady_windows_sql(rsdbt_chosen_periods_sql(queries, by), by) }}) as windows (x1, x2, x3, x4, x5, x6) where x6
  ),
  sample (at) as materialized (
    select distinct at + around from ({{ changes }}) as changes, unnest('{-40 days,-8 days,-25 hours,-3 hours,-2 hours,-1 hours,
      -30 minutes,-1 minute,-1 second,0,1 second,14 minutes,29 minutes,30 minutes,1 hour,2 hours,179 minutes,3 hours,4 hours,25 hours,
      8 days,40 days}'::interval[]) as around
  ),
  judged as (
    select at, kind, {{ trunc }}{{ rsdbt_local('at', by.time_zone) }}) in (select local_start from w) as belongs,
      coalesce(max("end") over (order by at, kind), '-infinity') > at as inside
    from (
      select "start" as at, "end", 0 as kind from w union all select at, null, 1 from sample
    ) as line
  )
  select 'instant ' || at || case when inside then ' does not belong' else ' is left out' end from judged where kind = 1 and inside <> belongs
  union all
  select 'windows overlap at ' || "end" from (select "end", lead("start") over (order by "start", "end") as following from w) as pair where "end" > following
  union all
  select 'steady window ' || name from steady where ("start", "end", name) not in (select "start", "end", name from w)
  union all
  select 'bin of ' || at from sample
  where at >= '1972-01-08' and {{ trunc }}{{ rsdbt_local(rsdbt_bin('at', '1972-01-08', width), by.time_zone) }}) <> {{ trunc }}{{ rsdbt_local('at', by.time_zone) }})
{% endmacro %}
"#;

type Changes = Vec<(Timestamp, i32)>;

#[test]
fn windows_hold_the_instants_of_their_periods_in_every_time_zone() {
    let mut database = Database::new();
    let project = Project::new(&database);
    project.write("macros/zones.sql", MACRO);
    let names = "select name from pg_timezone_names where name !~ '^(posix|right)/' order by 1";
    let names: Vec<String> =
        database.client().query(names, &[]).unwrap().iter().map(|row| row.get(0)).collect();
    assert!(names.len() > 400, "the server knows only {} zones", names.len());
    database.execute("create table clock_change (part int, zone text, granularity text, at timestamp)");
    // many names are of one zone
    let mut known = BTreeSet::new();
    let mut sql = String::from("insert into clock_change values (0, 'UTC', 'day', '2000-01-01')");
    let mut count = 0;
    for name in &names {
        let changes = changes_of(name);
        if known.insert(changes.clone()) {
            count += 1;
            add(&mut sql, count, name, &changes);
        }
    }
    database.execute(&sql);
    thread::scope(|scope| {
        for part in 0..PROCESSES {
            let project = &project;
            scope.spawn(move || {
                let arguments = format!("{{part: {part}, parts: {PROCESSES}}}");
                let places = [format!("--log-path=logs{part}"), format!("--target-path=target{part}")];
                let output = project.run(
                    &["run-operation", "check_zones", "--args", &arguments, &places[0], &places[1]]
                        .map(str::to_owned),
                );
                assert!(output.status == 0 && output.text.contains("CHECKED"), "{}", output.text);
                assert!(!output.text.contains("WRONG"), "{}", output.text);
            });
        }
    });
}

/// With the offsets that they bring. A zone that only the server knows has a date in each month instead.
fn changes_of(name: &str) -> Changes {
    let first: Timestamp = "1970-01-01T00:00:00Z".parse().unwrap();
    let last: Timestamp = "2038-01-01T00:00:00Z".parse().unwrap();
    let Ok(zone) = TimeZone::get(name) else {
        let seconds = (first.as_second()..last.as_second()).step_by(30 * 86_400);
        return seconds.map(|second| (Timestamp::from_second(second).unwrap(), 0)).collect();
    };
    let mut changes = vec![(first, zone.to_offset(first).seconds())];
    changes.extend(
        zone.following(first)
            .map(|change| (change.timestamp(), change.offset().seconds()))
            .take_while(|(at, _)| *at < last),
    );
    changes
}

/// Of changes between the same offsets at the same place in the period, one is enough.
fn add(sql: &mut String, part: usize, name: &str, changes: &Changes) {
    for granularity in GRANULARITIES {
        let mut places = BTreeMap::new();
        for pair in changes.windows(2) {
            let [(_, before), (at, after)] = pair else { continue };
            let local = jiff::tz::Offset::from_seconds(*before).unwrap().to_datetime(*at);
            let place = match granularity {
                "week" => local.weekday().to_monday_zero_offset(),
                "month" => local.day().min(3) - (local.day() - local.days_in_month()).max(-2),
                _ => 0,
            };
            places.insert((before, after, local.time(), place), *at);
        }
        places.entry((&0, &0, jiff::civil::Time::MIN, 0)).or_insert(changes[0].0);
        for at in places.values() {
            let at = at.strftime("%Y-%m-%d %H:%M:%S");
            let name = name.replace('\'', "''");
            let _ = write!(sql, ", ({part}, '{name}', '{granularity}', '{at}')");
        }
    }
}
