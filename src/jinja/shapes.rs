//! What lowering asks of expressions before it rewrites them.

use minijinja::machinery::ast::{self, Expr};

/// Such a constant is compared as minijinja compares: no number or date equals it.
pub(super) fn is_text_or_none(expression: &Expr<'_>) -> bool {
    matches!(expression, Expr::Const(one) if one.value.is_none() || one.value.as_str().is_some())
}

/// Whether an expression only looks things up: it may be evaluated twice.
pub(super) fn is_path(expression: &Expr<'_>) -> bool {
    match expression {
        Expr::Var(_) | Expr::Const(_) => true,
        Expr::GetAttr(one) => is_path(&one.expr),
        Expr::GetItem(one) => is_path(&one.expr) && is_path(&one.subscript_expr),
        _ => false,
    }
}

/// `loop.cycle()`, at which minijinja would divide by zero.
pub(super) fn is_empty_cycle(call: &ast::Call<'_>) -> bool {
    let Expr::GetAttr(attribute) = &call.expr else { return false };
    let of_loop = matches!(&attribute.expr, Expr::Var(name) if name.id == "loop");
    of_loop && attribute.name == "cycle" && call.args.is_empty()
}

pub(super) fn is_special_callee(callee: &Expr<'_>) -> bool {
    match callee {
        Expr::Var(name) => matches!(name.id, "loop" | "super"),
        Expr::GetAttr(attribute) => matches!(&attribute.expr, Expr::Var(name) if name.id == "self"),
        _ => false,
    }
}
