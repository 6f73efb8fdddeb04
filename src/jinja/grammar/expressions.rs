//! Jinja2's expressions, with its precedences.

use minijinja::Value;
use minijinja::machinery::ast::{self, BinOpKind, CallArg, CompareOpKind, Expr, Spanned, UnaryOpKind};

use super::nodes::{binary, constant, filter, start, tuple, unary, variable};
use super::parser::{Parsed, Parser};
use super::problem::Problem;
use super::token::Token;

/// The filter that a plus before an operand is; no template can name it.
pub(in crate::jinja) const POSITIVE: &str = "+1";

/// Where a tuple without brackets may stand.
#[derive(Clone, Copy)]
pub(super) struct TupleOf {
    /// `a if b else c` may be an item.
    pub(super) conditions: bool,
    /// A name that ends it.
    pub(super) until: Option<&'static str>,
}

impl TupleOf {
    pub(super) const EXPRESSIONS: Self = Self { conditions: true, until: None };
    pub(super) const OPERANDS: Self = Self { conditions: false, until: None };
}

/// How tightly an operator of two sides binds.
fn operator(token: &Token<'_>) -> Option<(u8, BinOpKind)> {
    Some(match token {
        Token::Name("or") => (1, BinOpKind::ScOr),
        Token::Name("and") => (2, BinOpKind::ScAnd),
        Token::Operator(symbol) => match *symbol {
            "+" => (5, BinOpKind::Add),
            "-" => (5, BinOpKind::Sub),
            "~" => (6, BinOpKind::Concat),
            "*" => (7, BinOpKind::Mul),
            "/" => (7, BinOpKind::Div),
            "//" => (7, BinOpKind::FloorDiv),
            "%" => (7, BinOpKind::Rem),
            "**" => (8, BinOpKind::Pow),
            _ => return None,
        },
        _ => return None,
    })
}

const NOT: u8 = 3;
const COMPARISON: u8 = 4;

