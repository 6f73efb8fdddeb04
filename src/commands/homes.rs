//! Sessions of a command that asks what is remembered: one in each output that it asks about.

use std::collections::hash_map::Entry;
use std::sync::Arc;

use super::connect::Connect;
use crate::adapter::Connection;
use crate::diagnostic::Result;
use crate::hashed::HashMap;
use crate::memory;

pub(super) struct Homes<'c> {
    connect: &'c Connect,
    open: HashMap<String, Connection>,
}

impl<'c> Homes<'c> {
    pub(super) fn new(connect: &'c Connect) -> Self {
        Self { connect, open: HashMap::default() }
    }

    /// None where the role may have no memory: nothing is known there, and what works without it goes on.
    pub(super) fn session_if_allowed(&mut self, output: &str) -> Result<Option<&mut Connection>> {
        match self.session(output) {
            Ok(home) => Ok(Some(home)),
            Err(problem) if problem.code == memory::DENIED => Ok(None),
            Err(problem) => Err(problem),
        }
    }

    /// In a database that has the tables of the memory, made now if need be.
    pub(super) fn session(&mut self, output: &str) -> Result<&mut Connection> {
        match self.open.entry(output.to_owned()) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(place) => {
                let mut connection = opened(self.connect, output)?;
                memory::prepare(&mut connection)?;
                // no operator of somebody else's
                connection.set_settings(&[("search_path".to_owned(), "pg_catalog".to_owned())])?;
                Ok(place.insert(connection))
            }
        }
    }
}

/// In a database of which nothing is asked that is remembered.
pub(super) fn opened(connect: &Connect, output: &str) -> Result<Connection> {
    let other = connect.others.iter().find(|other| other.name == output);
    let own = || Arc::new(connect.settings.clone());
    Connection::open(&other.map_or_else(own, |other| Arc::clone(&other.settings)))
}
