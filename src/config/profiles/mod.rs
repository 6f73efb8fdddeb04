//! profiles.yml: which database to use, as whom. Also reads what libpq reads: URIs, services, `.pgpass`.
//!
//! A caller that finds no profiles.yml at all ([`ProfilesFile::read`] gives `None`) may use
//! [`Profile::embedded`].

mod connections;
mod credentials;
mod file;
mod known_keys;
mod masked;
mod pgpass;
mod service;
mod target;
mod uri;

use serde_json::{Map, Value as Json};

use crate::hashed::IndexMap;

pub(crate) use connections::Mapped;
pub(crate) use file::{ProfileChoice, ProfilesFile, default_directory};
pub(crate) use known_keys::KNOWN as OUTPUT_KEYS;
pub(crate) use target::{Embedded, Target};

/// The chosen output of the chosen profile.
#[derive(Debug, Clone)]
pub(crate) struct Profile {
    pub name: String,
    pub target_name: String,
    pub threads: usize,
    pub target: Target,
    /// The outputs that the target's logical connections mean, by their names.
    pub connections: IndexMap<String, Mapped>,
}

impl Profile {
    /// What runs where there is no profile: the embedded server.
    pub(crate) fn embedded(name: &str, threads: Option<usize>) -> Self {
        Self {
            name: name.to_owned(),
            target_name: "dev".to_owned(),
            threads: threads.unwrap_or(4),
            target: Target { embedded: Some(Embedded::default()), ..Target::default() },
            connections: IndexMap::default(),
        }
    }

    /// What `debug` shows: dbt's keys in dbt's order, never the password.
    pub(crate) fn connection_info(&self) -> Map<String, Json> {
        self.target.connection_info()
    }

    /// `target` in Jinja.
    pub(crate) fn to_target_dict(&self) -> Map<String, Json> {
        self.dict_of(&self.target)
    }

    /// `target` where a connection is spoken of: its place, under the target's name.
    pub(crate) fn dict_of(&self, target: &Target) -> Map<String, Json> {
        let mut dict = target.connection_info();
        dict.insert("dbname".into(), target.database.clone().into());
        dict.insert("type".into(), "postgres".into());
        dict.insert("threads".into(), self.threads.into());
        dict.insert("name".into(), self.target_name.clone().into());
        dict.insert("target_name".into(), self.target_name.clone().into());
        dict.insert("profile_name".into(), self.name.clone().into());
        dict
    }
}
