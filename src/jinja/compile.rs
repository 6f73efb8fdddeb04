//! From text to instructions: parse, lower, generate.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use minijinja::Value;
use minijinja::machinery::ast::{self, Expr, Spanned, Stmt};
use minijinja::machinery::{CodeGenerator, Span};

use crate::diagnostic::{Result, SourceText};

use super::compiled::{ClosureBody, Compiled, CompiledParameter, Default, Template};
use super::grammar;
use super::header::Parameter;
use super::kept::keep;
use super::lower::{ClosureCompiler, Lowering, Output, Uses};
use super::nesting;
use super::source_map::SourceMap;
use super::syntax_error;

impl Template<'_> {
    /// Compiles a text for the duration of `use_it`: most texts are rendered once.
    pub(super) fn with<R>(text: &str, map: SourceMap, use_it: impl FnOnce(&Template<'_>) -> R) -> Result<R> {
        Self::with_output(text, map, Output::Text, use_it)
    }

    pub(super) fn with_output<R>(
        text: &str,
        map: SourceMap,
        output: Output,
        use_it: impl FnOnce(&Template<'_>) -> R,
    ) -> Result<R> {
        let (text, map) = with_plain_line_breaks(text, map);
        if may_hold_closures(&text) {
            let template = of_kept_text(keep(&text), map, LastLineBreak::Drop, output)?.0;
            return Ok(use_it(&template));
        }
        template(&text, map, LastLineBreak::Drop, output, no_closures).map(|(template, _)| use_it(&template))
    }

    /// Compiles a bare expression for the duration of `use_it`.
    pub(super) fn with_expression<R>(
        text: &str,
        map: SourceMap,
        use_it: impl FnOnce(&Template<'_>) -> R,
    ) -> Result<R> {
        Ok(use_it(&expression_template(text, map, no_closures)?.0))
    }
}

impl Compiled {
    pub(super) fn of_macro(
        source: &Arc<SourceText>,
        declared: Vec<Parameter>,
        body: Range<usize>,
    ) -> Result<Self> {
        let mut uses = Uses::default();
        let mut parameters = Vec::new();
        for parameter in declared {
            let default = match parameter.default {
                None => Default::Required,
                Some(range) => {
                    let map = SourceMap::exact(source, range.start);
                    let (default, used) = default_of(keep(&source.text[range]), map)?;
                    uses = uses.and(used);
                    default
                }
            };
            parameters.push(CompiledParameter { name: keep(&parameter.name), default });
        }
        let map = SourceMap::exact(source, body.start);
        let (text, map) = with_plain_line_breaks(&source.text[body], map);
        let (body, used) = of_kept_text(keep(&text), map, LastLineBreak::Keep, Output::Text)?;
        Ok(Self { parameters, body, uses: uses.and(used), names: Vec::new() })
    }

    /// The body of a `{% call %}` or of a macro inside a template.
    pub(super) fn of_closure(declared: &Spanned<ast::Macro<'static>>, map: &SourceMap) -> Result<Self> {
        let mut lowering = Lowering::new(map, compile_closure);
        let children = lowering.body(&declared.body);
        let statement = Stmt::Template(Spanned::new(ast::Template { children }, declared.span()));
        let required = declared.args.len() - declared.defaults.len();
        let mut parameters = Vec::with_capacity(declared.args.len());
        for (index, parameter) in declared.args.iter().enumerate() {
            let Expr::Var(name) = parameter else { continue };
            let default = match index.checked_sub(required).and_then(|at| declared.defaults.get(at)) {
                None => Default::Required,
                Some(default) => {
                    let lowered = lowering.expression(default);
                    computed_or_constant(&lowered, map.clone())
                }
            };
            parameters.push(CompiledParameter { name: name.id, default });
        }
        let uses = finish_lowering(&mut lowering)?;
        let body = generate(&statement, "", map.clone());
        Ok(Self { parameters, body, uses, names: lowering.names })
    }
}

impl Uses {
    fn and(self, other: Self) -> Self {
        Self {
            varargs: self.varargs || other.varargs,
            kwargs: self.kwargs || other.kwargs,
            caller: self.caller || other.caller,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum LastLineBreak {
    Keep,
    Drop,
}

fn of_kept_text(
    text: &'static str,
    map: SourceMap,
    last_line_break: LastLineBreak,
    output: Output,
) -> Result<(Template<'static>, Uses)> {
    template(text, map, last_line_break, output, compile_closure)
}

fn template<'a>(
    text: &'a str,
    map: SourceMap,
    last_line_break: LastLineBreak,
    output: Output,
    closures: ClosureCompiler<'a>,
) -> Result<(Template<'a>, Uses)> {
    nesting::check(text, &map)?;
    let text = match last_line_break {
        LastLineBreak::Keep => text,
        LastLineBreak::Drop => text.strip_suffix('\n').unwrap_or(text),
    };
    let parsed = grammar::parse(text).map_err(|problem| syntax_error::of_syntax(problem, &map))?;
    let mut lowering = Lowering::new(&map, closures);
    lowering.output = output;
    let children = lowering.body(&parsed);
    let uses = finish_lowering(&mut lowering)?;
    let statement = Stmt::Template(Spanned::new(ast::Template { children }, Span::default()));
    Ok((generate(&statement, text, map), uses))
}

fn expression_template<'a>(
    text: &'a str,
    map: SourceMap,
    closures: ClosureCompiler<'a>,
) -> Result<(Template<'a>, Uses)> {
    nesting::check_expression(text, &map)?;
    let parsed = grammar::parse_expression(text).map_err(|problem| syntax_error::of_syntax(problem, &map))?;
    let mut lowering = Lowering::new(&map, closures);
    let lowered = lowering.expression(&parsed);
    let uses = finish_lowering(&mut lowering)?;
    Ok((generate_expression(&lowered, text, map), uses))
}

fn default_of(text: &'static str, map: SourceMap) -> Result<(Default, Uses)> {
    nesting::check_expression(text, &map)?;
    let parsed = grammar::parse_expression(text).map_err(|problem| syntax_error::of_syntax(problem, &map))?;
    let mut lowering = Lowering::new(&map, compile_closure);
    let lowered = lowering.expression(&parsed);
    let uses = finish_lowering(&mut lowering)?;
    Ok((computed_or_constant(&lowered, map), uses))
}

fn computed_or_constant(lowered: &Expr<'static>, map: SourceMap) -> Default {
    match lowered {
        Expr::Const(constant) => Default::Constant(constant.value.clone()),
        computed => Default::Computed(generate_expression(computed, "", map)),
    }
}

fn finish_lowering(lowering: &mut Lowering<'_, '_>) -> Result<Uses> {
    match lowering.error.take() {
        Some(diagnostic) => Err(diagnostic),
        None => Ok(lowering.uses),
    }
}

fn generate<'a>(statement: &Stmt<'a>, text: &'a str, map: SourceMap) -> Template<'a> {
    let mut generator = CodeGenerator::new("", text);
    generator.compile_stmt(statement);
    let (instructions, blocks) = generator.finish();
    Template { instructions, blocks, map }
}

fn generate_expression<'a>(expression: &Expr<'a>, text: &'a str, map: SourceMap) -> Template<'a> {
    let mut generator = CodeGenerator::new("", text);
    generator.compile_expr(expression);
    let (instructions, blocks) = generator.finish();
    Template { instructions, blocks, map }
}

fn compile_closure(declared: &Spanned<ast::Macro<'static>>, map: &SourceMap) -> Result<Value> {
    let compiled = Compiled::of_closure(declared, map)?;
    Ok(Value::from_object(ClosureBody { name: declared.name, compiled }))
}

/// For texts that were seen to hold no `call` and no `macro`.
#[expect(clippy::unnecessary_wraps, reason = "a closure compiler")]
fn no_closures(_: &Spanned<ast::Macro<'_>>, _: &SourceMap) -> Result<Value> {
    Ok(Value::UNDEFINED)
}

fn may_hold_closures(text: &str) -> bool {
    text.contains("endcall") || text.contains("endmacro")
}

/// Jinja2 reads `\r\n` and `\r` as `\n`.
fn with_plain_line_breaks(text: &str, map: SourceMap) -> (Cow<'_, str>, SourceMap) {
    if !text.contains('\r') {
        return (Cow::Borrowed(text), map);
    }
    let mut plain = String::with_capacity(text.len());
    let mut shifts = Vec::new();
    let mut lines = text.split('\r');
    plain.push_str(lines.next().unwrap_or_default());
    for rest in lines {
        plain.push('\n');
        let rest = match rest.strip_prefix('\n') {
            Some(rest) => {
                shifts.push((plain.len(), shifts.len().cast_signed() + 1));
                rest
            }
            None => rest,
        };
        plain.push_str(rest);
    }
    (Cow::Owned(plain), map.with_shifts(shifts))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_line_breaks_keep_their_places() {
        let source = SourceText::new("a.sql", "a\r\nb\rc\r\n\r\nd");
        let (text, map) = with_plain_line_breaks(&source.text, SourceMap::exact(&source, 0));
        assert_eq!(text, "a\nb\nc\n\nd");
        for letter in ["a", "b", "c", "d"] {
            let at = text.find(letter).unwrap();
            assert_eq!(map.span(at..at + 1).text(), letter);
        }
    }

    #[test]
    fn texts_are_kept_once() {
        assert!(std::ptr::eq(keep("kept for a test"), keep(&String::from("kept for a test"))));
    }
}
