//! Which parts of names are quoted.

use crate::adapter::quote_identifier;

/// Which parts of relation names are quoted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Quoted {
    pub database: bool,
    pub schema: bool,
    pub identifier: bool,
}

impl Quoted {
    pub(super) fn render(self, database: Option<&str>, schema: &str, identifier: &str) -> String {
        let quote = |name: &str, quoted: bool| if quoted { quote_identifier(name) } else { name.to_owned() };
        let mut name = String::with_capacity(64);
        if let Some(database) = database {
            name.extend([&quote(database, self.database), "."]);
        }
        if !schema.is_empty() {
            name.extend([&quote(schema, self.schema), "."]);
        }
        name.push_str(&quote(identifier, self.identifier));
        name
    }
}
