//! The keyword arguments of a call as Jinja2 prints its own nodes, which dbt compares where a config has changed.

use std::fmt::Write as _;

use minijinja::machinery::ast::{BinOpKind, CallArg, CompareOpKind, Expr, Stmt, UnaryOpKind};

use super::grammar;
use super::python::repr;

/// Of the first call of a function by its name; nothing where there is none, or the text is not a template.
pub(crate) fn keyword_nodes(text: &str, function: &str) -> Vec<(String, String)> {
    let Ok(statements) = grammar::parse(text) else { return Vec::new() };
    let Some(arguments) = first_call(&statements, function) else { return Vec::new() };
    let keywords = arguments.iter().filter_map(|argument| match argument {
        CallArg::Kwarg(key, value) => Some(((*key).to_owned(), keyword(key, value))),
        _ => None,
    });
    keywords.collect()
}

/// Whether a text has no more Jinja than printed calls of these functions with literals.
pub(crate) fn has_only_literal_calls(text: &str, functions: &[&str]) -> bool {
    let Ok(statements) = grammar::parse(text) else { return false };
    statements.iter().all(|statement| match statement {
        Stmt::EmitRaw(_) => true,
        Stmt::EmitExpr(emitted) => match &emitted.expr {
            Expr::Call(call) => {
                let is_known = matches!(&call.expr, Expr::Var(function) if functions.contains(&function.id));
                is_known
                    && call.args.iter().all(|argument| match argument {
                        CallArg::Pos(value) | CallArg::Kwarg(_, value) => is_literal(value),
                        CallArg::PosSplat(_) | CallArg::KwargSplat(_) => false,
                    })
            }
            _ => false,
        },
        _ => false,
    })
}

fn is_literal(expression: &Expr<'_>) -> bool {
    match expression {
        Expr::Const(_) => true,
        Expr::List(list) => list.items.iter().all(is_literal),
        Expr::Map(map) => map.keys.iter().chain(&map.values).all(is_literal),
        _ => false,
    }
}

fn first_call<'s>(statements: &'s [Stmt<'_>], function: &str) -> Option<&'s [CallArg<'s>]> {
    let named = |expression: &Expr<'_>| matches!(expression, Expr::Var(variable) if variable.id == function);
    statements.iter().find_map(|statement| match statement {
        Stmt::Template(template) => first_call(&template.children, function),
        Stmt::EmitExpr(emitted) => match &emitted.expr {
            Expr::Call(call) if named(&call.expr) => Some(&call.args[..]),
            _ => None,
        },
        Stmt::Do(done) if named(&done.call.expr) => Some(&done.call.args[..]),
        Stmt::IfCond(condition) => {
            first_call(&condition.true_body, function).or_else(|| first_call(&condition.false_body, function))
        }
        Stmt::ForLoop(each) => first_call(&each.body, function),
        Stmt::WithBlock(block) => first_call(&block.body, function),
        _ => None,
    })
}

fn keyword(key: &str, value: &Expr<'_>) -> String {
    format!("Keyword(key={}, value={})", quoted(key), node(value))
}

fn quoted(text: &str) -> String {
    repr(&minijinja::Value::from(text))
}

fn node(expression: &Expr<'_>) -> String {
    match expression {
        Expr::Var(variable) => format!("Name(name={}, ctx='load')", quoted(variable.id)),
        Expr::Const(constant) => format!("Const(value={})", repr(&constant.value)),
        Expr::List(list) => format!("List(items=[{}])", nodes(&list.items)),
        Expr::Tuple(tuple) => format!("Tuple(items=[{}], ctx='load')", nodes(&tuple.items)),
        Expr::Map(map) => {
            let pair = |(key, value)| format!("Pair(key={}, value={})", node(key), node(value));
            let pairs: Vec<String> = map.keys.iter().zip(&map.values).map(pair).collect();
            format!("Dict(items=[{}])", pairs.join(", "))
        }
        Expr::UnaryOp(unary) => {
            let name = match unary.op {
                UnaryOpKind::Not => "Not",
                UnaryOpKind::Neg => "Neg",
            };
            format!("{name}(node={})", node(&unary.expr))
        }
        Expr::BinOp(binary) => of_binary(binary.op, &binary.left, &binary.right),
        Expr::Compare(compare) => {
            let operand = |op: CompareOpKind, value: &Expr<'_>| {
                format!("Operand(op='{}', expr={})", comparison(op), node(value))
            };
            let operands: Vec<String> = compare.ops.iter().map(|op| operand(op.op, &op.expr)).collect();
            format!("Compare(expr={}, ops=[{}])", node(&compare.expr), operands.join(", "))
        }
        Expr::IfExpr(condition) => format!(
            "CondExpr(test={}, expr1={}, expr2={})",
            node(&condition.test_expr),
            node(&condition.true_expr),
            optional(condition.false_expr.as_ref())
        ),
        Expr::GetAttr(attribute) => {
            format!("Getattr(node={}, attr={}, ctx='load')", node(&attribute.expr), quoted(attribute.name))
        }
        Expr::GetItem(item) => {
            format!("Getitem(node={}, arg={}, ctx='load')", node(&item.expr), node(&item.subscript_expr))
        }
        Expr::Slice(slice) => format!(
            "Getitem(node={}, arg=Slice(start={}, stop={}, step={}), ctx='load')",
            node(&slice.expr),
            optional(slice.start.as_ref()),
            optional(slice.stop.as_ref()),
            optional(slice.step.as_ref())
        ),
        Expr::Call(call) => format!("Call(node={}, {})", node(&call.expr), arguments(&call.args)),
        Expr::Filter(filter) if filter.name == grammar::POSITIVE => {
            format!("Pos(node={})", optional(filter.expr.as_ref()))
        }
        Expr::Filter(filter) => {
            let value = optional(filter.expr.as_ref());
            format!("Filter(node={value}, name={}, {})", quoted(filter.name), arguments(&filter.args))
        }
        Expr::Test(test) => {
            format!("Test(node={}, name={}, {})", node(&test.expr), quoted(test.name), arguments(&test.args))
        }
    }
}