impl<'a> Parser<'a> {
    pub(super) fn expression(&mut self) -> Parsed<Expr<'a>> {
        let begun = self.range.start;
        let mut expression = self.operation(1)?;
        while self.skip_name("if")? {
            let test_expr = self.operation(1)?;
            // Jinja2's is an undefined value like any other
            let false_expr = match self.skip_name("else")? {
                true => self.deeper(Self::expression)?,
                false => constant(Value::UNDEFINED, self.span(begun)),
            };
            let condition = ast::IfExpr { test_expr, true_expr: expression, false_expr: Some(false_expr) };
            expression = Expr::IfExpr(Spanned::new(condition, self.span(begun)));
        }
        Ok(expression)
    }

    /// Operators that bind at least so tightly.
    fn operation(&mut self, tightest: u8) -> Parsed<Expr<'a>> {
        let begun = self.range.start;
        let mut left = if tightest <= NOT && self.token.is_name("not") {
            self.next()?;
            let negated = self.deeper(|parser| parser.operation(NOT))?;
            unary(UnaryOpKind::Not, negated, self.span(begun))
        } else {
            let operand = self.operand(Suffixes::WithFilters)?;
            self.operators(operand, COMPARISON.max(tightest), begun)?
        };
        if tightest < NOT {
            left = self.operators(left, tightest, begun)?;
        }
        Ok(left)
    }

    /// What follows an operand.
    fn operators(&mut self, mut left: Expr<'a>, tightest: u8, begun: usize) -> Parsed<Expr<'a>> {
        loop {
            if let Some((binds, op)) = operator(&self.token) {
                // `and` and `or` do not stand between the sides of a comparison
                if binds < tightest {
                    return Ok(left);
                }
                self.next()?;
                let right = self.operation(binds + 1)?;
                left = binary(op, left, right, self.span(begun));
                continue;
            }
            if tightest > COMPARISON {
                return Ok(left);
            }
            let Some(op) = self.comparison()? else { return Ok(left) };
            left = self.compared(left, op, begun)?;
        }
    }

    fn comparison(&mut self) -> Parsed<Option<CompareOpKind>> {
        let negated = self.token.is_name("not") && self.look()?.is_name("in");
        let op = match self.token {
            Token::Operator("==") => CompareOpKind::Eq,
            Token::Operator("!=") => CompareOpKind::Ne,
            Token::Operator("<") => CompareOpKind::Lt,
            Token::Operator("<=") => CompareOpKind::Lte,
            Token::Operator(">") => CompareOpKind::Gt,
            Token::Operator(">=") => CompareOpKind::Gte,
            Token::Name("in") => CompareOpKind::In,
            _ if negated => {
                self.next()?;
                CompareOpKind::NotIn
            }
            _ => return Ok(None),
        };
        self.next()?;
        Ok(Some(op))
    }

    /// One comparison, or a chain of them.
    fn compared(&mut self, left: Expr<'a>, first: CompareOpKind, begun: usize) -> Parsed<Expr<'a>> {
        let right = self.operation(COMPARISON + 1)?;
        let mut ops = vec![ast::CompareOp { op: first, expr: right }];
        while let Some(op) = self.comparison()? {
            ops.push(ast::CompareOp { op, expr: self.operation(COMPARISON + 1)? });
        }
        let at = self.span(begun);
        if ops.len() > 1 {
            return Ok(Expr::Compare(Spanned::new(ast::Compare { expr: left, ops }, at)));
        }
        let Some(only) = ops.pop() else { return Ok(left) };
        let op = match only.op {
            CompareOpKind::Eq => BinOpKind::Eq,
            CompareOpKind::Ne => BinOpKind::Ne,
            CompareOpKind::Lt => BinOpKind::Lt,
            CompareOpKind::Lte => BinOpKind::Lte,
            CompareOpKind::Gt => BinOpKind::Gt,
            CompareOpKind::Gte => BinOpKind::Gte,
            CompareOpKind::In => BinOpKind::In,
            CompareOpKind::NotIn => {
                return Ok(unary(UnaryOpKind::Not, binary(BinOpKind::In, left, only.expr, at), at));
            }
        };
        Ok(binary(op, left, only.expr, at))
    }

    /// A value with its signs, and what is asked of it.
    fn operand(&mut self, suffixes: Suffixes) -> Parsed<Expr<'a>> {
        let begun = self.range.start;
        let sign = match self.token {
            Token::Operator("-") => Some(true),
            Token::Operator("+") => Some(false),
            _ => None,
        };
        let expression = match sign {
            Some(negative) => {
                self.next()?;
                let signed = self.deeper(|parser| parser.operand(Suffixes::WithoutFilters))?;
                let at = self.span(begun);
                if negative {
                    unary(UnaryOpKind::Neg, signed, at)
                } else {
                    filter(POSITIVE, Some(signed), Vec::new(), at)
                }
            }
            None => self.primary()?,
        };
        let expression = self.postfix(expression)?;
        match suffixes {
            Suffixes::WithFilters => self.filters_and_tests(expression),
            Suffixes::WithoutFilters => Ok(expression),
        }
    }

    pub(super) fn primary(&mut self) -> Parsed<Expr<'a>> {
        let begun = self.range.clone();
        let at = super::parser::span(begun.start, begun.end);
        match &self.token {
            Token::Name(name) => {
                let name = *name;
                self.next()?;
                Ok(match name {
                    "true" | "True" => constant(true, at),
                    "false" | "False" => constant(false, at),
                    "none" | "None" => constant((), at),
                    _ => variable(name, at),
                })
            }
            Token::Text(_) => self.texts(),
            Token::Integer(value) => {
                let value = value.clone();
                self.next()?;
                Ok(constant(value, at))
            }
            Token::Float(number) => {
                let number = *number;
                self.next()?;
                Ok(constant(number, at))
            }
            Token::Operator("(") => self.deeper(|parser| {
                parser.next()?;
                let inside = parser.tuple_or_one(TupleOf::EXPRESSIONS, true)?;
                parser.expect_operator(")")?;
                Ok(inside)
            }),
            Token::Operator("[") => self.deeper(Self::list),
            Token::Operator("{") => self.deeper(Self::dict),
            _ => Err(self.unexpected()),
        }
    }

    /// Texts that follow each other are one.
    fn texts(&mut self) -> Parsed<Expr<'a>> {
        let begun = self.range.start;
        let Token::Text(first) = self.next()? else { return Err(self.unexpected()) };
        if !matches!(self.token, Token::Text(_)) {
            return Ok(constant(first, self.span(begun)));
        }
        let mut all = first.as_str().unwrap_or_default().to_owned();
        while let Token::Text(more) = &self.token {
            all.push_str(more.as_str().unwrap_or_default());
            self.next()?;
        }
        Ok(constant(all, self.span(begun)))
    }

    /// One expression, or several with commas.
    pub(super) fn tuple_or_one(&mut self, of: TupleOf, in_brackets: bool) -> Parsed<Expr<'a>> {
        let begun = self.range.start;
        let mut items = Vec::new();
        let mut is_tuple = false;
        loop {
            if !items.is_empty() {
                self.expect_operator(",")?;
            }
            if self.ends_tuple(of.until) {
                break;
            }
            items.push(if of.conditions { self.expression()? } else { self.operation(1)? });
            if !self.token.is_operator(",") {
                break;
            }
            is_tuple = true;
        }
        if !is_tuple {
            if let Some(one) = items.pop() {
                return Ok(one);
            }
            if !in_brackets {
                return Err(self.no_expression());
            }
        }
        Ok(tuple(items, self.span(begun)))
    }

    pub(super) fn no_expression(&self) -> Problem {
        let message = format!("Expected an expression, got '{}'", self.token.described());
        Problem::new(message, self.range.clone())
    }

    pub(super) fn ends_tuple(&self, until: Option<&'static str>) -> bool {
        matches!(self.token, Token::VariableEnd | Token::BlockEnd | Token::Operator(")"))
            || until.is_some_and(|name| self.token.is_name(name))
    }

    fn list(&mut self) -> Parsed<Expr<'a>> {
        let begun = self.range.start;
        self.next()?;
        let mut items = Vec::new();
        while !self.token.is_operator("]") {
            if !items.is_empty() {
                self.expect_operator(",")?;
                if self.token.is_operator("]") {
                    break;
                }
            }
            items.push(self.expression()?);
        }
        self.expect_operator("]")?;
        Ok(Expr::List(Spanned::new(ast::List { items }, self.span(begun))))
    }

    fn dict(&mut self) -> Parsed<Expr<'a>> {
        let begun = self.range.start;
        self.next()?;
        let (mut keys, mut values) = (Vec::new(), Vec::new());
        while !self.token.is_operator("}") {
            if !keys.is_empty() {
                self.expect_operator(",")?;
                if self.token.is_operator("}") {
                    break;
                }
            }
            keys.push(self.expression()?);
            self.expect_operator(":")?;
            values.push(self.expression()?);
        }
        self.expect_operator("}")?;
        Ok(Expr::Map(Spanned::new(ast::Map { keys, values }, self.span(begun))))
    }

    pub(super) fn postfix(&mut self, mut expression: Expr<'a>) -> Parsed<Expr<'a>> {
        loop {
            expression = match self.token {
                Token::Operator(".") => self.attribute(expression)?,
                Token::Operator("[") => self.deeper(|parser| parser.subscript(expression))?,
                Token::Operator("(") => self.called(expression)?,
                _ => return Ok(expression),
            };
        }
    }

    fn filters_and_tests(&mut self, mut expression: Expr<'a>) -> Parsed<Expr<'a>> {
        loop {
            expression = match self.token {
                Token::Operator("|") => self.filtered(expression)?,
                Token::Name("is") => self.tested(expression)?,
                Token::Operator("(") => self.called(expression)?,
                _ => return Ok(expression),
            };
        }
    }

    fn attribute(&mut self, expr: Expr<'a>) -> Parsed<Expr<'a>> {
        let begun = start(&expr);
        self.next()?;
        let place = super::parser::span(self.range.start, self.range.end);
        match self.token.clone() {
            Token::Name(name) => {
                self.next()?;
                Ok(Expr::GetAttr(Spanned::new(ast::GetAttr { expr, name }, self.span(begun))))
            }
            Token::Integer(index) => {
                self.next()?;
                let subscript_expr = constant(index, place);
                Ok(Expr::GetItem(Spanned::new(ast::GetItem { expr, subscript_expr }, self.span(begun))))
            }
            _ => self.fail("expected name or number"),
        }
    }

    fn subscript(&mut self, expr: Expr<'a>) -> Parsed<Expr<'a>> {
        let begun = start(&expr);
        self.next()?;
        let inside = self.range.start;
        let mut items = Vec::new();
        while !self.token.is_operator("]") {
            if !items.is_empty() {
                self.expect_operator(",")?;
            }
            items.push(self.subscribed()?);
        }
        let tuple_at = self.span(inside);
        self.expect_operator("]")?;
        let at = self.span(begun);
        if items.len() == 1
            && let Some(only) = items.pop()
        {
            return Ok(match only {
                Subscript::Item(subscript_expr) => {
                    Expr::GetItem(Spanned::new(ast::GetItem { expr, subscript_expr }, at))
                }
                Subscript::Slice([start, stop, step]) => {
                    Expr::Slice(Spanned::new(ast::Slice { expr, start, stop, step }, at))
                }
            });
        }
        let mut parts = Vec::with_capacity(items.len());
        for item in items {
            match item {
                Subscript::Item(item) => parts.push(item),
                Subscript::Slice(_) => {
                    return Err(
                        Problem::new("invalid syntax", inside..self.last_end).help("a slice stands alone")
                    );
                }
            }
        }
        let subscript_expr = tuple(parts, tuple_at);
        Ok(Expr::GetItem(Spanned::new(ast::GetItem { expr, subscript_expr }, at)))
    }

    fn subscribed(&mut self) -> Parsed<Subscript<'a>> {
        let mut bounds = [None, None, None];
        if !self.token.is_operator(":") {
            let first = self.expression()?;
            if !self.token.is_operator(":") {
                return Ok(Subscript::Item(first));
            }
            bounds[0] = Some(first);
        }
        self.next()?;
        if !matches!(self.token, Token::Operator(":" | "]" | ",")) {
            bounds[1] = Some(self.expression()?);
        }
        if self.skip_operator(":")? && !matches!(self.token, Token::Operator("]" | ",")) {
            bounds[2] = Some(self.expression()?);
        }
        Ok(Subscript::Slice(bounds))
    }

    fn called(&mut self, expr: Expr<'a>) -> Parsed<Expr<'a>> {
        let begun = start(&expr);
        let args = self.deeper(Self::arguments)?;
        Ok(Expr::Call(Spanned::new(ast::Call { expr, args }, self.span(begun))))
    }

    fn arguments(&mut self) -> Parsed<Vec<CallArg<'a>>> {
        let opened = self.range.clone();
        self.expect_operator("(")?;
        let mut arguments = Vec::new();
        let mut seen = Seen::Positional;
        while !self.token.is_operator(")") {
            if !arguments.is_empty() {
                self.expect_operator(",")?;
                if self.token.is_operator(")") {
                    break;
                }
            }
            let named = matches!(self.token, Token::Name(_)) && self.look()?.is_operator("=");
            let (allowed, kind) = match self.token {
                Token::Operator("*") => (seen < Seen::Star, Seen::Star),
                Token::Operator("**") => (seen < Seen::StarStar, Seen::StarStar),
                Token::Name(_) if named => (seen < Seen::StarStar, seen.max(Seen::Keyword)),
                _ => (seen == Seen::Positional, seen),
            };
            if !allowed {
                return Err(Problem::new("invalid syntax for function call expression", opened));
            }
            arguments.push(match self.token {
                Token::Operator("*") => {
                    self.next()?;
                    CallArg::PosSplat(self.expression()?)
                }
                Token::Operator("**") => {
                    self.next()?;
                    CallArg::KwargSplat(self.expression()?)
                }
                Token::Name(name) if named => self.keyword(name, &arguments)?,
                _ => CallArg::Pos(self.expression()?),
            });
            seen = kind;
        }
        self.expect_operator(")")?;
        Ok(arguments)
    }

    fn keyword(&mut self, name: &'a str, before: &[CallArg<'a>]) -> Parsed<CallArg<'a>> {
        if before.iter().any(|one| matches!(one, CallArg::Kwarg(known, _) if *known == name)) {
            return self.fail(format!("keyword argument repeated: {name}"));
        }
        self.next()?;
        self.next()?;
        Ok(CallArg::Kwarg(name, self.expression()?))
    }

    /// `a.b` of `x | a.b`.
    fn dotted_name(&mut self) -> Parsed<&'a str> {
        let begun = self.range.start;
        self.expect_name()?;
        while self.skip_operator(".")? {
            self.expect_name()?;
        }
        Ok(self.text(begun..self.last_end))
    }

    /// One filter of a value, or of the text of a block.
    pub(super) fn filter(&mut self, expr: Option<Expr<'a>>) -> Parsed<Expr<'a>> {
        let begun = self.range.start;
        let name = self.dotted_name()?;
        let args = if self.token.is_operator("(") { self.deeper(Self::arguments)? } else { Vec::new() };
        Ok(filter(name, expr, args, self.span(begun)))
    }

    fn filtered(&mut self, expression: Expr<'a>) -> Parsed<Expr<'a>> {
        self.next()?;
        self.filter(Some(expression))
    }

    fn tested(&mut self, expr: Expr<'a>) -> Parsed<Expr<'a>> {
        let begun = start(&expr);
        self.next()?;
        let negated = self.skip_name("not")?;
        let named = self.range.start;
        let name = self.dotted_name()?;
        let args = match self.token {
            Token::Operator("(") => self.deeper(Self::arguments)?,
            Token::Name("else" | "or" | "and") => Vec::new(),
            Token::Name("is") => return self.fail("You cannot chain multiple tests with is"),
            Token::Name(_)
            | Token::Text(_)
            | Token::Integer(_)
            | Token::Float(_)
            | Token::Operator("[" | "{") => {
                let argument = self.primary()?;
                vec![CallArg::Pos(self.postfix(argument)?)]
            }
            _ => Vec::new(),
        };
        let test = Expr::Test(Spanned::new(ast::Test { name, expr, args }, self.span(named)));
        Ok(if negated { unary(UnaryOpKind::Not, test, self.span(begun)) } else { test })
    }
}

#[derive(Clone, Copy)]
enum Suffixes {
    WithFilters,
    WithoutFilters,
}

enum Subscript<'a> {
    Item(Expr<'a>),
    Slice([Option<Expr<'a>>; 3]),
}

/// The arguments of a call so far.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Seen {
    Positional,
    Keyword,
    Star,
    StarStar,
}
