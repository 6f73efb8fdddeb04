//! Expressions on dates and what Python prints for them.

use minijinja::Environment;
use minijinja::value::{Rest, Value};

use crate::jinja::python::{call_method, operators, repr, to_str};

fn evaluate(expression: &str) -> Result<String, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_unknown_method_callback(call_method);
    environment.add_global("datetime", super::module());
    environment.add_global("pytz", super::pytz());
    environment.add_function("repr", |value: &Value| repr(value));
    environment.add_function("add", |l: &Value, r: &Value| operators::add(l, r));
    environment.add_function("sub", |l: &Value, r: &Value| operators::subtract(l, r));
    environment.add_function("mul", |l: &Value, r: &Value| operators::multiply(l, r));
    environment.add_function("list", |values: Rest<Value>| crate::jinja::python::list(values.0));
    Ok(to_str(&environment.compile_expression(expression)?.eval(())?))
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn as_python() {
    let table = [
        ("datetime.datetime(2024, 1, 31, 13, 5, 9)", "2024-01-31 13:05:09"),
        ("datetime.datetime(2024, 1, 31, 13, 5, 9, 120)", "2024-01-31 13:05:09.000120"),
        (
            "repr(datetime.datetime(2024, 1, 31, 13, 5, 9, 120))",
            "datetime.datetime(2024, 1, 31, 13, 5, 9, 120)",
        ),
        ("repr(datetime.datetime(2024, 1, 31))", "datetime.datetime(2024, 1, 31, 0, 0)"),
        ("repr(datetime.date(2024, 1, 31))", "datetime.date(2024, 1, 31)"),
        ("repr(datetime.time(1, 2))", "datetime.time(1, 2)"),
        (
            "repr(datetime.timedelta(days=1, hours=2, milliseconds=5))",
            "datetime.timedelta(days=1, seconds=7200, microseconds=5000)",
        ),
        ("repr(datetime.timedelta(0))", "datetime.timedelta(0)"),
        ("[datetime.date(2024, 1, 1)]", "[datetime.date(2024, 1, 1)]"),
        (
            "datetime.datetime(2024, 1, 31).strftime('%Y-%m-%d %H:%M:%S.%f %j %a %A %b %B %p %I %y %U %W %w %u %V %G %e %-d %-m %% %c %x %X')",
            "2024-01-31 00:00:00.000000 031 Wed Wednesday Jan January AM 12 24 04 05 3 3 05 2024 31 31 1 % Wed Jan 31 00:00:00 2024 01/31/24 00:00:00",
        ),
        (
            "datetime.datetime(2024, 12, 30, 23, 4, 5, 6).strftime('%G-W%V-%u %U %W %T %F %D')",
            "2025-W01-1 52 53 23:04:05 2024-12-30 12/30/24",
        ),
        ("datetime.datetime(2023, 1, 1).strftime('%U %W %G %V')", "01 00 2022 52"),
        ("datetime.date(2024, 2, 29).isoformat()", "2024-02-29"),
        ("datetime.datetime(2024, 2, 29, 1).isoformat()", "2024-02-29T01:00:00"),
        (
            "datetime.datetime(2024, 2, 29, 1, 2, 3, 4).isoformat(sep=' ', timespec='milliseconds')",
            "2024-02-29 01:02:03.000",
        ),
        ("datetime.datetime(2024, 2, 29, 1).isoformat(timespec='minutes')", "2024-02-29T01:00"),
        ("datetime.datetime(2024, 2, 29, 1).date()", "2024-02-29"),
        ("datetime.datetime(2024, 2, 29, 1, 2, 3).time()", "01:02:03"),
        ("datetime.datetime(2024, 2, 29).weekday()", "3"),
        ("datetime.datetime(2024, 2, 29).isoweekday()", "4"),
        ("datetime.datetime(2024, 2, 29).isocalendar()[1]", "9"),
        ("datetime.datetime(2024, 2, 29).toordinal()", "738945"),
        ("datetime.datetime(2024, 2, 29).replace(day=1, hour=5)", "2024-02-01 05:00:00"),
        ("datetime.datetime(2024, 2, 29).year", "2024"),
        ("datetime.datetime(2024, 2, 29).ctime()", "Thu Feb 29 00:00:00 2024"),
        ("datetime.datetime.strptime('2024-03-01', '%Y-%m-%d')", "2024-03-01 00:00:00"),
        (
            "datetime.datetime.strptime('2024-03-01T10:11:12.5', '%Y-%m-%dT%H:%M:%S.%f')",
            "2024-03-01 10:11:12.500000",
        ),
        ("datetime.datetime.strptime('Mar 3, 2024 4:05 PM', '%b %d, %Y %I:%M %p')", "2024-03-03 16:05:00"),
        ("datetime.datetime.strptime('20240301', '%Y%m%d').date()", "2024-03-01"),
        (
            "datetime.datetime.strptime('2024-03-01 00:00:00+0200', '%Y-%m-%d %H:%M:%S%z')",
            "2024-03-01 00:00:00+02:00",
        ),
        ("datetime.datetime.strptime('2024-13-01', '%Y-%m-%d')", "error"),
        ("datetime.datetime.strptime('2024-03-01x', '%Y-%m-%d')", "error"),
        ("datetime.datetime.fromisoformat('2024-03-01')", "2024-03-01 00:00:00"),
        ("datetime.datetime.fromisoformat('2024-03-01 10:11:12.345')", "2024-03-01 10:11:12.345000"),
        ("datetime.datetime.fromisoformat('2024-03-01T10:11:12Z')", "2024-03-01 10:11:12+00:00"),
        ("datetime.datetime.fromisoformat('2024-03-01T10:11+02:00')", "2024-03-01 10:11:00+02:00"),
        ("datetime.date.fromisoformat('20240301')", "2024-03-01"),
        ("datetime.date.fromisoformat('2024-W10-5')", "2024-03-08"),
        ("datetime.datetime.combine(datetime.date(2024, 1, 1), datetime.time(5, 6))", "2024-01-01 05:06:00"),
        (
            "datetime.datetime.combine(datetime.date(2024, 1, 1), datetime.datetime.min.time())",
            "2024-01-01 00:00:00",
        ),
        ("datetime.datetime.min", "0001-01-01 00:00:00"),
        ("datetime.datetime.max", "9999-12-31 23:59:59.999999"),
        ("datetime.date.max", "9999-12-31"),
        ("datetime.time.max", "23:59:59.999999"),
        ("datetime.timedelta(days=2, hours=3)", "2 days, 3:00:00"),
        ("datetime.timedelta(days=-1, hours=3)", "-1 day, 3:00:00"),
        ("datetime.timedelta(hours=1.5).total_seconds()", "5400.0"),
        ("datetime.timedelta(weeks=1).days", "7"),
        ("datetime.timedelta(seconds=90061).seconds", "3661"),
        ("add(datetime.datetime(2024, 1, 31), datetime.timedelta(days=1))", "2024-02-01 00:00:00"),
        (
            "sub(datetime.datetime(2024, 1, 31), datetime.timedelta(microseconds=1))",
            "2024-01-30 23:59:59.999999",
        ),
        ("sub(datetime.datetime(2024, 3, 1), datetime.datetime(2024, 2, 1)).days", "29"),
        ("sub(datetime.date(2024, 3, 1), datetime.date(2024, 2, 1))", "29 days, 0:00:00"),
        ("sub(datetime.date(2024, 3, 1), datetime.timedelta(days=1))", "2024-02-29"),
        ("add(datetime.timedelta(days=1), datetime.date(2024, 3, 1))", "2024-03-02"),
        ("mul(datetime.timedelta(days=1), 3)", "3 days, 0:00:00"),
        ("mul(3, datetime.timedelta(hours=1))", "3:00:00"),
        ("datetime.datetime(2024, 1, 1) < datetime.datetime(2024, 1, 2)", "True"),
        ("datetime.date(2024, 1, 1) == datetime.date(2024, 1, 1)", "True"),
        ("datetime.timedelta(hours=24) == datetime.timedelta(days=1)", "True"),
        ("datetime.date(2024, 13, 1)", "error"),
        ("datetime.date(2023, 2, 29)", "error"),
        (
            "pytz.timezone('Europe/Berlin').localize(datetime.datetime(2024, 7, 1, 12))",
            "2024-07-01 12:00:00+02:00",
        ),
        ("repr(pytz.utc)", "<UTC>"),
        ("pytz.utc.localize(datetime.datetime(2024, 7, 1, 12))", "2024-07-01 12:00:00+00:00"),
        (
            "pytz.utc.localize(datetime.datetime(2024, 7, 1, 12)).astimezone(pytz.timezone('America/New_York'))",
            "2024-07-01 08:00:00-04:00",
        ),
        (
            "pytz.utc.localize(datetime.datetime(2024, 1, 1, 12)).astimezone(pytz.timezone('America/New_York')).strftime('%Y-%m-%d %H:%M %Z %z')",
            "2024-01-01 07:00 EST -0500",
        ),
        // the sentinel of open periods lies at the very end of the calendar
        ("pytz.utc.localize(datetime.datetime(9999, 12, 31, 23, 59)).timestamp()", "253402300740.0"),
        (
            "pytz.timezone('America/New_York').localize(datetime.datetime(9999, 12, 31)).strftime('%Y-%m-%d %Z')",
            "9999-12-31 EST",
        ),
        (
            "pytz.utc.localize(datetime.datetime(9999, 12, 31)).astimezone(pytz.timezone('Europe/Berlin'))",
            "9999-12-31 01:00:00+01:00",
        ),
        (
            "pytz.utc.localize(datetime.datetime(1, 1, 1)).astimezone(pytz.FixedOffset(60))",
            "0001-01-01 01:00:00+01:00",
        ),
        (
            "pytz.utc.localize(datetime.datetime(9999, 12, 31, 23, 59)).astimezone(pytz.FixedOffset(60))",
            "error",
        ),
        (
            "datetime.datetime.fromisoformat('9999-12-31T23:59:59Z') > datetime.datetime(2024, 1, 1, tzinfo=pytz.utc)",
            "True",
        ),
        ("pytz.timezone('Europe/Berlin')", "Europe/Berlin"),
        ("pytz.timezone('Nowhere/Land')", "error"),
        ("datetime.datetime(2024, 7, 1, tzinfo=pytz.utc).isoformat()", "2024-07-01T00:00:00+00:00"),
        ("datetime.datetime(2024, 7, 1, tzinfo=pytz.utc).timestamp()", "1719792000.0"),
        ("datetime.datetime(2024, 7, 1, tzinfo=pytz.utc).tzinfo", "UTC"),
        ("datetime.datetime(2024, 7, 1, tzinfo=pytz.utc).replace(tzinfo=none)", "2024-07-01 00:00:00"),
        ("datetime.datetime.utcfromtimestamp(0)", "1970-01-01 00:00:00"),
        ("datetime.datetime.fromtimestamp(86400.5, pytz.utc)", "1970-01-02 00:00:00.500000+00:00"),
        (
            "datetime.datetime.strftime(datetime.date(2024, 1, 2), '%d') if false else datetime.date.strftime(datetime.date(2024, 1, 2), '%d')",
            "02",
        ),
        ("'{:%d/%m/%Y}'.format(datetime.date(2024, 1, 2))", "02/01/2024"),
        ("datetime.datetime(2024, 7, 1).date() == datetime.date(2024, 7, 1)", "True"),
        ("sub(pytz.utc.localize(datetime.datetime(2024, 7, 1)), datetime.datetime(2024, 7, 1))", "error"),
    ];
    let wrong: Vec<String> = table
        .iter()
        .filter_map(|(expression, expected)| {
            let result = evaluate(expression);
            let right = result.as_deref().unwrap_or("error") == *expected;
            (!right).then(|| format!("{expression}: {result:?} is not {expected:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
