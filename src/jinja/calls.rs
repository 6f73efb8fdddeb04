//! What a text calls, told without running it: dbt records so which macros a macro depends on.

use minijinja::machinery::ast::{self, CallArg, Expr, Stmt};

use crate::diagnostic::Result;

use super::grammar;
use super::macros::MacroDef;

/// A call as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StaticCall {
    /// `name(..)` or `package.name(..)`.
    Named { package: Option<String>, name: String },
    /// `adapter.dispatch('name', 'namespace')`.
    Dispatch { name: String, namespace: Option<String> },
}

/// Every call of a text in the order of writing, each once; nothing where the text cannot be parsed.
pub(crate) fn static_calls(text: &str) -> Vec<StaticCall> {
    let mut calls = Vec::new();
    collect(text, &mut calls);
    calls
}

fn collect(text: &str, calls: &mut Vec<StaticCall>) -> bool {
    let Ok(template) = grammar::parse(text) else { return false };
    statements(&template, calls);
    true
}

impl StaticCall {
    /// As [`StaticCall::parse`] reads it.
    #[cfg(test)]
    pub(crate) fn spelled(&self) -> String {
        let (mark, before, name) = match self {
            Self::Named { package, name } => ("", package, name),
            Self::Dispatch { name, namespace } => ("@", namespace, name),
        };
        let before = before.as_ref().map(|before| format!("{before}.")).unwrap_or_default();
        format!("{mark}{before}{name}")
    }

    /// `name`, `package.name`, `@name` or `@namespace.name` for a dispatch.
    pub(crate) fn parse(text: &str) -> Self {
        let (dispatched, text) = text.strip_prefix('@').map_or((false, text), |text| (true, text));
        let (before, name) = text.split_once('.').map_or((None, text), |(before, name)| (Some(before), name));
        let (before, name) = (before.map(str::to_owned), name.to_owned());
        if dispatched {
            Self::Dispatch { name, namespace: before }
        } else {
            Self::Named { package: before, name }
        }
    }
}

/// What the defaults and the body of a macro call, in the order of Jinja2's tree, as dbt meets them.
pub(crate) fn calls_of(definition: &MacroDef) -> Result<Vec<StaticCall>> {
    let text = &definition.source.text;
    let mut calls = Vec::new();
    let parameters = definition.parameters()?;
    for default in parameters.into_iter().filter_map(|parameter| parameter.default) {
        let mut of_default = Vec::new();
        if !collect(&format!("{{{{ {} }}}}", &text[default]), &mut of_default) {
            definition.check()?;
        }
        add(&mut calls, of_default);
    }
    let mut of_body = Vec::new();
    if !collect(&text[definition.block.body.clone()], &mut of_body) {
        // the reading that knows where the mistake is
        definition.check()?;
    }
    add(&mut calls, of_body);
    Ok(calls)
}

fn add(calls: &mut Vec<StaticCall>, more: Vec<StaticCall>) {
    for call in more {
        if !calls.contains(&call) {
            calls.push(call);
        }
    }
}

fn statements(all: &[Stmt<'_>], calls: &mut Vec<StaticCall>) {
    for one in all {
        statement(one, calls);
    }
}

fn statement(one: &Stmt<'_>, calls: &mut Vec<StaticCall>) {
    match one {
        Stmt::Template(one) => statements(&one.children, calls),
        Stmt::EmitExpr(one) => expression(&one.expr, calls),
        Stmt::ForLoop(one) => {
            expression(&one.iter, calls);
            statements(&one.body, calls);
            statements(&one.else_body, calls);
            expressions(one.filter_expr.as_ref(), calls);
        }
        Stmt::IfCond(one) => {
            expression(&one.expr, calls);
            statements(&one.true_body, calls);
            statements(&one.false_body, calls);
        }
        Stmt::WithBlock(one) => {
            expressions(one.assignments.iter().map(|(_, value)| value), calls);
            statements(&one.body, calls);
        }
        Stmt::Set(one) => expression(&one.expr, calls),
        Stmt::SetBlock(one) => {
            expressions(one.filter.as_ref(), calls);
            statements(&one.body, calls);
        }
        Stmt::AutoEscape(one) => statements(&one.body, calls),
        Stmt::FilterBlock(one) => {
            statements(&one.body, calls);
            expression(&one.filter, calls);
        }
        Stmt::Block(one) => statements(&one.body, calls),
        Stmt::Macro(one) => {
            expressions(&one.defaults, calls);
            statements(&one.body, calls);
        }
        Stmt::CallBlock(one) => {
            call(&one.call, calls);
            expressions(&one.macro_decl.defaults, calls);
            statements(&one.macro_decl.body, calls);
        }
        Stmt::Do(one) => call(&one.call, calls),
        _ => {}
    }
}

fn expressions<'x, 'a: 'x>(all: impl IntoIterator<Item = &'x Expr<'a>>, calls: &mut Vec<StaticCall>) {
    for one in all {
        expression(one, calls);
    }
}

