//! The type that a column's cells have in common.

/// The type that a column's cells have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeedType {
    Integer,
    BigInteger,
    /// Whole numbers beyond 64 bits.
    Numeric,
    Float,
    Date,
    Timestamp,
    Boolean,
    Text,
}

impl SeedType {
    pub fn sql(self) -> &'static str {
        match self {
            Self::Integer => "integer",
            Self::BigInteger => "bigint",
            Self::Numeric => "numeric",
            Self::Float => "float8",
            Self::Date => "date",
            Self::Timestamp => "timestamp without time zone",
            Self::Boolean => "boolean",
            Self::Text => "text",
        }
    }
}
