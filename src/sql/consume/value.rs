//! Expressions as values: which of them are the same, and what they are made of.

use std::ops::ControlFlow;
use std::sync::Arc;

use sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Query, Visit, Visitor,
};

use super::analysis::Analysis;
use super::flow::{Flow, Value};
use crate::hashed::HashMap;
use crate::sql::lineage::{fold, parts};

/// The names that a SELECT's expressions see.
pub(super) struct Scope<'s> {
    pub(super) alias: Option<&'s str>,
    pub(super) flow: &'s Flow,
    /// Columns of other relations, and expressions by their text.
    pub(super) others: HashMap<(Option<Arc<str>>, Arc<str>), usize>,
    pub(super) expressions: HashMap<String, usize>,
}

impl<'s> Scope<'s> {
    pub(super) fn new(alias: Option<&'s str>, flow: &'s Flow) -> Self {
        Self { alias, flow, others: HashMap::default(), expressions: HashMap::default() }
    }

    fn resolve(&mut self, qualifier: Option<Arc<str>>, name: Arc<str>, analysis: &mut Analysis<'_>) -> usize {
        if (qualifier.is_none() || qualifier.as_deref() == self.alias)
            && let Some(value) = self.flow.column(&name)
        {
            return value;
        }
        *self.others.entry((qualifier, name)).or_insert_with(|| analysis.new_value(Value::Atom))
    }
}

impl Analysis<'_> {
    pub(super) fn value(&mut self, expr: &Expr, scope: &mut Scope<'_>) -> usize {
        match expr {
            Expr::Nested(inner) => return self.value(inner, scope),
            Expr::Identifier(ident) => return scope.resolve(None, fold(ident), self),
            Expr::CompoundIdentifier(idents) => {
                if let [.., qualifier, name] = idents.as_slice() {
                    return scope.resolve(Some(fold(qualifier)), fold(name), self);
                }
            }
            _ => {}
        }
        let text = expr.to_string();
        if let Some(&value) = scope.expressions.get(&text) {
            return value;
        }
        let value = match expr {
            Expr::Cast { expr: inner, .. } | Expr::UnaryOp { expr: inner, .. } => {
                Value::Of(vec![self.value(inner, scope)])
            }
            Expr::BinaryOp { left, right, .. } => {
                Value::Of(vec![self.value(left, scope), self.value(right, scope)])
            }
            Expr::Function(function) => self.result(function, scope),
            _ => self.other(expr, scope),
        };
        let value = self.new_value(value);
        scope.expressions.insert(text, value);
        value
    }

    fn result(&mut self, function: &Function, scope: &mut Scope<'_>) -> Value {
        if function.over.is_some() {
            return Value::Window;
        }
        let FunctionArguments::List(list) = &function.args else { return Value::Atom };
        if list.args.is_empty() || self.is_aggregate(function) {
            return Value::Atom;
        }
        let mut values = Vec::with_capacity(list.args.len());
        for argument in &list.args {
            match argument {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(expr))
                | FunctionArg::Named { arg: FunctionArgExpr::Expr(expr), .. } => {
                    values.push(self.value(expr, scope));
                }
                _ => return Value::Atom,
            }
        }
        Value::Of(values)
    }

    /// Any other expression is made of the columns in it.
    fn other(&mut self, expr: &Expr, scope: &mut Scope<'_>) -> Value {
        struct Leaves<'v, 'a, 's, 'f> {
            analysis: &'v mut Analysis<'a>,
            scope: &'s mut Scope<'f>,
            values: Vec<usize>,
        }
        impl Visitor for Leaves<'_, '_, '_, '_> {
            type Break = Value;
            fn pre_visit_query(&mut self, _: &Query) -> ControlFlow<Value> {
                ControlFlow::Break(Value::Atom)
            }
            fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<Value> {
                match expr {
                    Expr::Identifier(_) | Expr::CompoundIdentifier(_) => {
                        let value = self.analysis.value(expr, self.scope);
                        self.values.push(value);
                    }
                    Expr::Function(function) => match self.analysis.result(function, self.scope) {
                        Value::Of(_) => {}
                        value => return ControlFlow::Break(value),
                    },
                    _ => {}
                }
                ControlFlow::Continue(())
            }
        }
        let mut leaves = Leaves { analysis: self, scope, values: Vec::new() };
        match expr.visit(&mut leaves) {
            ControlFlow::Break(value) => value,
            ControlFlow::Continue(()) => Value::Of(leaves.values),
        }
    }

    pub(super) fn is_aggregate(&self, function: &Function) -> bool {
        function.over.is_none()
            && parts(&function.name).last().is_some_and(|name| self.functions.aggregates.contains(&**name))
    }

    pub(super) fn is_set_returning(&self, function: &Function) -> bool {
        parts(&function.name).last().is_some_and(|name| self.functions.set_returning.contains(&**name))
    }
}