fn expression(one: &Expr<'_>, calls: &mut Vec<StaticCall>) {
    match one {
        Expr::Var(_) | Expr::Const(_) => {}
        Expr::Slice(one) => {
            expression(&one.expr, calls);
            expressions([&one.start, &one.stop, &one.step].into_iter().flatten(), calls);
        }
        Expr::UnaryOp(one) => expression(&one.expr, calls),
        Expr::BinOp(one) => expressions([&one.left, &one.right], calls),
        Expr::Compare(one) => {
            expression(&one.expr, calls);
            expressions(one.ops.iter().map(|op| &op.expr), calls);
        }
        Expr::IfExpr(one) => {
            expressions([&one.test_expr, &one.true_expr], calls);
            expressions(one.false_expr.as_ref(), calls);
        }
        Expr::Filter(one) => {
            expressions(one.expr.as_ref(), calls);
            arguments(&one.args, calls);
        }
        Expr::Test(one) => {
            expression(&one.expr, calls);
            arguments(&one.args, calls);
        }
        Expr::GetAttr(one) => expression(&one.expr, calls),
        Expr::GetItem(one) => expressions([&one.expr, &one.subscript_expr], calls),
        Expr::Call(one) => call(one, calls),
        Expr::List(one) => expressions(&one.items, calls),
        Expr::Tuple(one) => expressions(&one.items, calls),
        Expr::Map(one) => {
            for (key, value) in one.keys.iter().zip(&one.values) {
                expressions([key, value], calls);
            }
        }
    }
}

fn arguments(all: &[CallArg<'_>], calls: &mut Vec<StaticCall>) {
    let rank = |one: &CallArg<'_>| match one {
        CallArg::Pos(_) => 0,
        CallArg::Kwarg(..) => 1,
        CallArg::PosSplat(_) => 2,
        CallArg::KwargSplat(_) => 3,
    };
    for wanted in 0..4 {
        for one in all.iter().filter(|one| rank(one) == wanted) {
            let (CallArg::Pos(value)
            | CallArg::Kwarg(_, value)
            | CallArg::PosSplat(value)
            | CallArg::KwargSplat(value)) = one;
            expression(value, calls);
        }
    }
}

fn call(one: &ast::Call<'_>, calls: &mut Vec<StaticCall>) {
    let found = match &one.expr {
        Expr::Var(name) => Some(StaticCall::Named { package: None, name: name.id.to_owned() }),
        Expr::GetAttr(attribute) => match &attribute.expr {
            Expr::Var(owner) if owner.id == "adapter" => {
                if attribute.name == "dispatch" {
                    dispatched(one)
                } else {
                    None
                }
            }
            Expr::Var(owner) => Some(StaticCall::Named {
                package: Some(owner.id.to_owned()),
                name: attribute.name.to_owned(),
            }),
            _ => None,
        },
        _ => None,
    };
    if let Some(found) = found
        && !calls.contains(&found)
    {
        calls.push(found);
    }
    expression(&one.expr, calls);
    arguments(&one.args, calls);
}

fn dispatched(one: &ast::Call<'_>) -> Option<StaticCall> {
    let text = |index: usize, keyword: &str| {
        let value = one.args.iter().enumerate().find_map(|(at, argument)| match argument {
            CallArg::Pos(value) if at == index => Some(value),
            CallArg::Kwarg(name, value) if *name == keyword => Some(value),
            _ => None,
        });
        value?.as_const()?.as_str().map(str::to_owned)
    };
    Some(StaticCall::Dispatch { name: text(0, "macro_name")?, namespace: text(1, "macro_namespace") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_found_wherever_they_stand() {
        let calls = static_calls(
            "{% if a(b()) %}{{ dbt_utils.star(ref('x')) | default(c()) }}{% endif %}\
             {{ adapter.dispatch('m', macro_namespace='p')(d()) }}{% call e() %}{{ a() }}{% endcall %}",
        );
        let names: Vec<String> = calls.iter().map(StaticCall::spelled).collect();
        assert_eq!(names, ["a", "b", "dbt_utils.star", "ref", "c", "@p.m", "d", "e"]);
    }
}
