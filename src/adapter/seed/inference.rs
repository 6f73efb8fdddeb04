//! Which type all cells of a column share, and whether the server can read the file as it is.

use super::records::Row;
use super::value;
use super::{Nulls, SeedOptions, SeedType};

/// What a column may still be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Candidates(u8);

impl Candidates {
    const NUMBER: u8 = 1;
    const DATE: u8 = 2;
    const DATETIME: u8 = 4;
    const ISO: u8 = 8;
    const BOOLEAN: u8 = 16;
    const ALL: Self = Self(31);
    const TEXT: Self = Self(0);

    fn has(self, kind: u8) -> bool {
        self.0 & kind != 0
    }

    fn remove(&mut self, kind: u8) {
        self.0 &= !kind;
    }
}

#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "independent observations of a column's cells")]
struct Column {
    candidates: Candidates,
    places: bool,
    special: bool,
    fits_32: bool,
    whole_digits: usize,
    /// Some number needs rewriting if the column turns out to be one.
    decorated: bool,
    /// Some number has a decimal point.
    point: bool,
    /// Some timestamp has an offset from UTC.
    offset: bool,
}

pub(super) struct Inference {
    columns: Vec<Column>,
    keep_leading_zeros: bool,
    nulls: Nulls,
    /// A NULL that is not an empty field, a blank line, a row that is too short.
    irregular: bool,
}

impl Inference {
    pub(super) fn new(names: &[String], options: &SeedOptions) -> Self {
        let column = |name: &String| Column {
            candidates: if options.text_columns.contains(name) { Candidates::TEXT } else { Candidates::ALL },
            places: false,
            special: false,
            fits_32: true,
            whole_digits: 0,
            decorated: false,
            point: false,
            offset: false,
        };
        Self {
            columns: names.iter().map(column).collect(),
            keep_leading_zeros: options.keep_leading_zeros,
            nulls: options.nulls.clone(),
            irregular: false,
        }
    }

    pub(super) fn row(&mut self, row: &Row, bytes: &[u8]) {
        self.irregular |= row.len() != self.columns.len();
        for (index, column) in self.columns.iter_mut().enumerate() {
            let Some(field) = row.field(index, bytes) else { return };
            let is_null = self.nulls.include(field);
            // the server takes an empty field, and nothing else, for NULL
            self.irregular |= is_null != field.is_empty() || field == b"\\.";
            if is_null {
                continue;
            }
            if column.candidates != Candidates::TEXT {
                column.narrow(field, self.keep_leading_zeros);
            }
        }
    }

    pub(super) fn is_verbatim(&self) -> bool {
        let rewritten = |column: &Column| match column.data_type() {
            // `50.00` is a whole number to dbt, and no integer to the server
            SeedType::Integer | SeedType::BigInteger | SeedType::Numeric => column.decorated || column.point,
            SeedType::Float => column.decorated,
            SeedType::Timestamp => column.offset,
            _ => false,
        };
        !self.irregular && !self.columns.iter().any(rewritten)
    }

    pub(super) fn finish(self) -> Vec<SeedType> {
        self.columns.iter().map(Column::data_type).collect()
    }
}

impl Column {
    fn narrow(&mut self, field: &[u8], keep_leading_zeros: bool) {
        if self.candidates.has(Candidates::NUMBER) {
            match value::number(field).filter(|number| !(keep_leading_zeros && number.leading_zero)) {
                Some(number) => {
                    self.places |= number.places;
                    self.special |= number.special;
                    self.fits_32 &= number.fits_32;
                    self.whole_digits = self.whole_digits.max(number.whole_digits);
                    self.decorated |= !number.plain;
                    self.point |= number.point;
                }
                None => self.candidates.remove(Candidates::NUMBER),
            }
        }
        if self.candidates.has(Candidates::DATE) && !value::is_date(field) {
            self.candidates.remove(Candidates::DATE);
        }
        if self.candidates.has(Candidates::DATETIME) && !value::is_datetime(field) {
            self.candidates.remove(Candidates::DATETIME);
        }
        if self.candidates.has(Candidates::ISO) {
            match value::iso_datetime(field) {
                Some(offset) => self.offset |= offset,
                None => self.candidates.remove(Candidates::ISO),
            }
        }
        if self.candidates.has(Candidates::BOOLEAN) && value::boolean(field).is_none() {
            self.candidates.remove(Candidates::BOOLEAN);
        }
    }

    /// dbt prefers in this order; a column without values is a number.
    fn data_type(&self) -> SeedType {
        let candidates = self.candidates;
        if candidates.has(Candidates::NUMBER) {
            // dbt makes every whole number an integer and fails on those that do not fit
            return match self {
                Self { places: true, .. } | Self { special: true, .. } => SeedType::Float,
                Self { fits_32: true, .. } => SeedType::Integer,
                Self { whole_digits: ..=18, .. } => SeedType::BigInteger,
                _ => SeedType::Numeric,
            };
        }
        if candidates.has(Candidates::DATE) {
            SeedType::Date
        } else if candidates.has(Candidates::DATETIME) || candidates.has(Candidates::ISO) {
            SeedType::Timestamp
        } else if candidates.has(Candidates::BOOLEAN) {
            SeedType::Boolean
        } else {
            SeedType::Text
        }
    }
}
