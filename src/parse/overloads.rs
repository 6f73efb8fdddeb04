//! Overloads of functions: their files belong to the function that names them, and are no nodes of their own.

use super::draft::Draft;
use super::settle::{NodeClass, Parser};
use crate::config::properties::{FunctionProperties, OverloadProperties};
use crate::diagnostic::{Diagnostic, Result, did_you_mean};
use crate::manifest::{FunctionOverload, Node, NodeKind};

impl Parser<'_> {
    /// Takes the files of the overloads into the function, with all that they refer to.
    pub(super) fn absorb_overloads(&mut self, at: usize, function: &FunctionProperties) -> Result<()> {
        for overload in &function.overloads {
            let from = self.overload(at, overload)?;
            let owner = self.drafts[at].node.unique_id.clone();
            self.drafts[from].absorbed_by = Some(owner);
            let absorbed = std::sync::Arc::clone(&self.drafts[from].node);
            let root = self.drafts[at].node_mut();
            depend_too(root, &absorbed);
            if let NodeKind::Function(part) = &mut root.kind {
                part.overloads.push(FunctionOverload {
                    defined_in: overload.defined_in.clone(),
                    arguments: super::patches::arguments(&overload.arguments),
                    returns: overload
                        .returns
                        .clone()
                        .and_then(|returns| serde_json::from_value(returns).ok()),
                    description: overload.description.clone(),
                    raw_body: absorbed.raw_code.to_string(),
                    original_file_path: absorbed.original_file_path.clone(),
                });
            }
        }
        Ok(())
    }

    fn overload(&self, at: usize, overload: &OverloadProperties) -> Result<usize> {
        let root = &self.drafts[at].node;
        let name = &overload.defined_in;
        let error = |message: String| {
            Diagnostic::parsing("function-overload", message).label(overload.span.clone(), "")
        };
        if *name == root.name {
            let message =
                format!("Function '{name}' cannot list itself in overloads (defined_in: '{name}').");
            return Err(error(message).boxed());
        }
        let is_function = |draft: &&Draft| {
            NodeClass::of(&draft.node) == NodeClass::Function && draft.node.package_name == root.package_name
        };
        let Some(found) =
            self.drafts.iter().position(|draft| is_function(&draft) && draft.node.name == *name)
        else {
            let message = format!(
                "Function overload '{name}' (defined_in) not found. Expected a SQL file at functions/{name}.sql"
            );
            let names = self.drafts.iter().filter(is_function).map(|draft| draft.node.name.as_str());
            return Err(error(message).maybe_help(did_you_mean(name, names)).boxed());
        };
        if let Some(owner) = &self.drafts[found].absorbed_by {
            let message = format!(
                "Function overload '{name}' (defined_in) is already used by '{owner}'. Each overload file can only \
                 belong to one root function."
            );
            return Err(error(message).boxed());
        }
        Ok(found)
    }
}

fn depend_too(root: &mut Node, absorbed: &Node) {
    fn add<T: Clone + PartialEq>(all: &mut Vec<T>, more: &[T]) {
        for one in more {
            if !all.contains(one) {
                all.push(one.clone());
            }
        }
    }
    add(&mut root.refs, &absorbed.refs);
    add(&mut root.sources, &absorbed.sources);
    add(&mut root.functions, &absorbed.functions);
    add(&mut root.depends_on.macros, &absorbed.depends_on.macros);
}
