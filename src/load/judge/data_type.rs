//! The types that are judged here; all others are the server's to judge.

/// A type of PostgreSQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DataType {
    /// With its least and its greatest value.
    Integer(i64, i64),
    /// With precision and scale.
    Numeric(Option<(u32, i32)>),
    Float {
        is_single: bool,
    },
    Boolean,
    /// With the most characters.
    Text {
        most: Option<usize>,
    },
    Date,
    Timestamp {
        has_zone: bool,
    },
    Time,
    Uuid,
    Json {
        is_binary: bool,
    },
    Other,
}

impl DataType {
    pub(super) fn parse(declared: &str) -> Self {
        let lower = declared.trim().to_ascii_lowercase();
        let lower = lower.strip_prefix("pg_catalog.").unwrap_or(&lower);
        let (name, arguments) = parts(lower);
        let integer = |bits: u32| Self::Integer(i64::MIN >> (64 - bits), i64::MAX >> (64 - bits));
        let length = || match arguments.as_deref() {
            None => Some(None),
            Some([length]) => usize::try_from(*length).ok().map(Some),
            Some(_) => None,
        };
        let is_bare = arguments.is_none();
        match name.as_str() {
            "smallint" | "int2" if is_bare => integer(16),
            "integer" | "int" | "int4" if is_bare => integer(32),
            "bigint" | "int8" if is_bare => integer(64),
            "numeric" | "decimal" | "dec" => match arguments.as_deref() {
                None => Self::Numeric(None),
                Some([precision]) => of_numeric(*precision, 0),
                Some([precision, scale]) => of_numeric(*precision, *scale),
                Some(_) => Self::Other,
            },
            "real" | "float4" if is_bare => Self::Float { is_single: true },
            "double precision" | "float8" | "float" if is_bare => Self::Float { is_single: false },
            "boolean" | "bool" if is_bare => Self::Boolean,
            "" | "text" if is_bare => Self::Text { most: None },
            "varchar" | "character varying" => length().map_or(Self::Other, |most| Self::Text { most }),
            "char" | "character" => {
                length().map_or(Self::Other, |most| Self::Text { most: most.or(Some(1)) })
            }
            "date" if is_bare => Self::Date,
            "timestamp" | "timestamp without time zone" => Self::Timestamp { has_zone: false },
            "timestamptz" | "timestamp with time zone" => Self::Timestamp { has_zone: true },
            "time" | "time without time zone" => Self::Time,
            "uuid" if is_bare => Self::Uuid,
            "json" if is_bare => Self::Json { is_binary: false },
            "jsonb" if is_bare => Self::Json { is_binary: true },
            _ => Self::Other,
        }
    }
}

fn of_numeric(precision: i64, scale: i64) -> DataType {
    match (u32::try_from(precision), i32::try_from(scale)) {
        (Ok(precision), Ok(scale)) => DataType::Numeric(Some((precision, scale))),
        _ => DataType::Other,
    }
}

/// The name with single blanks, and the numbers in parentheses, which may stand inside: `timestamp(3) with time zone`.
fn parts(text: &str) -> (String, Option<Vec<i64>>) {
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let Some((before, rest)) = text.split_once('(') else { return (words(text), None) };
    let Some((inside, after)) = rest.split_once(')') else { return (text.to_owned(), None) };
    let numbers: Option<Vec<i64>> = inside.split(',').map(|number| number.trim().parse().ok()).collect();
    match numbers {
        Some(numbers) => (words(&format!("{before} {after}")), Some(numbers)),
        None => (text.to_owned(), None),
    }
}
