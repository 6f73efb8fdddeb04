//! What Jinja2 computes before a template runs. dbt: in values of YAML it is printed as text.

use minijinja::machinery::ast::{BinOpKind, CallArg, Expr, UnaryOpKind};
use minijinja::value::{DynObject, Value, ValueKind};

use super::python;

/// Filters that ask the context of a running template.
const OF_CONTEXT: [&str; 6] = ["map", "select", "reject", "selectattr", "rejectattr", "random"];

/// Whether nothing in an expression depends on names or calls.
pub(super) fn is_constant(expression: &Expr<'_>) -> bool {
    match expression {
        Expr::Var(_) | Expr::Call(_) => false,
        Expr::Const(_) => true,
        Expr::Slice(one) => {
            is_constant(&one.expr)
                && [&one.start, &one.stop, &one.step].into_iter().flatten().all(is_constant)
        }
        Expr::UnaryOp(one) => is_constant(&one.expr),
        Expr::BinOp(one) => match (&one.op, known_truth(&one.left)) {
            // the right side is not looked at
            (BinOpKind::ScAnd, Some(false)) | (BinOpKind::ScOr, Some(true)) => true,
            _ => is_constant(&one.left) && is_constant(&one.right),
        },
        Expr::Compare(one) => is_constant(&one.expr) && one.ops.iter().all(|op| is_constant(&op.expr)),
        Expr::IfExpr(one) => {
            let truth = known_truth(&one.test_expr);
            is_constant(&one.test_expr)
                && (truth == Some(false) || is_constant(&one.true_expr))
                && (truth == Some(true) || one.false_expr.as_ref().is_none_or(is_constant))
        }
        Expr::Filter(one) => {
            !OF_CONTEXT.contains(&one.name)
                && one.expr.as_ref().is_none_or(is_constant)
                && are_constant(&one.args)
        }
        Expr::Test(one) => is_constant(&one.expr) && are_constant(&one.args),
        Expr::GetAttr(one) => is_constant(&one.expr),
        Expr::GetItem(one) => is_constant(&one.expr) && is_constant(&one.subscript_expr),
        Expr::List(one) => one.items.iter().all(is_constant),
        Expr::Tuple(one) => one.items.iter().all(is_constant),
        Expr::Map(one) => one.keys.iter().chain(&one.values).all(is_constant),
    }
}

/// Of a literal, as far as it is one.
fn known_truth(expression: &Expr<'_>) -> Option<bool> {
    match expression {
        Expr::Const(one) => Some(one.value.is_true()),
        Expr::UnaryOp(one) if matches!(one.op, UnaryOpKind::Not) => {
            known_truth(&one.expr).map(|truth| !truth)
        }
        Expr::List(one) => Some(!one.items.is_empty()).filter(|_| is_constant(expression)),
        Expr::Tuple(one) => Some(!one.items.is_empty()).filter(|_| is_constant(expression)),
        _ => None,
    }
}

fn are_constant(arguments: &[CallArg<'_>]) -> bool {
    arguments.iter().all(|argument| match argument {
        CallArg::Pos(one) | CallArg::Kwarg(_, one) | CallArg::PosSplat(one) | CallArg::KwargSplat(one) => {
            is_constant(one)
        }
    })
}

/// Whether Python can write a value as a literal.
pub(super) fn has_literal(value: &Value) -> bool {
    match value.kind() {
        ValueKind::None | ValueKind::Bool | ValueKind::Number | ValueKind::String => true,
        ValueKind::Map => {
            let pairs = value.as_object().and_then(DynObject::try_iter_pairs);
            pairs.into_iter().flatten().all(|(key, value)| has_literal(&key) && has_literal(&value))
        }
        ValueKind::Seq | ValueKind::Iterable => {
            python::items_of(value).is_ok_and(|items| items.iter().all(has_literal))
        }
        _ => false,
    }
}
