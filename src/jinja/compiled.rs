//! What a text is compiled to: templates, macros and the bodies of `{% call %}`.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use minijinja::Value;
use minijinja::machinery::Instructions;
use minijinja::value::{Enumerator, Object, ObjectRepr};

use super::lower::Uses;
use super::source_map::SourceMap;

/// Instructions with the way back to the file they came from.
pub(super) struct Template<'a> {
    pub(super) instructions: Instructions<'a>,
    pub(super) blocks: BTreeMap<&'a str, Instructions<'a>>,
    pub(super) map: SourceMap,
}

/// A parameter of a macro or a `{% call %}` body.
pub(super) struct CompiledParameter {
    pub(super) name: &'static str,
    pub(super) default: Default,
}

pub(super) enum Default {
    Required,
    Constant(Value),
    Computed(Template<'static>),
}

/// A macro, ready to be called.
pub(super) struct Compiled {
    pub(super) parameters: Vec<CompiledParameter>,
    pub(super) body: Template<'static>,
    pub(super) uses: Uses,
    /// The names that the body reads.
    pub(super) names: Vec<&'static str>,
}

/// The compiled body, a constant of the template that declares it.
pub(super) struct ClosureBody {
    pub(super) name: &'static str,
    pub(super) compiled: Compiled,
}

impl fmt::Debug for ClosureBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClosureBody").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Object for ClosureBody {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::NonEnumerable
    }
}
