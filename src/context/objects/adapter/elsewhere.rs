//! A node between two outputs: its query runs in one, its relation lives in the other. Each has the database of its own, and
//! calls about a relation go where that is.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use minijinja::Value;

use super::Database;
use super::database::NodeDatabase;
use crate::context::objects::Relation;
use crate::jinja::python::{given, to_str};

/// Makes the two ends known to each other. `this` is the relation at home.
pub(crate) fn join(home: &Arc<NodeDatabase>, site: &Arc<NodeDatabase>, this: Relation) {
    home.elsewhere.meet(site, None);
    site.elsewhere.meet(home, Some(this));
}

/// Turns back when it is dropped.
pub(super) struct Turned<'d> {
    database: &'d NodeDatabase,
    before: bool,
}

impl Drop for Turned<'_> {
    fn drop(&mut self) {
        self.database.elsewhere.turned.store(self.before, Ordering::Relaxed);
    }
}

impl NodeDatabase {
    /// The query whose rows come from the other end.
    pub(crate) fn set_query(&self, query: &Arc<str>) {
        self.elsewhere.set_query(query);
    }

    pub(super) fn other(&self) -> Option<Database> {
        let other = self.elsewhere.other.lock().unwrap_or_else(PoisonError::into_inner);
        other.as_ref()?.database.upgrade()
    }

    /// The end that is spoken to.
    pub(super) fn current(self: &Arc<Self>) -> Database {
        let turned = self.elsewhere.turned.load(Ordering::Relaxed);
        turned.then(|| self.other()).flatten().unwrap_or_else(|| Arc::clone(self))
    }

    /// Until the answer is dropped, what is sent goes where the relation of a call's arguments is.
    pub(super) fn turn(&self, method: &str, args: &[Value]) -> Option<Turned<'_>> {
        let wanted = self.is_elsewhere(method, args)?;
        let before = self.elsewhere.turned.swap(wanted, Ordering::Relaxed);
        Some(Turned { database: self, before })
    }

    /// None where the arguments do not tell.
    fn is_elsewhere(&self, method: &str, args: &[Value]) -> Option<bool> {
        let other = self.elsewhere.other.lock().unwrap_or_else(PoisonError::into_inner);
        let other = other.as_ref()?;
        if let Some(output) = args.iter().find_map(|arg| Relation::from_value(arg)?.output.0) {
            return Some(Some(output) != self.settings.output);
        }
        let this = other.this.as_ref().filter(|_| method == "get_relation")?;
        let names = ["database", "schema", "identifier"];
        let [database, schema, identifier] = crate::jinja::python::bind(method, args, names).ok()?;
        let is = |given_name: Option<Value>, own: &Option<String>| {
            given_name.filter(given).is_some_and(|name| own.as_deref() == Some(to_str(&name).as_str()))
        };
        let is_this =
            is(database, &this.database) && is(schema, &this.schema) && is(identifier, &this.identifier);
        is_this.then_some(true)
    }

    /// The end where a relation is.
    pub(super) fn end_of(self: &Arc<Self>, relation: &Relation) -> Database {
        let is_other = relation.output.0.is_some() && relation.output.0 != self.settings.output;
        let other = || self.other().filter(|other| other.settings.output == relation.output.0);
        is_other.then(other).flatten().unwrap_or_else(|| Arc::clone(self))
    }
}
