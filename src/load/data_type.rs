//! The types that rows can be loaded as: those whose binary form is written here, after the text was checked.

/// A column's type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DataType {
    Boolean,
    SmallInt,
    Integer,
    BigInt,
    Real,
    Double,
    Numeric { precision: Option<u32>, scale: u32 },
    Text,
    Varchar(u32),
    Char(u32),
    Date,
    Time,
    Timestamp,
    TimestampTz,
    Uuid,
    Json,
    Jsonb,
    Bytea,
}

impl DataType {
    /// As SQL writes it; `None` for a type that is not known here.
    pub(super) fn parse(written: &str) -> Option<Self> {
        let written = written.to_lowercase();
        let (name, arguments, rest) = match written.split_once('(') {
            Some((name, rest)) => {
                let (arguments, rest) = rest.split_once(')')?;
                let numbers = arguments.split(',').map(|number| number.trim().parse().ok());
                (name, numbers.collect::<Option<Vec<u32>>>()?, rest)
            }
            None => (written.as_str(), Vec::new(), ""),
        };
        let words = format!("{name} {rest}");
        let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
        Some(match (words.as_str(), arguments.as_slice()) {
            ("boolean" | "bool", []) => Self::Boolean,
            ("smallint" | "int2", []) => Self::SmallInt,
            ("integer" | "int" | "int4", []) => Self::Integer,
            ("bigint" | "int8", []) => Self::BigInt,
            ("real" | "float4", []) => Self::Real,
            ("double precision" | "float8" | "float", []) => Self::Double,
            ("numeric" | "decimal", []) => Self::Numeric { precision: None, scale: 0 },
            ("numeric" | "decimal", &[precision]) if (1..=1000).contains(&precision) => {
                Self::Numeric { precision: Some(precision), scale: 0 }
            }
            ("numeric" | "decimal", &[precision, scale])
                if (1..=1000).contains(&precision) && scale <= precision =>
            {
                Self::Numeric { precision: Some(precision), scale }
            }
            ("text" | "varchar" | "character varying" | "string", []) => Self::Text,
            ("varchar" | "character varying", &[length]) if length > 0 => Self::Varchar(length),
            ("char" | "character", []) => Self::Char(1),
            ("char" | "character", &[length]) if length > 0 => Self::Char(length),
            ("date", []) => Self::Date,
            ("time" | "time without time zone", []) => Self::Time,
            ("timestamp" | "timestamp without time zone", []) => Self::Timestamp,
            ("timestamptz" | "timestamp with time zone", []) => Self::TimestampTz,
            ("uuid", []) => Self::Uuid,
            ("json", []) => Self::Json,
            ("jsonb", []) => Self::Jsonb,
            ("bytea", []) => Self::Bytea,
            _ => return None,
        })
    }

    /// Named wholly, so that no type of another schema is meant.
    pub(crate) fn sql(self) -> String {
        let name = match self {
            Self::Boolean => "bool",
            Self::SmallInt => "int2",
            Self::Integer => "int4",
            Self::BigInt => "int8",
            Self::Real => "float4",
            Self::Double => "float8",
            Self::Numeric { precision: None, .. } => "numeric",
            Self::Numeric { precision: Some(precision), scale } => {
                return format!("pg_catalog.numeric({precision},{scale})");
            }
            Self::Text => "text",
            Self::Varchar(length) => return format!("pg_catalog.varchar({length})"),
            Self::Char(length) => return format!("pg_catalog.bpchar({length})"),
            Self::Date => "date",
            Self::Time => "time",
            Self::Timestamp => "timestamp",
            Self::TimestampTz => "timestamptz",
            Self::Uuid => "uuid",
            Self::Json => "json",
            Self::Jsonb => "jsonb",
            Self::Bytea => "bytea",
        };
        format!("pg_catalog.{name}")
    }

    /// As `format_type` of the server writes it, for messages and to compare with a table that exists.
    pub(crate) fn name(self) -> String {
        match self {
            Self::Boolean => "boolean".to_owned(),
            Self::SmallInt => "smallint".to_owned(),
            Self::Integer => "integer".to_owned(),
            Self::BigInt => "bigint".to_owned(),
            Self::Real => "real".to_owned(),
            Self::Double => "double precision".to_owned(),
            Self::Varchar(length) => format!("character varying({length})"),
            Self::Char(length) => format!("character({length})"),
            Self::Time => "time without time zone".to_owned(),
            Self::Timestamp => "timestamp without time zone".to_owned(),
            Self::TimestampTz => "timestamp with time zone".to_owned(),
            other => other.sql().trim_start_matches("pg_catalog.").to_owned(),
        }
    }

    /// Blanks around a value and an empty text mean something in a text only.
    pub(super) fn is_text(self) -> bool {
        matches!(self, Self::Text | Self::Varchar(_) | Self::Char(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_read_as_sql_writes_them() {
        for (written, name) in [
            ("INT", "integer"),
            ("numeric(10, 2)", "numeric(10,2)"),
            ("decimal(4)", "numeric(4,0)"),
            ("numeric", "numeric"),
            ("varchar(20)", "character varying(20)"),
            ("character varying", "text"),
            ("char(2)", "character(2)"),
            ("timestamp  with time zone", "timestamp with time zone"),
            ("double precision", "double precision"),
        ] {
            assert_eq!(DataType::parse(written).map(DataType::name).as_deref(), Some(name), "{written}");
        }
        for written in
            ["money", "int[]", "numeric(2,3)", "varchar(0)", "timestamp(3)", "numeric(x)", "int(4", ""]
        {
            assert_eq!(DataType::parse(written), None, "{written}");
        }
    }
}
