//! A column of a table that is loaded: its type, where its values come from, how they are written.

use serde_json::Value as Json;

use super::data_type::DataType;
use super::format::Format;
use super::keys::{Keys, invalid};
use crate::diagnostic::Result;
use crate::hashed::IndexMap;
use crate::manifest::Column;

/// One column.
#[derive(Debug, Clone)]
pub(crate) struct LoadColumn {
    pub(crate) name: String,
    /// Its name in the header of a file, or its key in a document.
    pub(super) field: String,
    pub(crate) data_type: DataType,
    pub(super) formats: Vec<Format>,
    /// NULL does not fit.
    pub(crate) is_required: bool,
}

impl LoadColumn {
    /// A text that is read nowhere else: the whole document of a line.
    pub(super) fn payload() -> Self {
        Self {
            name: "payload".to_owned(),
            field: String::new(),
            data_type: DataType::Jsonb,
            formats: Vec::new(),
            is_required: true,
        }
    }

    /// `load.columns`: `{id: bigint, day: {type: date, format: "%d.%m.%Y", from: Tag, required: true}}`.
    pub(super) fn read_all(columns: &Json) -> Result<Vec<Self>> {
        let map = columns
            .as_object()
            .filter(|map| !map.is_empty())
            .ok_or_else(|| invalid("load.columns", "is not a mapping of names to types"))?;
        map.iter().map(|(name, written)| Self::read(name, written)).collect()
    }

    fn read(name: &str, written: &Json) -> Result<Self> {
        let path = format!("load.columns.{name}");
        if let Some(data_type) = written.as_str() {
            return Self::new(name, data_type, &path);
        }
        let keys = Keys::new(written, &path, &["type", "format", "from", "required"])?;
        let Some(data_type) = keys.text("type")? else {
            return Err(invalid(&keys.path("type"), "is missing").help("name the column's SQL type").boxed());
        };
        let mut column = Self::new(name, data_type, &keys.path("type"))?;
        for format in keys.texts("format")?.unwrap_or_default() {
            let format = Format::parse(&format, column.data_type).map_err(|expected| {
                let type_name = column.data_type.name();
                invalid(
                    &keys.path("format"),
                    &format!("is `{format}`, which is not a format of {type_name} (expected {expected})"),
                )
            })?;
            column.formats.push(format);
        }
        if let Some(field) = keys.text("from")? {
            field.clone_into(&mut column.field);
        }
        column.is_required = keys.flag("required")?.unwrap_or(false);
        Ok(column)
    }

    /// The columns of the source's properties, where they have types.
    pub(super) fn of_properties(columns: &IndexMap<String, Column>) -> Result<Vec<Self>> {
        let column = |column: &Column| {
            let path = format!("columns.{}.data_type", column.name);
            let Some(data_type) = column.data_type.as_deref() else {
                return Err(invalid(&path, "is missing")
                    .help("give all columns of the table a `data_type`, or write `load.columns`")
                    .boxed());
            };
            let mut read = Self::new(&column.name, data_type, &path)?;
            read.is_required = column.constraints.iter().any(|constraint| constraint.kind == "not_null");
            Ok(read)
        };
        columns.values().map(column).collect()
    }

    fn new(name: &str, data_type: &str, path: &str) -> Result<Self> {
        let Some(known) = DataType::parse(data_type) else {
            return Err(invalid(path, &format!("is `{data_type}`, which files cannot be loaded as"))
                .help("declare the column as `text` and cast it in a model; docs/loading.md lists the types")
                .boxed());
        };
        let (name, field) = (name.to_owned(), name.to_owned());
        Ok(Self { name, field, data_type: known, formats: Vec::new(), is_required: false })
    }
}
