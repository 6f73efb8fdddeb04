//! Turns the tree that minijinja parsed into one that behaves as Jinja2 on Python values.
//!
//! Literals become mutable lists and dicts, operators call Python's, calls of undefined names can be
//! tolerated, and the bodies of `{% call %}` and inner macros become values that outlive their template.
//! The tree keeps its spans, so errors need no second source map.

use minijinja::Value;
use minijinja::machinery::Span as At;
use minijinja::machinery::ast::{self, CallArg, Expr, Spanned, Stmt};

use crate::diagnostic::{Diagnostic, Result};

use super::folding;
use super::intrinsic;
use super::kept::keep;
use super::python::{self, operators};
use super::shapes::{is_empty_cycle, is_path, is_special_callee, is_text_or_none};
use super::source_map::SourceMap;
use super::wording;

/// The special names that a macro's body uses; only then may it be called with surplus arguments.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Uses {
    pub(super) varargs: bool,
    pub(super) kwargs: bool,
    pub(super) caller: bool,
}

/// Compiles the body of a `{% call %}` or an inner macro; only possible for texts that live on.
pub(super) type ClosureCompiler<'a> = fn(&Spanned<ast::Macro<'a>>, &SourceMap) -> Result<Value>;

/// How a template's output is kept.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Output {
    Text,
    /// It is collected as values instead of written as text.
    Values,
    /// The text of a block in a template that is evaluated natively.
    TextOfValues,
}

pub(super) struct Lowering<'a, 'm> {
    pub(super) map: &'m SourceMap,
    pub(super) closures: ClosureCompiler<'a>,
    pub(super) output: Output,
    /// Jinja2 looks filters and tests up beforehand where it need not branch to reach them.
    pub(super) names_are_checked: bool,
    pub(super) uses: Uses,
    /// Every name that is read.
    pub(super) names: Vec<&'a str>,
    pub(super) error: Option<Box<Diagnostic>>,
}

impl<'a, 'm> Lowering<'a, 'm> {
    pub(super) fn new(map: &'m SourceMap, closures: ClosureCompiler<'a>) -> Self {
        Self {
            map,
            closures,
            output: Output::Text,
            names_are_checked: true,
            uses: Uses::default(),
            names: Vec::new(),
            error: None,
        }
    }

