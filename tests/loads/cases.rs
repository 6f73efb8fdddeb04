//! The files.

/// A file, its config and its columns. No columns: 1,000 of them.
pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) file: &'static str,
    pub(super) columns: &'static str,
    pub(super) load: &'static str,
    bytes: &'static [u8],
    made: Made,
}

/// What the bytes of a case become.
enum Made {
    AsTheyAre,
    Gzip,
    GzipCut,
    /// With other bytes behind it.
    GzipAnd(&'static [u8]),
    GzipTwice,
    Zstd,
    ZstdCut,
    Utf16,
    /// So many times, after the first line.
    Repeated(usize),
    /// A field of so many bytes.
    Wide(usize),
    ThousandColumns,
}

const AB: &str = "{name: a, data_type: int}, {name: b, data_type: text}";
const AMOUNT: &str = "{name: id, data_type: int}, {name: amount, data_type: \"numeric(6,2)\"}";
const DAY: &str = "{name: id, data_type: int}, {name: day, data_type: date}";
const AT: &str = "{name: id, data_type: int}, {name: at, data_type: timestamptz}";
const TEXT: &str = "{name: a, data_type: text}";
const MANY: &str = "rejects: {max: 10}";

const fn case(name: &'static str, columns: &'static str, load: &'static str, bytes: &'static [u8]) -> Case {
    Case { name, file: name, columns, load, bytes, made: Made::AsTheyAre }
}

const fn made(made: Made, case: Case) -> Case {
    Case { made, ..case }
}

pub(super) const CASES: &[Case] = &[
    case("plain", AB, "", b"a,b\n1,x\n2,y\n"),
    case("order_of_columns", AB, "", b"b,a\nx,1\n"),
    case("no_last_newline", AB, "", b"a,b\n1,x\n2,y"),
    case("crlf", AB, "", b"a,b\r\n1,x\r\n2,\"y\r\nz\"\r\n"),
    case("only_cr", AB, MANY, b"a,b\r1,x\r2,y\r"),
    case("empty", AB, "", b""),
    case("empty_without_header", AB, "header: false", b""),
    case("header_only", AB, "", b"a,b\n"),
    case("blank_lines", AB, "", b"a,b\n\n1,x\n\n\n2,y\n\n"),
    case("bom", AB, "", b"\xef\xbb\xbfa,b\n1,x\n"),
    case("bom_before_quote", AB, "", b"\xef\xbb\xbf\"a\",\"b\"\n1,x\n"),
    case("windows_1252", AB, "encoding: windows-1252", b"a,b\n1,\x80 \xfc\n"),
    case("windows_1252_undefined", AB, "encoding: windows-1252, rejects: {max: 10}", b"a,b\n1,\x81\n2,\xfc\n3,c:\\\x9d\xfc\n"),
    case("windows_1252_undefined_refused", AB, "encoding: windows-1252", b"a,b\n1,\x81\n"),
    case("latin_1", AB, "encoding: latin-1", b"a,b\n1,M\xfcller\n"),
    case("latin_1_as_utf_8", AB, MANY, b"a,b\n1,M\xfcller\n2,ok\n"),
    case("latin_1_as_utf_8_refused", AB, "", b"a,b\n1,M\xfcller\n"),
    case("backslash_and_latin_1", AB, MANY, b"a,b\n1,c:\\\xfc\n2,c:\\x\nx,c:\\\xc3\xbc\n"),
    case("header_not_utf_8", AB, "", b"a,b\xfc\n1,x\n"),
    made(Made::Utf16, case("utf_16", AB, "encoding: utf-16", "a,b\n1,ü€😀\n".as_bytes())),
    made(Made::Utf16, case("utf_16_as_utf_8", AB, "", b"a,b\n1,x\n")),
    case("utf_16_broken", AB, "encoding: utf-16", b"\xff\xfea\x00,\x00b\x00\n\x001\x00,\x00\x00\xd8\n\x00"),
    case("shift_jis_broken", AB, "encoding: shift_jis", b"a,b\n1,\x82\n"),
    case("shift_jis_rejected", AB, "encoding: shift_jis, rejects: {max: 10}", b"a,b\n1,\x82\n2,\x82\xa0\n3,\xfd\n"),
    case("header_in_capitals", AB, "", b"A,B\n1,x\n"),
    case("nul_bytes", AB, MANY, b"a,b\n1,x\x00y\n2,ok\n\x003,z\n"),
    case("quotes", AB, "", b"a,b\n1,\"x, \"\"y\"\"\"\n\"2\",\"two\nlines\"\n3,\"\"\n4,\n"),
    case("unclosed_quote", AB, MANY, b"a,b\n1,x\n2,\"y\n3,z\n"),
    case("quote_inside", AB, MANY, b"a,b\n1,5\" nail\n2,ok\n"),
    case("text_after_quote", AB, MANY, b"a,b\n1,\"x\"y\n2,ok\n"),
    case("other_quote", AB, "quote: \"'\"", b"a,b\n1,'it''s \"x\"'\n"),
    case("no_quotes", AB, "quote: none, delimiter: tab", b"a\tb\n1\t5\" nail\n2\t\"open\n"),
    case("semicolons", AB, "delimiter: \";\"", b"a;b\n1;x,y\n"),
    case("wrong_delimiter", AB, "", b"a;b\n1;x\n"),
    case("too_few_fields", AB, MANY, b"a,b\n1\n2,ok\n"),
    case("too_many_fields", AB, MANY, b"a,b\n1,x,y\n2,ok\n"),
    case("trailing_delimiter", AB, MANY, b"a,b\n1,x,\n2,ok\n"),
    case("twice_in_header", AB, "", b"a,b,a\n1,x,2\n"),
    case("missing_column", AB, "", b"a\n1\n"),
    case("unknown_column", AB, "", b"a,b,c\n1,x,y\n"),
    case("unknown_ignored", AB, "unknown_columns: ignore", b"a,b,c\n1,x,y\n"),
    case("other_header", AB, "headers: {b: \"Betrag (EUR)\"}", b"a, Betrag (EUR)\n1,x\n"),
    case("without_header", AB, "header: false", b"1,x\n2,y\n"),
    case("null_words", AB, "\"null\": [NA, \"\"]", b"a,b\nNA,NA\n1,\"NA\"\n,\n"),
    case("one_column", TEXT, "", b"a\nx\n\n\"\"\n"),
    case("not_null", "{name: a, data_type: int, constraints: [{type: not_null}]}, {name: b}", MANY, b"a,b\n,x\n\"\",y\n1,z\n"),
    case("broken_numbers", AMOUNT, MANY, b"id,amount\n1,12.345\n2,12345.6\n3,1.2.3\n4,1e3\n5,--1\n6,1_000\n99999999999,1\n8,\n9,NaN\n"),
    case("decimal_comma", AMOUNT, "formats: {amount: \"1.234,56\"}, rejects: {max: 10}, delimiter: \";\"", b"id;amount\n1;1.234,5\n2;-12,5\n3;1,234.5\n4;12.34\n"),
    case("swiss_numbers", AMOUNT, "formats: {amount: \"1'234.56\"}", b"id,amount\n1,1'234.5\n"),
    case("max_is_a_limit", AMOUNT, "rejects: {max: 2}", b"id,amount\n1,x\n2,x\n3,x\n4,1\n"),
    case("max_percent_holds", AMOUNT, "rejects: {max: 50%}", b"id,amount\n1,x\n2,1\n"),
    case("max_percent_exceeded", AMOUNT, "rejects: {max: 30%}", b"id,amount\n1,x\n2,1\n"),
    case("date_iso", DAY, MANY, b"id,day\n1,2026-02-28\n2,2026-02-29\n3,2024-2-9\n4,20260228\n5,0000-01-01\n6,infinity\n"),
    case("date_german", DAY, "formats: {day: \"%d.%m.%Y\"}, rejects: {max: 10}", b"id,day\n1,28.02.2026\n2,31.04.2026\n3,2026-02-28\n"),
    case("date_american", DAY, "formats: {day: \"%m/%d/%Y\"}, rejects: {max: 10}", b"id,day\n1,02/28/2026\n2,28/02/2026\n"),
    case("date_two_digits", DAY, "formats: {day: \"%d.%m.%y\"}", b"id,day\n1,28.02.26\n"),
    case("date_month_name", DAY, "formats: {day: \"%d %b %Y\"}, rejects: {max: 10}", b"id,day\n1,28 Feb 2026\n2,28 Okt 2026\n"),
    case("date_compact", DAY, "formats: {day: \"%Y%m%d\"}, rejects: {max: 10}", b"id,day\n1,20260228\n2,20260231\n"),
    case("timestamps", AT, MANY, b"id,at\n1,2026-01-05T10:00:00Z\n2,2026-01-05 10:00:00.5+02\n3,2026-01-05 25:00\n4,soon\n"),
    case("timestamp_format", AT, "formats: {at: \"%d.%m.%Y %H:%M:%S %z\"}, rejects: {max: 10}", b"id,at\n1,05.01.2026 10:00:00 +0200\n2,05.01.2026 10:00:00\n"),
    case("epoch_seconds", AT, "formats: {at: \"%s\"}, rejects: {max: 10}", b"id,at\n1,1767607200\n2,x\n"),
    case("zone_for_none", "{name: at, data_type: timestamp}", MANY, b"at\n2026-01-05T10:00:00\n2026-01-05T10:00:00Z\n"),
    case("booleans", "{name: a, data_type: boolean}", MANY, b"a\nt\nFALSE\nyes\nja\n1\n"),
    case("boolean_words", "{name: a, data_type: boolean}", "formats: {a: ja/nein}, rejects: {max: 10}", b"a\nja\nNEIN\nt\n"),
    case("uuids", "{name: a, data_type: uuid}", MANY, b"a\na0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11\na0eebc99\n"),
    case("short_texts", "{name: a, data_type: varchar(3)}", MANY, "a\nabc\nabcd\näöü\nab   \n".as_bytes()),
    case("json_column", "{name: a, data_type: jsonb}", "delimiter: \";\", rejects: {max: 10}", b"a\n\"{\"\"x\"\": [1]}\"\n\"{x}\"\n\"\"\"\\u0000\"\"\"\n"),
    case("of_the_server", "{name: a, data_type: inet}, {name: b, data_type: \"int[]\"}", MANY, b"a,b\n10.0.0.1,{1}\n10.0.0.256,{1}\n10.0.0.2,\"{1,x}\"\n"),
    case("key_twice", AB, "unique_key: a", b"a,b\n1,first\n2,x\n1,last\n"),
    case("key_is_null", AB, "unique_key: a, rejects: {max: 10}", b"a,b\n,x\n1,y\n"),
    case("upsert_last_wins", AB, "unique_key: a, mode: upsert", b"a,b\n1,first\n2,x\n1,last\n"),
    Case {
        file: "dated_{day:%Y-%m-%d}.csv",
        ..case("dated", DAY, "", b"id\n1\n2\n")
    },
    made(Made::Gzip, case("gzip", AB, "", b"a,b\n1,x\n")),
    made(Made::GzipCut, case("gzip_cut", AB, "", b"a,b\n1,x\n")),
    made(Made::GzipAnd(b"more"), case("gzip_and_more", AB, "", b"a,b\n1,x\n")),
    made(Made::GzipAnd(b"\0\0\0"), case("gzip_and_zeros", AB, "", b"a,b\n1,x\n")),
    made(Made::GzipTwice, case("gzip_twice", AB, "header: false", b"1,x\n")),
    made(Made::Zstd, case("zstd", AB, "", b"a,b\n1,x\n")),
    made(Made::ZstdCut, case("zstd_cut", AB, "", b"a,b\n1,x\n")),
    case("gzip_that_is_none", AB, "compression: gzip", b"a,b\n1,x\n"),
    made(Made::Wide(17 << 20), case("line_too_long", TEXT, "", b"a\n")),
    made(Made::Wide(3 << 20), case("huge_line", TEXT, "", b"a\n")),
    made(Made::ThousandColumns, case("thousand_columns", "", "", b"")),
    made(Made::Repeated(30_000), case("many_rejects", AMOUNT, "rejects: {max: 100%}", b"id,amount\n1,not a number but a longer text that is kept for the one who corrects the file afterwards\n")),
    made(Made::Repeated(30_000), case("many_rejects_refused", AMOUNT, "", b"id,amount\n1,x\n")),
    case("jsonl", "{name: id, data_type: bigint}, {name: b, data_type: text}, {name: c, data_type: boolean}, {name: payload, data_type: jsonb}", "format: jsonl", b"{\"id\": 1, \"b\": \"x\\ny\", \"c\": true, \"z\": [1]}\n\n{\"b\": 1.50, \"id\": \"2\"}\n{\"id\": 3, \"b\": {\"x\": null}, \"c\": null}\n"),
    case("jsonl_broken", AB, "format: jsonl, rejects: {max: 10}", b"{\"a\": 1, \"b\": \"x\"}\n[1]\n{\"a\": 1,\n{\"a\": 1.5}\n{\"a\": {}}\n{\"a\": 1} x\n{\"b\": \"\\ud800\"}\n{\"b\": \"\\u0000\"}\n\xff\n{\"a\": true}\n"),
    case("jsonl_nested_column", "{name: a, data_type: jsonb}", "format: jsonl, rejects: {max: 10}", b"{\"a\": {\"x\": 1}}\n{\"a\": \"text\"}\n{\"a\": \"\\u0000\"}\n{\"a\": 1e999999}\n"),
    case("jsonl_keys_twice", AB, "format: jsonl", b"{\"a\": 1, \"b\": \"x\", \"a\": 2}\n"),
    case("control_characters", AB, MANY, b"a,b\n\x1b[31mred,x\n2,\x07bell\n"),
];

pub(super) fn many_columns() -> String {
    (0..1000).map(|at| format!("{{name: c{at}, data_type: int}}")).collect::<Vec<_>>().join(", ")
}

pub(super) fn bytes(case: &Case) -> Vec<u8> {
    use std::io::Write as _;
    let gzip = || {
        let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        writer.write_all(case.bytes).unwrap();
        writer.finish().unwrap()
    };
    let zstd = || zstd::encode_all(case.bytes, 0).unwrap();
    let cut = |mut bytes: Vec<u8>| {
        bytes.truncate(bytes.len() - 5);
        bytes
    };
    match case.made {
        Made::AsTheyAre => case.bytes.to_vec(),
        Made::Gzip => gzip(),
        Made::GzipAnd(more) => [&gzip()[..], more].concat(),
        Made::GzipTwice => gzip().repeat(2),
        Made::GzipCut => cut(gzip()),
        Made::Zstd => zstd(),
        Made::ZstdCut => cut(zstd()),
        Made::Utf16 => {
            let text = std::str::from_utf8(case.bytes).unwrap();
            let units = std::iter::once(0xfeff).chain(text.encode_utf16());
            units.flat_map(u16::to_le_bytes).collect()
        }
        Made::Repeated(times) => {
            let at = case.bytes.iter().position(|byte| *byte == b'\n').unwrap() + 1;
            let (header, line) = case.bytes.split_at(at);
            [header, &line.repeat(times)].concat()
        }
        Made::Wide(length) => [case.bytes, &vec![b'x'; length], b"\n"].concat(),
        Made::ThousandColumns => {
            let line = |of: &dyn Fn(usize) -> String| (0..1000).map(of).collect::<Vec<_>>().join(",");
            format!("{}\n{}\n", line(&|at| format!("c{at}")), line(&|at| at.to_string())).into_bytes()
        }
    }
}

/// Texts near the edges of each type.
pub(super) const VALUES: &[(&str, &[&str])] = &[
    ("smallint", &["32767", "32768", "-32768", "-32769", "+1", " 7 ", "007", "1.0", "1e2", "x", "1 2"]),
    ("bigint", &["9223372036854775807", "9223372036854775808", "-9223372036854775808", "0", "-0"]),
    (
        "numeric(5,2)",
        &[
            "999.99", "999.994", "999.995", "-999.995", "1000", "0.005", "1e2", "1e3", "1.5e-9", ".5", "5.",
            "NaN", "00123.4", ".", "inf", "1e-16384", "0e5000", "1e-5000",
        ],
    ),
    ("numeric(3,-2)", &["99949", "99950", "49", "50", "-12345"]),
    ("numeric(2,4)", &["0.0099", "0.00994", "0.00995", "0.01", "0"]),
    (
        "numeric",
        &[
            "1e900",
            "123456789012345678901234567890.5",
            "-1e-900",
            "1e",
            "e1",
            "0x1",
            "inf",
            "-Infinity",
            "+INF",
            "1e131071",
            "1e131072",
            "0.001e131074",
            "1e-16383",
            "1e-16384",
            "0e1073741822",
            "0e-16384",
            "123e131070",
        ],
    ),
    ("real", &["1e38", "3.5e38", "1e-45", "1e-46", "0.1", "NaN", "-inf", "Infinity", "0e500"]),
    (
        "double precision",
        &["1e308", "1e309", "1e-323", "1e-325", "0.1", "+.5e1", "infinity", "0x10", "-nan", "+inf"],
    ),
    ("boolean", &["t", "tr", "true", "truee", "Y", "ye", "on", "o", "of", "off", "1", "0", "2", " f ", "no"]),
    (
        "date",
        &[
            "2024-02-29",
            "2023-02-29",
            "1900-02-29",
            "2000-02-29",
            "2026-1-5",
            "9999-12-31",
            "10000-01-01",
            "5874897-12-31",
            "5874898-01-01",
            "02026-01-01",
            "0044-03-15 BC",
            "0001-02-29  bc",
            "4713-01-01 BC",
            "infinity BC",
            "0099-01-08",
            "infinity",
            "-infinity",
            "2026-00-01",
        ],
    ),
    (
        "timestamp",
        &[
            "2026-01-05",
            "2026-01-05 1:02",
            "2026-01-05T24:00:00",
            "2026-01-05 24:00:01",
            "2026-01-05 23:59:59.9999999",
            "2026-01-05  10:00",
            "2026-01-05 10:60",
            "2026-01-05 23:59:60",
            "2026-01-05 10:00:60.5",
            "2026-01-05 1:2:3",
            "294275-12-31 23:59:60",
            "0044-03-15 10:00:00.5 BC",
            "4713-01-01 BC",
        ],
    ),
    (
        "timestamptz",
        &[
            "2026-01-05T10:00:00Z",
            "2026-01-05 10:00 UTC",
            "2026-01-05 10:00+02",
            "2026-01-05 10:00:00.123 -0530",
            "2026-01-05 10:00+15:59",
            "2026-01-05 10:00+16",
            "0044-03-15 00:00:00+00:53:28 BC",
            "0044-03-15 00:00:00Z BC",
            "0044-03-15 00:00:00 UTC BC",
            "4713-01-01 00:00+15:59:59 BC",
            "294275-12-31 24:00-15:59:59",
            "2026-01-05 10:00+01:02:03",
        ],
    ),
    (
        "time",
        &[
            "10:00",
            "1:02:03.5",
            "24:00:00",
            "24:00:00.1",
            "23:59:59.9999999",
            "23:59:60",
            "23:59:60.0",
            "10:00:60.5",
            "10:00:61",
            "1:2:3",
        ],
    ),
    (
        "uuid",
        &[
            "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
            "{A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11}",
            "a0eebc999c0b4ef8bb6d6bb9bd380a11",
            "a0eebc99-9c0b-4ef8-bb6d6bb9bd380a11",
            "a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a11",
            "a0eebc999c0b4ef8bb6d6bb9bd380a11-",
            " a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
            "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11 ",
            "{a0eebc999c0b-4ef8bb6d6bb9bd380a11}",
        ],
    ),
    ("varchar(3)", &["abc", "abcd", "ab      ", "äöü", "😀😀😀", ""]),
    ("char(3)", &["a", "abc", "abcd", "ab      "]),
    ("text", &["", "\\N", "a\tb\\", "line\nbreak\r", "ü"]),
    ("json", &["{\"a\": 1e999999}", "\"\\u0000\"", "[1,]", "1", " {} "]),
    (
        "jsonb",
        &[
            "{\"a\": 1e9}",
            "[1e131071, -1.5e-16382]",
            "[1e131072]",
            "{\"1e999999\": \"\\\"1e999999\"}",
            "\"\\u0000\"",
            "\"\\\\u0000\"",
            "\"\\ud83d\\ude00\"",
            "\"\\ud83d\"",
            "\"\\ude00\\ud83d\"",
            "[\"1e9999\"]",
            "{\"a\":1,\"a\":2}",
            "nul",
        ],
    ),
];
