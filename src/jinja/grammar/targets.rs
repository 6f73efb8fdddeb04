//! What is assigned to, and the parameters of macros.

use minijinja::machinery::ast::{self, Expr, Spanned};

use super::super::header::CALLER_WITHOUT_DEFAULT;
use super::expressions::TupleOf;
use super::nodes::{start, variable};
use super::parser::{Parsed, Parser, span};
use super::problem::Problem;
use super::token::Token;

/// Parameters with the defaults of the last ones.
pub(super) type Signature<'a> = (Vec<Expr<'a>>, Vec<Expr<'a>>);

impl<'a> Parser<'a> {
    /// A name, names with commas, and where `dotted` an attribute of a namespace.
    pub(super) fn target(&mut self, until: Option<&'static str>, dotted: bool) -> Parsed<Expr<'a>> {
        let begun = self.range.start;
        let mut items = Vec::new();
        let mut is_tuple = false;
        loop {
            if !items.is_empty() {
                self.expect_operator(",")?;
            }
            if self.ends_tuple(until) {
                break;
            }
            items.push(self.one_target(dotted)?);
            if !self.token.is_operator(",") {
                break;
            }
            is_tuple = true;
        }
        if !is_tuple {
            return items.pop().ok_or_else(|| self.no_expression());
        }
        Ok(Expr::List(Spanned::new(ast::List { items }, self.span(begun))))
    }

    fn one_target(&mut self, dotted: bool) -> Parsed<Expr<'a>> {
        let begun = self.range.clone();
        if dotted && let Token::Name(name) = self.token {
            let is_constant = matches!(name, "true" | "false" | "none" | "True" | "False" | "None");
            if !is_constant && self.look()?.is_operator(".") {
                self.next()?;
                self.next()?;
                let attribute = self.expect_name()?;
                let expr = variable(name, span(begun.start, begun.end));
                return Ok(Expr::GetAttr(Spanned::new(
                    ast::GetAttr { expr, name: attribute },
                    self.span(begun.start),
                )));
            }
        }
        let primary = self.primary()?;
        assignable(primary)
    }

    pub(super) fn name_target(&mut self) -> Parsed<&'a str> {
        let range = self.range.clone();
        let name = self.expect_name()?;
        match name {
            "true" | "false" | "none" | "True" | "False" | "None" => {
                Err(Problem::new("can't assign to 'name'", range))
            }
            _ => Ok(name),
        }
    }

    /// dbt's may have types: `(a, b: string, c=1)`.
    pub(super) fn signature(&mut self) -> Parsed<Signature<'a>> {
        self.expect_operator("(")?;
        let (mut parameters, mut defaults) = (Vec::new(), Vec::new());
        while !self.token.is_operator(")") {
            if !parameters.is_empty() {
                self.expect_operator(",")?;
            }
            let range = self.range.clone();
            let name = self.name_target()?;
            if parameters.iter().any(|one| matches!(one, Expr::Var(known) if known.id == name)) {
                let message = format!("duplicate argument '{name}' in function definition");
                return Err(Problem::new(message, range));
            }
            if self.skip_operator(":")? {
                self.type_name()?;
            }
            if self.skip_operator("=")? {
                defaults.push(self.expression()?);
            } else if !defaults.is_empty() {
                return self.fail("non-default argument follows default argument");
            } else if name == "caller" {
                return Err(Problem::new(CALLER_WITHOUT_DEFAULT, range));
            }
            parameters.push(variable(name, span(range.start, range.end)));
        }
        self.expect_operator(")")?;
        Ok((parameters, defaults))
    }

    /// `Dict[str, List[str]]`
    fn type_name(&mut self) -> Parsed<()> {
        self.expect_name()?;
        if self.skip_operator("[")? {
            let mut first = true;
            while !self.token.is_operator("]") {
                if !std::mem::take(&mut first) {
                    self.expect_operator(",")?;
                }
                self.deeper(Self::type_name)?;
            }
            self.expect_operator("]")?;
        }
        Ok(())
    }

    /// The values of `if` and `for` without brackets.
    pub(super) fn operands_until(&mut self, until: &'static str) -> Parsed<Expr<'a>> {
        self.tuple_or_one(TupleOf { until: Some(until), ..TupleOf::OPERANDS }, false)
    }
}

/// A value in the place of a target: only names, and tuples of them.
fn assignable(primary: Expr<'_>) -> Parsed<Expr<'_>> {
    let at = primary.span();
    let kind = match primary {
        Expr::Var(_) => return Ok(primary),
        Expr::Tuple(ref tuple) => {
            let mut items = Vec::with_capacity(tuple.items.len());
            for item in &tuple.items {
                items.push(target_of(item)?);
            }
            return Ok(Expr::List(Spanned::new(ast::List { items }, at)));
        }
        Expr::Const(_) => "const",
        Expr::List(_) => "list",
        Expr::Map(_) => "dict",
        _ => "expression",
    };
    Err(refused(kind, &primary))
}

fn target_of<'a>(item: &Expr<'a>) -> Parsed<Expr<'a>> {
    match item {
        Expr::Var(one) => Ok(variable(one.id, one.span())),
        Expr::Tuple(tuple) => {
            let items = tuple.items.iter().map(target_of).collect::<Parsed<Vec<_>>>()?;
            Ok(Expr::List(Spanned::new(ast::List { items }, tuple.span())))
        }
        other => Err(refused("tuple", other)),
    }
}

fn refused(kind: &str, expression: &Expr<'_>) -> Problem {
    let range = start(expression)..expression.span().end_offset as usize;
    Problem::new(format!("can't assign to '{kind}'"), range)
}
