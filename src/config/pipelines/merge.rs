//! `merge_upsert:` the latest row per key of a staging table.

use crate::config::{Fields, strict};
use crate::diagnostic::Result;

const CODE: &str = "pipeline";

pub(super) const KEYS: &[&str] =
    &["destination_table", "staging_table", "unique_keys", "updated_at", "order_by", "delete_when", "tests"];

#[derive(Debug, Clone)]
pub(crate) struct Merge {
    pub staging_table: String,
    pub unique_keys: Vec<String>,
    pub updated_at: String,
    pub order_by: Vec<String>,
    pub delete_when: Option<String>,
    /// Where the names of columns stand: the config that they become, and `file:line:column`.
    pub places: Vec<(&'static str, String)>,
}

impl Merge {
    pub(super) fn read(fields: &Fields<'_>, destination_table: &str) -> Result<Self> {
        let staging_table = strict::text(CODE, fields, "staging_table")?;
        if let Some(value) = fields.get("staging_table").filter(|_| destination_table == staging_table) {
            return Err(strict::wrong(
                CODE,
                value,
                "`staging_table` is the `destination_table`: its rows would be consumed",
            ));
        }
        let unique_keys =
            fields.strings("unique_keys")?.ok_or_else(|| strict::missing(CODE, fields, "unique_keys"))?;
        if let Some(empty) = fields.get("unique_keys").filter(|_| unique_keys.is_empty()) {
            return Err(strict::wrong(
                CODE,
                empty,
                "`unique_keys` is empty: a merge needs at least one key column",
            ));
        }
        let place = |key: &str| fields.get(key).unwrap_or(fields.yaml).span().location();
        let places = [("unique_key", "unique_keys"), ("updated_at", "updated_at"), ("order_by", "order_by")];
        Ok(Self {
            places: places.map(|(config, key)| (config, place(key))).to_vec(),
            staging_table,
            unique_keys,
            updated_at: fields.text("updated_at")?.unwrap_or_else(|| "updated_at".to_owned()),
            order_by: fields.strings("order_by")?.unwrap_or_default(),
            delete_when: fields.text("delete_when")?,
        })
    }
}
