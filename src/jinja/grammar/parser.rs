//! The stream of tokens, and what every part of the grammar asks of it.

use std::ops::Range;

use minijinja::machinery::Span;

use super::lexer::Lexer;
use super::problem::Problem;
use super::token::Token;

pub(super) type Parsed<T> = Result<T, Problem>;

/// So deep may brackets, signs and blocks stand inside each other.
const DEEPEST: usize = 150;

/// What `break` and `continue` find around them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Loops {
    Outside,
    Inside,
    /// A loop, and in it a block with names or text of its own, which the virtual machine cannot leave by a jump.
    InsideBlock,
}

pub(super) struct Parser<'a> {
    lexer: Lexer<'a>,
    pub(super) token: Token<'a>,
    pub(super) range: Range<usize>,
    ahead: Option<(Token<'a>, Range<usize>)>,
    /// Where the token before the current one ends.
    pub(super) last_end: usize,
    /// The first mark of the tag that is read.
    opened: Range<usize>,
    /// The blocks that are read, with their tags.
    pub(super) blocks: Vec<(&'a str, Range<usize>)>,
    /// What ends each of them.
    pub(super) ends: Vec<&'static [&'static str]>,
    /// Whether `break` has a loop to leave.
    pub(super) loops: Loops,
    /// How many loops are read, whatever stands between them.
    pub(super) open_loops: usize,
    /// The names of `{% block %}`.
    pub(super) named: Vec<&'a str>,
    depth: usize,
}

impl<'a> Parser<'a> {
    pub(super) fn of_template(text: &'a str) -> Parsed<Self> {
        Self::new(Lexer::of_template(text))
    }

    pub(super) fn of_expression(text: &'a str) -> Parsed<Self> {
        Self::new(Lexer::of_expression(text))
    }

    fn new(lexer: Lexer<'a>) -> Parsed<Self> {
        let mut parser = Self {
            lexer,
            token: Token::End,
            range: 0..0,
            ahead: None,
            last_end: 0,
            opened: 0..0,
            blocks: Vec::new(),
            ends: Vec::new(),
            loops: Loops::Outside,
            open_loops: 0,
            named: Vec::new(),
            depth: 0,
        };
        (parser.token, parser.range) = parser.lexer.next()?;
        parser.note_opened();
        Ok(parser)
    }

    pub(super) fn text(&self, range: Range<usize>) -> &'a str {
        self.lexer.text().get(range).unwrap_or_default()
    }

    fn note_opened(&mut self) {
        if matches!(self.token, Token::BlockBegin | Token::VariableBegin) {
            self.opened = self.range.clone();
        }
    }

    /// Goes one token ahead and gives the old one.
    pub(super) fn next(&mut self) -> Parsed<Token<'a>> {
        self.last_end = self.range.end;
        let (token, range) = match self.ahead.take() {
            Some(ahead) => ahead,
            None => self.lexer.next()?,
        };
        self.range = range;
        let old = std::mem::replace(&mut self.token, token);
        self.note_opened();
        Ok(old)
    }

    /// The token after the current one.
    pub(super) fn look(&mut self) -> Parsed<&Token<'a>> {
        if self.ahead.is_none() {
            self.ahead = Some(self.lexer.next()?);
        }
        Ok(self.ahead.as_ref().map_or(&self.token, |(token, _)| token))
    }

    pub(super) fn skip_operator(&mut self, symbol: &str) -> Parsed<bool> {
        let found = self.token.is_operator(symbol);
        if found {
            self.next()?;
        }
        Ok(found)
    }

    pub(super) fn skip_name(&mut self, name: &str) -> Parsed<bool> {
        let found = self.token.is_name(name);
        if found {
            self.next()?;
        }
        Ok(found)
    }

    pub(super) fn expect_operator(&mut self, symbol: &'static str) -> Parsed<()> {
        if self.skip_operator(symbol)? { Ok(()) } else { Err(self.expected(symbol)) }
    }

    pub(super) fn expect_keyword(&mut self, name: &'static str) -> Parsed<()> {
        if self.skip_name(name)? { Ok(()) } else { Err(self.expected(name)) }
    }

    pub(super) fn expect_name(&mut self) -> Parsed<&'a str> {
        let Token::Name(name) = self.token else { return Err(self.expected("name")) };
        self.next()?;
        Ok(name)
    }

    /// The current token is not the one that must stand here.
    pub(super) fn expected(&self, what: &str) -> Problem {
        let got = self.token.described();
        let closed_by = match what {
            "end of print statement" => "}}",
            _ => "%}",
        };
        let ends_tag = matches!(what, "end of print statement" | "end of statement block");
        if matches!(self.token, Token::End) {
            let problem =
                Problem::new(format!("unexpected end of template, expected '{what}'."), self.opened.clone());
            let closed_by = if self.text(self.opened.clone()).starts_with("{{") { "}}" } else { "%}" };
            return problem.help(format!("close it with `{closed_by}`"));
        }
        let problem = Problem::new(format!("expected token '{what}', got '{got}'"), self.range.clone());
        if !ends_tag {
            return problem;
        }
        let found = self.text(self.range.clone());
        problem.help(format!("close it with `{closed_by}`, or put an operator or a comma before `{found}`"))
    }

    pub(super) fn unexpected(&self) -> Problem {
        let got = self.token.described();
        if matches!(self.token, Token::End) {
            return Problem::new(format!("unexpected '{got}'"), self.opened.clone());
        }
        Problem::new(format!("unexpected '{got}'"), self.range.clone())
    }

    pub(super) fn fail<T>(&self, message: impl Into<String>) -> Parsed<T> {
        Err(Problem::new(message, self.range.clone()))
    }

    /// Reads what may hold itself.
    pub(super) fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth == DEEPEST {
            return self.fail("template exceeds maximum recursion limits");
        }
        self.depth += 1;
        let read = read(self);
        self.depth -= 1;
        read
    }

    /// From a place to the end of the last token.
    pub(super) fn span(&self, start: usize) -> Span {
        span(start, self.last_end)
    }
}

/// Lines are not needed: what reads these spans looks at the offsets.
pub(super) fn span(start: usize, end: usize) -> Span {
    let offset = |offset| u32::try_from(offset).unwrap_or(u32::MAX);
    Span { start_offset: offset(start), end_offset: offset(end), ..Span::default() }
}
