//! `doc()`, and the root context of descriptions.

use std::any::Any;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use minijinja::value::{Object, ObjectRepr};
use minijinja::{Error, State, Value};

use super::{ParseScope, SharedNames, Subject};
use crate::diagnostic::Diagnostic;
use crate::hashed::IndexMap;
use crate::jinja::python;
use crate::jinja::{Context, Message};
use crate::manifest::{Doc, Lookup, doc_not_found};

/// What a doc block sees.
pub(crate) struct NoNames;

impl Context for NoNames {
    fn get(&self, _: &str) -> Option<Value> {
        None
    }

    fn package(&self) -> &'static str {
        ""
    }

    fn execute(&self) -> bool {
        true
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// All doc blocks and how their names are found.
pub(crate) struct DocTable {
    lookup: Lookup,
    docs: IndexMap<String, Doc>,
}

impl DocTable {
    pub(crate) fn new(lookup: Lookup, docs: IndexMap<String, Doc>) -> Self {
        Self { lookup, docs }
    }
}

/// What a description sees.
pub(crate) struct DocScope {
    shared: Arc<dyn SharedNames>,
    doc: Arc<DocFunction>,
    package: String,
    base: ParseScope,
}

impl DocScope {
    pub(crate) fn new(
        shared: &Arc<dyn SharedNames>,
        table: &Arc<DocTable>,
        package: &str,
        unique_id: &str,
    ) -> Self {
        let doc = DocFunction {
            table: Arc::clone(table),
            package: package.to_owned(),
            unique_id: unique_id.to_owned(),
            named: Mutex::default(),
        };
        let subject = Subject::text(package);
        Self {
            shared: Arc::clone(shared),
            doc: Arc::new(doc),
            package: package.to_owned(),
            base: ParseScope::new(shared, subject, Value::UNDEFINED),
        }
    }

    /// The unique ids of the blocks that were named.
    pub(crate) fn named(&self) -> Vec<String> {
        self.doc.named.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Context for DocScope {
    fn get(&self, name: &str) -> Option<Value> {
        match name {
            "doc" => Some(Value::from_dyn_object(Arc::clone(&self.doc))),
            "ref" | "source" | "config" | "this" => None,
            _ => self.shared.get(name, &self.base),
        }
    }

    fn names(&self) -> Vec<String> {
        let mut names = self.shared.names();
        names.push("doc".to_owned());
        names
    }

    fn package(&self) -> &str {
        &self.package
    }

    fn subject(&self) -> Option<String> {
        Some(self.doc.unique_id.clone())
    }

    fn execute(&self) -> bool {
        true
    }

    fn emit(&self, message: Message) {
        self.shared.emit(message, &self.base);
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

struct DocFunction {
    table: Arc<DocTable>,
    package: String,
    unique_id: String,
    named: Mutex<Vec<String>>,
}

impl fmt::Debug for DocFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("doc")
    }
}

impl Object for DocFunction {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, _state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        let texts: Vec<&str> = args.iter().filter_map(Value::as_str).collect();
        let (package, name) = match texts.as_slice() {
            [name] if args.len() == 1 => (None, *name),
            [package, name] if args.len() == 2 => (Some(*package), *name),
            _ => {
                return Err(python::raise(
                    Diagnostic::compilation(
                        "doc-arguments",
                        format!("doc() takes at most two arguments ({} given)", args.len()),
                    )
                    .help("write `doc('block')` or `doc('package', 'block')`"),
                ));
            }
        };
        let found = self.table.lookup.doc(&self.package, name, package);
        let Some(doc) = found.and_then(|unique_id| self.table.docs.get(unique_id)) else {
            return Err(python::raise(doc_not_found(&self.unique_id, name, package, &self.table.lookup)));
        };
        self.named.lock().unwrap_or_else(PoisonError::into_inner).push(doc.unique_id.clone());
        Ok(Value::from(doc.block_contents.as_str()))
    }
}
