//! Chains of comparisons, lowered to operators on Python's values.

use minijinja::Value;
use minijinja::machinery::Span as At;
use minijinja::machinery::ast::{self, CallArg, Expr, Spanned};

use super::intrinsic;
use super::lower::{Lowering, constant, filter};
use super::shapes::is_repeatable;

impl<'a> Lowering<'a, '_> {
    /// `a < b < c`: what stands in the middle is computed once.
    pub(super) fn comparisons(&mut self, one: &ast::Compare<'a>, at: At) -> Expr<'a> {
        let middle = &one.ops[..one.ops.len() - 1];
        if middle.iter().all(|op| is_repeatable(&op.expr)) {
            return self.comparisons_of_paths(one, at);
        }
        let mut args = Vec::with_capacity(one.ops.len() * 2);
        for op in &one.ops {
            let symbol = match op.op {
                ast::CompareOpKind::Eq => "==",
                ast::CompareOpKind::Ne => "!=",
                ast::CompareOpKind::Lt => "<",
                ast::CompareOpKind::Lte => "<=",
                ast::CompareOpKind::Gt => ">",
                ast::CompareOpKind::Gte => ">=",
                ast::CompareOpKind::In => "in",
                ast::CompareOpKind::NotIn => "not in",
            };
            args.push(CallArg::Pos(constant(Value::from(symbol), at)));
            args.push(CallArg::Pos(self.expression(&op.expr)));
        }
        let first = self.expression(&one.expr);
        filter(intrinsic::CHAIN, first, args, at)
    }

    /// `a < b and b < c`, which ends where one does not hold.
    fn comparisons_of_paths(&mut self, one: &ast::Compare<'a>, at: At) -> Expr<'a> {
        let mut left = &one.expr;
        let mut all: Option<Expr<'a>> = None;
        for op in &one.ops {
            let holds = self.comparison(op.op, left, &op.expr, at);
            all = Some(match all {
                None => holds,
                Some(before) => {
                    let both = ast::BinOp { op: ast::BinOpKind::ScAnd, left: before, right: holds };
                    Expr::BinOp(Spanned::new(both, at))
                }
            });
            left = &op.expr;
        }
        all.unwrap_or_else(|| self.expression(&one.expr))
    }

    fn comparison(&mut self, op: ast::CompareOpKind, left: &Expr<'a>, right: &Expr<'a>, at: At) -> Expr<'a> {
        let (symbol, negated) = match op {
            ast::CompareOpKind::Eq => ("==", false),
            ast::CompareOpKind::Ne => ("!=", false),
            ast::CompareOpKind::Lt => ("<", false),
            ast::CompareOpKind::Lte => ("<=", false),
            ast::CompareOpKind::Gt => (">", false),
            ast::CompareOpKind::Gte => (">=", false),
            ast::CompareOpKind::In => ("in", false),
            ast::CompareOpKind::NotIn => ("in", true),
        };
        let (left, right) = (self.expression(left), self.expression(right));
        let expr = filter(symbol, left, vec![CallArg::Pos(right)], at);
        if !negated {
            return expr;
        }
        Expr::UnaryOp(Spanned::new(ast::UnaryOp { op: ast::UnaryOpKind::Not, expr }, at))
    }
}
