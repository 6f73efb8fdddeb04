//! Jinja2's grammar, read into minijinja's tree: all of its literals, operators, statements and white space, and its
//! words about what cannot be read.
//!
//! Jinja2's lexer and parser are followed where minijinja's differ, so that a text means here what it means in dbt.

mod expressions;
mod lexer;
mod literals;
mod nodes;
mod parser;
mod problem;
mod statements;
mod targets;
mod token;

use minijinja::machinery::ast::{Expr, Stmt};

use parser::Parser;

pub(super) use expressions::POSITIVE;
pub(super) use problem::Problem;

/// The statements of a template.
pub(super) fn parse(text: &str) -> Result<Vec<Stmt<'_>>, Problem> {
    Parser::of_template(text)?.template()
}

/// A bare expression.
pub(super) fn parse_expression(text: &str) -> Result<Expr<'_>, Problem> {
    Parser::of_expression(text)?.only_expression()
}