fn nodes(expressions: &[Expr<'_>]) -> String {
    expressions.iter().map(node).collect::<Vec<_>>().join(", ")
}

fn optional(expression: Option<&Expr<'_>>) -> String {
    expression.map_or_else(|| "None".to_owned(), node)
}

/// `a ~ b ~ c` is one node in Jinja2.
fn joined(expression: &Expr<'_>) -> String {
    match expression {
        Expr::BinOp(binary) if matches!(binary.op, BinOpKind::Concat) => {
            format!("{}, {}", joined(&binary.left), node(&binary.right))
        }
        other => node(other),
    }
}

fn of_binary(op: BinOpKind, left: &Expr<'_>, right: &Expr<'_>) -> String {
    if matches!(op, BinOpKind::Concat) {
        return format!("Concat(nodes=[{}, {}])", joined(left), node(right));
    }
    let (left, right) = (node(left), node(right));
    let name = match op {
        BinOpKind::Concat => "Concat",
        BinOpKind::Eq => return compared("eq", &left, &right),
        BinOpKind::Ne => return compared("ne", &left, &right),
        BinOpKind::Lt => return compared("lt", &left, &right),
        BinOpKind::Lte => return compared("lteq", &left, &right),
        BinOpKind::Gt => return compared("gt", &left, &right),
        BinOpKind::Gte => return compared("gteq", &left, &right),
        BinOpKind::In => return compared("in", &left, &right),
        BinOpKind::ScAnd => "And",
        BinOpKind::ScOr => "Or",
        BinOpKind::Add => "Add",
        BinOpKind::Sub => "Sub",
        BinOpKind::Mul => "Mul",
        BinOpKind::Div => "Div",
        BinOpKind::FloorDiv => "FloorDiv",
        BinOpKind::Rem => "Mod",
        BinOpKind::Pow => "Pow",
    };
    format!("{name}(left={left}, right={right})")
}

fn compared(op: &str, left: &str, right: &str) -> String {
    format!("Compare(expr={left}, ops=[Operand(op='{op}', expr={right})])")
}

fn comparison(op: CompareOpKind) -> &'static str {
    match op {
        CompareOpKind::Eq => "eq",
        CompareOpKind::Ne => "ne",
        CompareOpKind::Lt => "lt",
        CompareOpKind::Lte => "lteq",
        CompareOpKind::Gt => "gt",
        CompareOpKind::Gte => "gteq",
        CompareOpKind::In => "in",
        CompareOpKind::NotIn => "notin",
    }
}

fn arguments(given: &[CallArg<'_>]) -> String {
    let (mut positional, mut keywords) = (Vec::new(), Vec::new());
    let (mut rest, mut rest_by_name) = (None, None);
    for argument in given {
        match argument {
            CallArg::Pos(value) => positional.push(node(value)),
            CallArg::Kwarg(key, value) => keywords.push(keyword(key, value)),
            CallArg::PosSplat(value) => rest = Some(value),
            CallArg::KwargSplat(value) => rest_by_name = Some(value),
        }
    }
    let mut text = format!("args=[{}], kwargs=[{}], ", positional.join(", "), keywords.join(", "));
    let (rest, rest_by_name) = (optional(rest), optional(rest_by_name));
    // writing into a text cannot fail
    let _ = write!(text, "dyn_args={rest}, dyn_kwargs={rest_by_name}");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Jinja2 3.1 prints.
    #[test]
    fn nodes_print_as_in_jinja2() {
        let text =
            "select 1 {{ config(materialized=env_var('M'), tags=['a', x.y], meta={'k': not z}, n=-1) }}";
        let found: Vec<String> = keyword_nodes(text, "config").into_iter().map(|(_, node)| node).collect();
        assert_eq!(
            found,
            [
                "Keyword(key='materialized', value=Call(node=Name(name='env_var', ctx='load'), args=[Const(value='M')], \
                 kwargs=[], dyn_args=None, dyn_kwargs=None))",
                "Keyword(key='tags', value=List(items=[Const(value='a'), Getattr(node=Name(name='x', ctx='load'), attr='y', \
                 ctx='load')]))",
                "Keyword(key='meta', value=Dict(items=[Pair(key=Const(value='k'), value=Not(node=Name(name='z', \
                 ctx='load')))]))",
                "Keyword(key='n', value=Neg(node=Const(value=1)))",
            ]
        );
        assert!(keyword_nodes("select 1", "config").is_empty());
    }
}
