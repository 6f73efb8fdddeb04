//! What lowering asks of expressions before it rewrites them.

use minijinja::machinery::ast::{self, CallArg, Expr};

use super::folding::is_constant;

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

/// The same of what calls nothing that may change something.
pub(super) fn is_repeatable(expression: &Expr<'_>) -> bool {
    let all = |expressions: &[Expr<'_>]| expressions.iter().all(is_repeatable);
    match expression {
        Expr::Var(_) | Expr::Const(_) => true,
        Expr::GetAttr(one) => is_repeatable(&one.expr),
        Expr::GetItem(one) => is_repeatable(&one.expr) && is_repeatable(&one.subscript_expr),
        Expr::Slice(one) => {
            is_repeatable(&one.expr)
                && [&one.start, &one.stop, &one.step].into_iter().flatten().all(is_repeatable)
        }
        Expr::UnaryOp(one) => is_repeatable(&one.expr),
        Expr::BinOp(one) => is_repeatable(&one.left) && is_repeatable(&one.right),
        Expr::Compare(one) => is_repeatable(&one.expr) && one.ops.iter().all(|op| is_repeatable(&op.expr)),
        Expr::IfExpr(one) => {
            is_repeatable(&one.test_expr)
                && is_repeatable(&one.true_expr)
                && one.false_expr.as_ref().is_none_or(is_repeatable)
        }
        Expr::Filter(one) => {
            one.name != "random" && one.expr.as_ref().is_none_or(is_repeatable) && are_repeatable(&one.args)
        }
        Expr::Test(one) => is_repeatable(&one.expr) && are_repeatable(&one.args),
        Expr::List(one) => all(&one.items),
        Expr::Tuple(one) => all(&one.items),
        Expr::Map(one) => all(&one.keys) && all(&one.values),
        // a method of a literal changes nothing that is seen elsewhere
        Expr::Call(one) => {
            matches!(&one.expr, Expr::GetAttr(method) if is_constant(&method.expr))
                && are_repeatable(&one.args)
        }
    }
}

fn are_repeatable(arguments: &[CallArg<'_>]) -> bool {
    arguments.iter().all(|argument| match argument {
        CallArg::Pos(one) | CallArg::Kwarg(_, one) | CallArg::PosSplat(one) | CallArg::KwargSplat(one) => {
            is_repeatable(one)
        }
    })
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