    pub(super) fn body(&mut self, statements: &[Stmt<'a>]) -> Vec<Stmt<'a>> {
        statements.iter().map(|statement| self.statement(statement)).collect()
    }

    fn statement(&mut self, statement: &Stmt<'a>) -> Stmt<'a> {
        match statement {
            Stmt::Template(one) => {
                Stmt::Template(Spanned::new(ast::Template { children: self.body(&one.children) }, one.span()))
            }
            Stmt::EmitExpr(one) => self.emit(&one.expr, one.span()),
            Stmt::EmitRaw(one) if self.output == Output::Values => {
                let text = constant(Value::from(one.raw), one.span());
                Self::emit_value(text, one.span())
            }
            Stmt::EmitRaw(one) => Stmt::EmitRaw(Spanned::new(ast::EmitRaw { raw: one.raw }, one.span())),
            Stmt::ForLoop(one) => Stmt::ForLoop(Spanned::new(self.for_loop(one), one.span())),
            Stmt::IfCond(one) => {
                let may_fail_late = std::mem::replace(&mut self.names_are_checked, false);
                let condition = ast::IfCond {
                    expr: self.expression(&one.expr),
                    true_body: self.body(&one.true_body),
                    false_body: self.body(&one.false_body),
                };
                self.names_are_checked = may_fail_late;
                Stmt::IfCond(Spanned::new(condition, one.span()))
            }
            Stmt::Set(one) => {
                let mut expr = self.expression(&one.expr);
                if matches!(one.target, Expr::List(_)) {
                    expr = filter(intrinsic::UNPACKED, expr, Vec::new(), one.expr.span());
                }
                Stmt::Set(Spanned::new(ast::Set { target: self.target(&one.target), expr }, one.span()))
            }
            Stmt::Macro(one) => self.inner_macro(one),
            Stmt::CallBlock(one) => self.call_block(one),
            Stmt::Do(one) => {
                let call = Spanned::new(self.call(&one.call), one.call.span());
                Stmt::Do(Spanned::new(ast::Do { call }, one.span()))
            }
            Stmt::Continue(one) => Stmt::Continue(Spanned::new(ast::Continue, one.span())),
            Stmt::Break(one) => Stmt::Break(Spanned::new(ast::Break, one.span())),
            _ => self.block_statement(statement),
        }
    }

    /// Statements that hold text to be captured, and those that need other templates.
    fn block_statement(&mut self, statement: &Stmt<'a>) -> Stmt<'a> {
        let names_are_checked = std::mem::replace(&mut self.names_are_checked, true);
        let lowered = self.block_of_text(statement);
        self.names_are_checked = names_are_checked;
        lowered
    }

    fn block_of_text(&mut self, statement: &Stmt<'a>) -> Stmt<'a> {
        let output = self.output;
        if output == Output::Values {
            self.output = Output::TextOfValues;
        }
        let lowered = match statement {
            Stmt::SetBlock(one) => {
                let set = ast::SetBlock {
                    target: self.target(&one.target),
                    filter: one.filter.as_ref().map(|filter| self.expression(filter)),
                    body: self.scoped_body(&one.body, one.span()),
                };
                Stmt::SetBlock(Spanned::new(set, one.span()))
            }
            Stmt::FilterBlock(one) => {
                let body = self.scoped_body(&one.body, one.span());
                let filtered = self.expression(&one.filter);
                self.output = output;
                self.filter_block(body, filtered, one.span())
            }
            Stmt::WithBlock(one) => {
                self.output = output;
                Stmt::WithBlock(Spanned::new(self.with_block(one), one.span()))
            }
            Stmt::AutoEscape(one) => {
                self.output = output;
                let escape =
                    ast::AutoEscape { enabled: self.expression(&one.enabled), body: self.body(&one.body) };
                Stmt::AutoEscape(Spanned::new(escape, one.span()))
            }
            Stmt::Block(one) if output == Output::Values => {
                self.output = output;
                let with = ast::WithBlock { assignments: Vec::new(), body: self.body(&one.body) };
                Stmt::WithBlock(Spanned::new(with, one.span()))
            }
            Stmt::Block(one) => {
                let block = ast::Block { name: one.name, required: one.required, body: self.body(&one.body) };
                Stmt::Block(Spanned::new(block, one.span()))
            }
            Stmt::Import(one) => Self::no_other_templates("import", one.span()),
            Stmt::FromImport(one) => Self::no_other_templates("from", one.span()),
            Stmt::Extends(one) => Self::no_other_templates("extends", one.span()),
            Stmt::Include(one) => Self::no_other_templates("include", one.span()),
            _ => nothing(At::default()),
        };
        self.output = output;
        lowered
    }

    /// The filtered text is printed; natively it is a value like any other.
    fn filter_block(&mut self, body: Vec<Stmt<'a>>, filtered: Expr<'a>, at: At) -> Stmt<'a> {
        if self.output == Output::Values {
            let target = variable(intrinsic::FILTERED, at);
            let set = ast::SetBlock { target, filter: Some(filtered), body };
            let set = Stmt::SetBlock(Spanned::new(set, at));
            let body = vec![set, Self::emit_value(variable(intrinsic::FILTERED, at), at)];
            let with = ast::WithBlock { assignments: Vec::new(), body };
            return Stmt::WithBlock(Spanned::new(with, at));
        }
        let filter = filter(intrinsic::ONLY_TEXT, filtered, Vec::new(), at);
        Stmt::FilterBlock(Spanned::new(ast::FilterBlock { filter, body }, at))
    }

    /// What such a body sets is not seen after it.
    fn scoped_body(&mut self, statements: &[Stmt<'a>], at: At) -> Vec<Stmt<'a>> {
        let sets = statements.iter().any(|one| !matches!(one, Stmt::EmitRaw(_) | Stmt::EmitExpr(_)));
        let body = self.body(statements);
        if !sets {
            return body;
        }
        let with = ast::WithBlock { assignments: Vec::new(), body };
        vec![Stmt::WithBlock(Spanned::new(with, at))]
    }

    /// All values are computed before the first name is set.
    fn with_block(&mut self, one: &Spanned<ast::WithBlock<'a>>) -> ast::WithBlock<'a> {
        let mut assignments = Vec::new();
        if let [(target, value)] = one.assignments.as_slice() {
            assignments.push((self.target(target), self.expression(value)));
        } else {
            let targets = one.assignments.iter().map(|(target, _)| self.target(target)).collect();
            let values = one.assignments.iter().map(|(_, value)| self.expression(value)).collect();
            let targets = Expr::List(Spanned::new(ast::List { items: targets }, one.span()));
            let values = Expr::Tuple(Spanned::new(ast::Tuple { items: values }, one.span()));
            assignments.push((targets, values));
        }
        ast::WithBlock { assignments, body: self.body(&one.body) }
    }

    /// An error where it is reached.
    fn no_other_templates(tag: &str, at: At) -> Stmt<'a> {
        let expr = filter(intrinsic::OTHER_TEMPLATES, constant(Value::from(tag), at), Vec::new(), at);
        let condition = ast::IfCond { expr, true_body: Vec::new(), false_body: Vec::new() };
        Stmt::IfCond(Spanned::new(condition, at))
    }

    fn fail(&mut self, diagnostic: Diagnostic) {
        self.error.get_or_insert_with(|| diagnostic.boxed());
    }

    fn for_loop(&mut self, one: &ast::ForLoop<'a>) -> ast::ForLoop<'a> {
        let each = match one.target {
            Expr::List(_) => intrinsic::EACH_UNPACKED,
            _ => intrinsic::ITERATED,
        };
        let iter = self.expression(&one.iter);
        let iter = match iter {
            Expr::List(_) | Expr::Tuple(_) if each == intrinsic::ITERATED => iter,
            iter => filter(each, iter, Vec::new(), one.iter.span()),
        };
        let names_are_checked = std::mem::replace(&mut self.names_are_checked, true);
        let for_loop = ast::ForLoop {
            target: self.target(&one.target),
            iter: filter(intrinsic::LOOP, iter, Vec::new(), one.iter.span()),
            filter_expr: one.filter_expr.as_ref().map(|filter| self.expression(filter)),
            recursive: one.recursive,
            body: self.body(&one.body),
            else_body: self.body(&one.else_body),
        };
        self.names_are_checked = names_are_checked;
        for_loop
    }

    fn emit(&mut self, expression: &Expr<'a>, at: At) -> Stmt<'a> {
        if self.output == Output::Values {
            let printed = self.printed(expression, at);
            return Self::emit_value(printed, at);
        }
        if self.output == Output::TextOfValues {
            let expr = filter(intrinsic::ONLY_TEXT, self.printed(expression, at), Vec::new(), at);
            return Stmt::EmitExpr(Spanned::new(ast::EmitExpr { expr }, at));
        }
        let expr = match expression {
            // `{{ loop(..) }}` recurses, which only works as a statement of this very form.
            Expr::Call(call) if is_special_callee(&call.expr) => {
                Expr::Call(Spanned::new(self.plain_call(call), call.span()))
            }
            _ => self.expression(expression),
        };
        Stmt::EmitExpr(Spanned::new(ast::EmitExpr { expr }, at))
    }

    /// What Jinja2 can compute beforehand is printed as text.
    fn printed(&mut self, expression: &Expr<'a>, at: At) -> Expr<'a> {
        match expression {
            _ if folding::is_constant(expression) => {
                filter(intrinsic::PRINTED, self.expression(expression), Vec::new(), at)
            }
            // only one of the sides is computed
            Expr::IfExpr(one) if folding::is_constant(&one.test_expr) => {
                let condition = ast::IfExpr {
                    test_expr: self.expression(&one.test_expr),
                    true_expr: self.printed(&one.true_expr, at),
                    false_expr: one.false_expr.as_ref().map(|expr| self.printed(expr, at)),
                };
                Expr::IfExpr(Spanned::new(condition, at))
            }
            Expr::BinOp(one)
                if matches!(one.op, ast::BinOpKind::ScAnd | ast::BinOpKind::ScOr)
                    && folding::is_constant(&one.left) =>
            {
                let (left, right) = (self.printed(&one.left, at), self.printed(&one.right, at));
                let is_or = matches!(one.op, ast::BinOpKind::ScOr);
                let (true_expr, false_expr) = if is_or { (left, right) } else { (right, left) };
                let test_expr = self.expression(&one.left);
                let condition = ast::IfExpr { test_expr, true_expr, false_expr: Some(false_expr) };
                Expr::IfExpr(Spanned::new(condition, at))
            }
            _ => self.expression(expression),
        }
    }

    fn emit_value(value: Expr<'a>, at: At) -> Stmt<'a> {
        let output = variable(intrinsic::OUTPUT, at);
        let call = ast::Call {
            expr: filter(intrinsic::EMIT, output, Vec::new(), at),
            args: vec![CallArg::Pos(value)],
        };
        Stmt::Do(Spanned::new(ast::Do { call: Spanned::new(call, at) }, at))
    }

    /// The left side of an assignment: names, dotted names of namespaces, tuples of them.
    fn target(&mut self, target: &Expr<'a>) -> Expr<'a> {
        match target {
            Expr::Var(one) => variable(one.id, one.span()),
            Expr::List(one) => {
                let items = one.items.iter().map(|item| self.target(item)).collect();
                Expr::List(Spanned::new(ast::List { items }, one.span()))
            }
            Expr::GetAttr(one) => {
                let expr = self.expression(&one.expr);
                Expr::GetAttr(Spanned::new(ast::GetAttr { expr, name: one.name }, one.span()))
            }
            other => self.expression(other),
        }
    }

    pub(super) fn expression(&mut self, expression: &Expr<'a>) -> Expr<'a> {
        let at = expression.span();
        match expression {
            Expr::Var(one) => {
                self.note(one.id);
                variable(one.id, at)
            }
            Expr::Const(one) => constant(one.value.clone(), at),
            Expr::List(one) => {
                let items = self.expressions(&one.items);
                filter(intrinsic::LIST, Expr::List(Spanned::new(ast::List { items }, at)), Vec::new(), at)
            }
            Expr::Map(one) => {
                let map =
                    ast::Map { keys: self.expressions(&one.keys), values: self.expressions(&one.values) };
                filter(intrinsic::DICT, Expr::Map(Spanned::new(map, at)), Vec::new(), at)
            }
            Expr::Tuple(one) => {
                let items = self.expressions(&one.items);
                Expr::Tuple(Spanned::new(ast::Tuple { items }, at))
            }
            Expr::Slice(one) => self.slice(one, at),
            Expr::UnaryOp(one) => self.unary(one, at),
            Expr::BinOp(one) => self.binary(one, at),
            Expr::Compare(one) => self.comparisons(one, at),
            Expr::IfExpr(one) => {
                let names_are_checked = std::mem::replace(&mut self.names_are_checked, false);
                let condition = ast::IfExpr {
                    test_expr: self.expression(&one.test_expr),
                    true_expr: self.expression(&one.true_expr),
                    false_expr: one.false_expr.as_ref().map(|expr| self.expression(expr)),
                };
                self.names_are_checked = names_are_checked;
                Expr::IfExpr(Spanned::new(condition, at))
            }
            Expr::Filter(one) => {
                self.check_name("filter", one.name, at);
                let expr = one.expr.as_ref().map(|expr| self.expression(expr));
                let args = self.arguments(&one.args);
                Expr::Filter(Spanned::new(ast::Filter { name: one.name, expr, args }, at))
            }
            Expr::Test(one) => {
                self.check_name("test", one.name, at);
                let expr = self.expression(&one.expr);
                let args = self.arguments(&one.args);
                Expr::Test(Spanned::new(ast::Test { name: one.name, expr, args }, at))
            }
            Expr::GetAttr(one) => {
                let expr = self.expression(&one.expr);
                let at = joined(expr.span(), at);
                let attribute = Expr::GetAttr(Spanned::new(ast::GetAttr { expr, name: one.name }, at));
                if !python::is_method_name(one.name) {
                    return attribute;
                }
                if !is_path(&one.expr) {
                    let receiver = self.expression(&one.expr);
                    let name = CallArg::Pos(constant(Value::from(one.name), at));
                    return filter(intrinsic::ATTRIBUTE, receiver, vec![name], at);
                }
                let receiver = CallArg::Pos(self.expression(&one.expr));
                let name = CallArg::Pos(constant(Value::from(one.name), at));
                filter(intrinsic::METHOD, attribute, vec![receiver, name], at)
            }
            Expr::GetItem(one) => {
                let expr = self.expression(&one.expr);
                let at = joined(expr.span(), at);
                let subscript_expr = self.expression(&one.subscript_expr);
                match &subscript_expr {
                    Expr::Const(key) if key.value.as_str().is_some() => {
                        Expr::GetItem(Spanned::new(ast::GetItem { expr, subscript_expr }, at))
                    }
                    _ => filter(intrinsic::ITEM, expr, vec![CallArg::Pos(subscript_expr)], at),
                }
            }
            Expr::Call(one) if is_empty_cycle(one) => {
                filter(intrinsic::EMPTY_CYCLE, constant(Value::UNDEFINED, at), Vec::new(), at)
            }
            Expr::Call(one) => {
                let call = self.call(one);
                let at = joined(one.expr.span(), at);
                Expr::Call(Spanned::new(call, at))
            }
        }
    }

    fn check_name(&mut self, what: &str, name: &str, at: At) {
        if self.names_are_checked && !wording::is_known(what, name) {
            let place = self.map.span(at.start_offset as usize..at.end_offset as usize);
            self.fail(wording::unknown(what, name).label(place, ""));
        }
    }

    fn note(&mut self, name: &'a str) {
        match name {
            "varargs" => self.uses.varargs = true,
            "kwargs" => self.uses.kwargs = true,
            "caller" => self.uses.caller = true,
            _ => {}
        }
        if !self.names.contains(&name) {
            self.names.push(name);
        }
    }

    fn expressions(&mut self, expressions: &[Expr<'a>]) -> Vec<Expr<'a>> {
        expressions.iter().map(|expression| self.expression(expression)).collect()
    }

    fn slice(&mut self, one: &ast::Slice<'a>, at: At) -> Expr<'a> {
        let sliced = self.expression(&one.expr);
        let bounds = [&one.start, &one.stop, &one.step].map(|bound| match bound {
            Some(bound) => CallArg::Pos(self.expression(bound)),
            None => CallArg::Pos(constant(Value::from(()), at)),
        });
        filter(intrinsic::SLICE, sliced, bounds.into(), at)
    }

    fn unary(&mut self, one: &ast::UnaryOp<'a>, at: At) -> Expr<'a> {
        let expr = self.expression(&one.expr);
        match one.op {
            ast::UnaryOpKind::Neg => match &expr {
                Expr::Const(one) if one.value.is_number() => match operators::negate(&one.value) {
                    Ok(negated) => constant(negated, at),
                    Err(_) => filter(intrinsic::NEGATE, expr, Vec::new(), at),
                },
                _ => filter(intrinsic::NEGATE, expr, Vec::new(), at),
            },
            ast::UnaryOpKind::Not => {
                Expr::UnaryOp(Spanned::new(ast::UnaryOp { op: ast::UnaryOpKind::Not, expr }, at))
            }
        }
    }

    fn binary(&mut self, one: &ast::BinOp<'a>, at: At) -> Expr<'a> {
        let left = self.expression(&one.left);
        let right = self.expression(&one.right);
        // As it is parsed, the span starts where the token before the left side ends.
        let at = joined(left.span(), at);
        let overloaded = match one.op {
            ast::BinOpKind::Add => Some("+"),
            ast::BinOpKind::Sub => Some("-"),
            ast::BinOpKind::Mul => Some("*"),
            ast::BinOpKind::Div => Some("/"),
            ast::BinOpKind::FloorDiv => Some("//"),
            ast::BinOpKind::Rem => Some("%"),
            ast::BinOpKind::Pow => Some("**"),
            ast::BinOpKind::Concat => Some("~"),
            ast::BinOpKind::Eq | ast::BinOpKind::Ne if is_text_or_none(&left) || is_text_or_none(&right) => {
                None
            }
            ast::BinOpKind::Eq => Some("=="),
            ast::BinOpKind::Ne => Some("!="),
            ast::BinOpKind::Lt => Some("<"),
            ast::BinOpKind::Lte => Some("<="),
            ast::BinOpKind::Gt => Some(">"),
            ast::BinOpKind::Gte => Some(">="),
            ast::BinOpKind::In => Some("in"),
            _ => None,
        };
        match overloaded {
            Some(symbol) => filter(symbol, left, vec![CallArg::Pos(right)], at),
            None => Expr::BinOp(Spanned::new(ast::BinOp { op: one.op, left, right }, at)),
        }
    }

    fn arguments(&mut self, arguments: &[CallArg<'a>]) -> Vec<CallArg<'a>> {
        arguments
            .iter()
            .map(|argument| match argument {
                CallArg::Pos(expr) => CallArg::Pos(self.expression(expr)),
                CallArg::Kwarg(name, expr) => CallArg::Kwarg(name, self.expression(expr)),
                CallArg::PosSplat(expr) => CallArg::PosSplat(self.expression(expr)),
                CallArg::KwargSplat(expr) => CallArg::KwargSplat(self.expression(expr)),
            })
            .collect()
    }

    fn plain_call(&mut self, call: &ast::Call<'a>) -> ast::Call<'a> {
        let expr = match &call.expr {
            // a method that is called is no attribute
            Expr::GetAttr(one) => {
                let expr = self.expression(&one.expr);
                let at = joined(expr.span(), one.span());
                Expr::GetAttr(Spanned::new(ast::GetAttr { expr, name: one.name }, at))
            }
            other => self.expression(other),
        };
        ast::Call { expr, args: self.arguments(&call.args) }
    }

    /// A call of a bare name or of an item goes through a filter that knows what an undefined one means.
    fn call(&mut self, call: &ast::Call<'a>) -> ast::Call<'a> {
        let at = call.expr.span();
        let name = match &call.expr {
            Expr::Var(_) if is_special_callee(&call.expr) => return self.plain_call(call),
            Expr::Var(name) => constant(Value::from(name.id), at),
            // it is read twice: only what does nothing when it is read
            Expr::GetItem(one) if matches!(one.subscript_expr, Expr::Const(_) | Expr::Var(_)) => {
                self.expression(&one.subscript_expr)
            }
            _ => return self.plain_call(call),
        };
        let callee = self.expression(&call.expr);
        let name = vec![CallArg::Pos(name)];
        ast::Call { expr: filter(intrinsic::CALLEE, callee, name, at), args: self.arguments(&call.args) }
    }

    fn inner_macro(&mut self, one: &Spanned<ast::Macro<'a>>) -> Stmt<'a> {
        let expr = self.closure(one);
        // dbt: the macros of a file are called by other names
        let name = keep(&format!("dbt_macro__{}", one.name));
        let set = ast::Set { target: variable(name, one.span()), expr };
        Stmt::Set(Spanned::new(set, one.span()))
    }

    fn call_block(&mut self, one: &Spanned<ast::CallBlock<'a>>) -> Stmt<'a> {
        let mut call = self.call(&one.call);
        call.args.push(CallArg::Kwarg("caller", self.closure(&one.macro_decl)));
        let at = one.call.span();
        let expr = Expr::Call(Spanned::new(call, at));
        if self.output == Output::Values {
            return Self::emit_value(expr, one.span());
        }
        Stmt::EmitExpr(Spanned::new(ast::EmitExpr { expr }, one.span()))
    }

    /// A value that holds the compiled body and, when it is made, the values of the names that it reads.
    fn closure(&mut self, one: &Spanned<ast::Macro<'a>>) -> Expr<'a> {
        let at = one.span();
        let mut inner = Lowering::new(self.map, self.closures);
        inner.body(&one.body);
        for default in &one.defaults {
            inner.expression(default);
        }
        let names = std::mem::take(&mut inner.names);
        let keys = names.iter().map(|name| constant(Value::from(*name), at)).collect();
        let values = names.iter().map(|name| variable(name, at)).collect();
        let captured = Expr::Map(Spanned::new(ast::Map { keys, values }, at));
        for name in names {
            self.note(name);
        }
        let body = match (self.closures)(one, self.map) {
            Ok(body) => body,
            Err(diagnostic) => {
                self.fail(*diagnostic);
                Value::UNDEFINED
            }
        };
        filter(intrinsic::CLOSURE, constant(body, at), vec![CallArg::Pos(captured)], at)
    }
}

fn joined(first: At, last: At) -> At {
    At { start_line: first.start_line, start_col: first.start_col, start_offset: first.start_offset, ..last }
}

pub(super) fn variable(name: &str, at: At) -> Expr<'_> {
    Expr::Var(Spanned::new(ast::Var { id: name }, at))
}

pub(super) fn constant(value: Value, at: At) -> Expr<'static> {
    Expr::Const(Spanned::new(ast::Const { value }, at))
}

pub(super) fn filter<'a>(name: &'a str, value: Expr<'a>, args: Vec<CallArg<'a>>, at: At) -> Expr<'a> {
    Expr::Filter(Spanned::new(ast::Filter { name, expr: Some(value), args }, at))
}

fn nothing(at: At) -> Stmt<'static> {
    Stmt::EmitRaw(Spanned::new(ast::EmitRaw { raw: "" }, at))
}
