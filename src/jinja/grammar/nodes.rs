//! Short ways to write minijinja's tree.

use minijinja::Value;
use minijinja::machinery::Span;
use minijinja::machinery::ast::{self, CallArg, Expr, Spanned};

pub(super) fn variable(id: &str, at: Span) -> Expr<'_> {
    Expr::Var(Spanned::new(ast::Var { id }, at))
}

pub(super) fn constant<'a>(value: impl Into<Value>, at: Span) -> Expr<'a> {
    Expr::Const(Spanned::new(ast::Const { value: value.into() }, at))
}

pub(super) fn filter<'a>(
    name: &'a str,
    expr: Option<Expr<'a>>,
    args: Vec<CallArg<'a>>,
    at: Span,
) -> Expr<'a> {
    Expr::Filter(Spanned::new(ast::Filter { name, expr, args }, at))
}

pub(super) fn binary<'a>(op: ast::BinOpKind, left: Expr<'a>, right: Expr<'a>, at: Span) -> Expr<'a> {
    Expr::BinOp(Spanned::new(ast::BinOp { op, left, right }, at))
}

pub(super) fn unary(op: ast::UnaryOpKind, expr: Expr<'_>, at: Span) -> Expr<'_> {
    Expr::UnaryOp(Spanned::new(ast::UnaryOp { op, expr }, at))
}

pub(super) fn tuple(items: Vec<Expr<'_>>, at: Span) -> Expr<'_> {
    Expr::Tuple(Spanned::new(ast::Tuple { items }, at))
}

pub(super) fn start(expression: &Expr<'_>) -> usize {
    expression.span().start_offset as usize
}
