//! Each type's texts; `tests/loads.rs` asks a server about the same.

use super::Judge;

fn judged(data_type: &str, format: Option<&str>, text: &str) -> Result<String, String> {
    let mut out = Vec::new();
    let judge = Judge::of(data_type, format).unwrap();
    judge.write(text, &mut out).map_err(std::borrow::Cow::into_owned)?;
    Ok(String::from_utf8(out).unwrap())
}

/// Those that fit, and those that do not.
const TEXTS: &[(&str, &[&str], &[&str])] = &[
    ("smallint", &["0", " -32768 ", "+32767", "007"], &["32768", "1.0", "1e3", "", "0x10", "1_000", "--1"]),
    ("int", &["2147483647", "-2147483648"], &["2147483648", "99999999999999999999"]),
    ("bigint", &["9223372036854775807", "-9223372036854775808"], &["9223372036854775808", "a"]),
    (
        "numeric(5,2)",
        &["999.99", "-0.1", ".5", "5.", "1e2", "999.994", "NaN", "0000123.45"],
        &["1000", "999.995", "1e3", ".", "1,5", "1e", "inf", "1e-16384"],
    ),
    ("numeric(2,4)", &["0.0099", "0", "0.00994"], &["0.01", "0.00995", "1"]),
    (
        "numeric",
        &["1e900", "-12345678901234567890.123", "inf", "-Infinity", "1e131071", "1e-16383", "0e1073741822"],
        &["1e131072", "1e-16384", "0e1073741823", "infinit", "+nan", "1 2", "0x10"],
    ),
    ("real", &["1e38", "NaN", "-Infinity", "1.5", "0e400"], &["1e39", "1e-60", "x", ""]),
    ("double precision", &["1e308", "inf", "1e-320"], &["1e309", "1e-400", "0x1p3"]),
    (
        "boolean",
        &["t", "TRUE", "Yes", "on", "1", "f", "fals", "no", "of", "0", "n"],
        &["o", "2", "ja", "truee", "10"],
    ),
    (
        "date",
        &[
            "2024-02-29",
            "2026-1-5",
            " 2026-12-31 ",
            "infinity",
            "5874897-12-31",
            "0044-03-15 BC",
            "0001-02-29 bc",
            "4713-01-01 BC",
            "0099-01-08",
        ],
        &[
            "2023-02-29",
            "31.12.2026",
            "2026-13-01",
            "0000-01-01",
            "2026-12-31 00:00",
            "today",
            "5874898-01-01",
            "0004-02-29 BC",
            "4714-01-01 BC",
            "infinity BC",
            "44-03-15 BC",
            "0000-01-01 BC",
        ],
    ),
    (
        "timestamp",
        &[
            "2026-01-05",
            "2026-01-05 23:59:59.123456",
            "2026-01-05T24:00:00",
            "2026-01-05 23:59:60",
            "10000-01-01 1:2:3",
            "0044-03-15 10:00:00 BC",
            "0044-03-15 BC",
        ],
        &[
            "294276-01-01",
            "2026-01-05 23:59:60.5",
            "2026-01-05 25:00",
            "2026-01-05T10:00Z",
            "2026-01-05 10:00+02",
            "10:00",
        ],
    ),
    (
        "timestamp(3) with time zone",
        &[
            "2026-01-05T10:00:00Z",
            "2026-01-05 10:00+0200",
            "2026-01-05 10:00:00 -05:30",
            "0044-03-15 00:00:00+00:53:28 BC",
        ],
        &["2026-01-05 10:00 Europe/Berlin", "2026-01-05 10:00+16", "2026-01-05 10:00+00:53:60"],
    ),
    (
        "time",
        &["10:00", "24:00:00", "1:02:03.5", "23:59:60", "10:00:60.5", "1:2:3"],
        &["24:00:01", "10", "10:60", "23:59:60.5", "10:00:61", "10:00 PM", "100000"],
    ),
    (
        "uuid",
        &[
            "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
            "{A0EEBC999C0B4EF8BB6D6BB9BD380A11}",
            "a0eebc99-9c0b4ef8-bb6d6bb9bd380a11",
            "a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a11",
        ],
        &[
            "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1",
            "x",
            " a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
            "a0eebc999c0b4ef8bb6d6bb9bd380a11-",
            "a0e-ebc999c0b4ef8bb6d6bb9bd380a11",
            "a0eebc99--9c0b4ef8bb6d6bb9bd380a11",
            "{a0eebc999c0b4ef8bb6d6bb9bd380a11",
        ],
    ),
    ("varchar(3)", &["abc", "äöü", "ab     ", ""], &["abcd"]),
    (
        "jsonb",
        &["{\"a\": 1e5}", "[\"1e9999\"]", "\"\\ud83d\\ude00\""],
        &["{", "\"\\u0000\"", "\"\\ud83d\"", "1e999999", "\"\\ude00\""],
    ),
];

#[test]
fn texts_fit_their_type_or_do_not() {
    for (data_type, fits, misfits) in TEXTS {
        for text in *fits {
            assert!(
                judged(data_type, None, text).is_ok(),
                "{data_type}: {text}: {:?}",
                judged(data_type, None, text)
            );
        }
        for text in *misfits {
            assert!(judged(data_type, None, text).is_err(), "{data_type}: {text}");
        }
    }
}

#[test]
fn formats_become_the_texts_of_the_server() {
    for (data_type, format, text, expected) in [
        ("date", "%d.%m.%Y", "31.12.2026", Some("2026-12-31")),
        ("date", "%d.%m.%Y", "30.02.2026", None),
        ("date", "%d %b %Y", "05 Jan 2026", Some("2026-01-05")),
        ("date", "%Y%m%d", "20260105", Some("2026-01-05")),
        ("timestamp", "%d/%m/%Y %H:%M", "05/01/2026 13:14", Some("2026-01-05T13:14:00")),
        ("timestamptz", "%Y-%m-%dT%H:%M:%S%z", "2026-01-05T13:14:00+0200", Some("2026-01-05T11:14:00Z")),
        ("timestamptz", "%s", "0", Some("1970-01-01T00:00:00Z")),
        ("numeric(10,2)", "1.234,56", "-1.234.567,89", Some("-1234567.89")),
        ("numeric(10,2)", "1.234,56", "1.23,4", None),
        ("numeric(10,2)", "1.234,56", "12,5", Some("12.5")),
        ("integer", "1'234.56", "1'000", Some("1000")),
        ("numeric", "1 234,56", "1\u{a0}000,5", Some("1000.5")),
        ("boolean", "ja/nein", "JA", Some("t")),
        ("boolean", "ja/nein", "yes", None),
    ] {
        assert_eq!(
            judged(data_type, Some(format), text).ok().as_deref(),
            expected,
            "{data_type} {format} {text}"
        );
    }
}

#[test]
fn formats_that_tell_no_value_are_refused() {
    for (data_type, format) in [
        ("date", "%d.%m"),
        ("date", "%Q!"),
        ("numeric", "1,234,56"),
        ("boolean", "ja"),
        ("text", "x"),
        ("uuid", "%d"),
    ] {
        assert!(Judge::of(data_type, Some(format)).is_err(), "{data_type} {format}");
    }
}
