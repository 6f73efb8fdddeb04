//! Jinja2's statements, with the tags that dbt adds.

use minijinja::machinery::Span;
use minijinja::machinery::ast::{self, Expr, Spanned, Stmt};

use super::expressions::TupleOf;
use super::parser::{Loops, Parsed, Parser};
use super::problem::Problem;
use super::targets::Signature;
use super::token::Token;
use crate::diagnostic::did_you_mean;

type Body<'a> = Vec<Stmt<'a>>;

const TAGS: [&str; 16] = [
    "if", "elif", "else", "endif", "for", "endfor", "set", "endset", "do", "macro", "endmacro", "call",
    "endcall", "filter", "with", "raw",
];

impl<'a> Parser<'a> {
    /// A whole text.
    pub(super) fn template(mut self) -> Parsed<Body<'a>> {
        self.body()
    }

    /// An expression and nothing else.
    pub(super) fn only_expression(mut self) -> Parsed<Expr<'a>> {
        let expression = self.expression()?;
        match self.token {
            Token::End => Ok(expression),
            _ => self.fail(format!("chunk after expression: '{}'", self.token.described())),
        }
    }

    /// Statements up to one of the tags that end the innermost block.
    fn body(&mut self) -> Parsed<Body<'a>> {
        let mut body = Vec::new();
        loop {
            let begun = self.range.clone();
            match self.token {
                Token::End => return Ok(body),
                Token::Data(raw) => {
                    self.next()?;
                    if !raw.is_empty() {
                        body.push(Stmt::EmitRaw(Spanned::new(ast::EmitRaw { raw }, self.span(begun.start))));
                    }
                }
                Token::VariableBegin => {
                    self.next()?;
                    let expr = self.tuple_or_one(TupleOf::EXPRESSIONS, false)?;
                    if !matches!(self.token, Token::VariableEnd) {
                        return Err(self.expected("end of print statement"));
                    }
                    self.next()?;
                    body.push(emit(expr, self.span(begun.start)));
                }
                Token::BlockBegin => {
                    self.next()?;
                    if let Token::Name(name) = self.token
                        && self.ends.last().is_some_and(|ends| ends.contains(&name))
                    {
                        return Ok(body);
                    }
                    self.statement(begun, &mut body)?;
                    self.end_of_tag()?;
                }
                _ => return Err(self.unexpected()),
            }
        }
    }

    fn end_of_tag(&mut self) -> Parsed<()> {
        if !matches!(self.token, Token::BlockEnd) {
            return Err(self.expected("end of statement block"));
        }
        self.next().map(drop)
    }

    /// The rest of a tag, then a body; the tag that ends it is the current token.
    fn body_until(&mut self, ends: &'static [&'static str]) -> Parsed<Body<'a>> {
        // for those who write Python
        self.skip_operator(":")?;
        self.end_of_tag()?;
        self.ends.push(ends);
        let body = self.deeper(Self::body)?;
        if matches!(self.token, Token::End) {
            return Err(self.end_of_template());
        }
        self.ends.pop();
        Ok(body)
    }

    /// A body and the name of the tag that ends it.
    fn only_body(&mut self, ends: &'static [&'static str]) -> Parsed<Body<'a>> {
        let body = self.body_until(ends)?;
        self.next()?;
        Ok(body)
    }

    /// A body that runs apart from the loop around it.
    fn body_apart(&mut self, ends: &'static [&'static str]) -> Parsed<Body<'a>> {
        let loops = std::mem::replace(&mut self.loops, Loops::Outside);
        let body = self.only_body(ends)?;
        self.loops = loops;
        Ok(body)
    }

    /// A body with names or text of its own.
    fn body_within(&mut self, ends: &'static [&'static str]) -> Parsed<Body<'a>> {
        let loops = self.loops;
        if loops == Loops::Inside {
            self.loops = Loops::InsideBlock;
        }
        let body = self.only_body(ends)?;
        self.loops = loops;
        Ok(body)
    }

    fn statement(&mut self, opened: std::ops::Range<usize>, body: &mut Body<'a>) -> Parsed<()> {
        let Token::Name(tag) = self.token else { return self.fail("tag name expected") };
        let named = self.range.clone();
        self.blocks.push((tag, opened.clone()));
        self.next()?;
        let begun = named.start;
        let statement = match tag {
            "for" => self.for_loop(begun)?,
            "if" => self.condition(begun)?,
            "set" => self.set(begun)?,
            "with" => self.with(begun)?,
            "macro" | "test" => {
                let name = self.name_target()?;
                let signature = self.signature()?;
                self.definition(tag, name, signature, begun)?
            }
            "docs" => {
                let name = self.name_target()?;
                self.definition(tag, name, Signature::default(), begun)?
            }
            "materialization" => self.materialization(begun)?,
            "call" => self.call_block(begun)?,
            "filter" => {
                let filter = self.filters(None)?;
                let body = self.body_within(&["endfilter"])?;
                Stmt::FilterBlock(Spanned::new(ast::FilterBlock { filter, body }, self.span(begun)))
            }
            "print" => {
                self.print(body)?;
                self.blocks.pop();
                return Ok(());
            }
            "do" => self.discarded(begun)?,
            "break" | "continue" if self.loops == Loops::InsideBlock => {
                let message = format!("`{tag}` cannot leave a `with`, `set` or `filter` block of a loop");
                return Err(
                    Problem::new(message, named).help("set a name in the block, and leave the loop after it")
                );
            }
            "break" | "continue" if self.loops == Loops::Outside => {
                let message = match tag {
                    "break" => "'break' outside loop",
                    _ => "'continue' not properly in loop",
                };
                return Err(Problem::new(message, named));
            }
            "break" => Stmt::Break(Spanned::new(ast::Break, self.span(begun))),
            "continue" => Stmt::Continue(Spanned::new(ast::Continue, self.span(begun))),
            "autoescape" => {
                let enabled = self.expression()?;
                let body = self.body_within(&["endautoescape"])?;
                Stmt::AutoEscape(Spanned::new(ast::AutoEscape { enabled, body }, self.span(begun)))
            }
            "block" => self.block(begun)?,
            "extends" => {
                let name = self.expression()?;
                Stmt::Extends(Spanned::new(ast::Extends { name }, self.span(begun)))
            }
            "include" => self.include(begun)?,
            "import" => self.import(begun)?,
            "from" => self.import_of_names(begun)?,
            _ => {
                self.blocks.pop();
                return Err(self.unknown_tag(tag, named));
            }
        };
        self.blocks.pop();
        body.push(statement);
        Ok(())
    }

    fn for_loop(&mut self, begun: usize) -> Parsed<Stmt<'a>> {
        self.open_loops += 1;
        let target = self.stored(Some("in"), false)?;
        self.expect_keyword("in")?;
        let iter = self.operands_until("recursive")?;
        let filter_expr = if self.skip_name("if")? { Some(self.expression()?) } else { None };
        let recursive = self.skip_name("recursive")?;
        let loops = std::mem::replace(&mut self.loops, Loops::Inside);
        let body = self.body_until(&["endfor", "else"])?;
        self.loops = loops;
        let has_else = self.token.is_name("else");
        self.next()?;
        let else_body = if has_else { self.only_body(&["endfor"])? } else { Vec::new() };
        self.open_loops -= 1;
        let for_loop = ast::ForLoop { target, iter, filter_expr, recursive, body, else_body };
        Ok(Stmt::ForLoop(Spanned::new(for_loop, self.span(begun))))
    }

    /// A target, which inside of loops is not `loop`.
    fn stored(&mut self, until: Option<&'static str>, dotted: bool) -> Parsed<Expr<'a>> {
        let begun = self.range.start;
        let target = self.target(until, dotted)?;
        if self.open_loops > 0 && holds_name(&target, "loop") {
            let message = "Can't assign to special loop variable in for-loop target";
            return Err(Problem::new(message, begun..self.last_end));
        }
        Ok(target)
    }

    fn condition(&mut self, begun: usize) -> Parsed<Stmt<'a>> {
        let mut branches = Vec::new();
        let mut otherwise = Vec::new();
        loop {
            let condition = self.tuple_or_one(TupleOf::OPERANDS, false)?;
            let body = self.body_until(&["elif", "else", "endif"])?;
            branches.push((condition, body, self.span(begun)));
            let end = self.next()?;
            if end.is_name("elif") {
                continue;
            }
            if end.is_name("else") {
                otherwise = self.only_body(&["endif"])?;
            }
            break;
        }
        for (expr, true_body, at) in branches.into_iter().rev() {
            let condition = ast::IfCond { expr, true_body, false_body: otherwise };
            otherwise = vec![Stmt::IfCond(Spanned::new(condition, at))];
        }
        otherwise.pop().ok_or_else(|| self.unexpected())
    }

    fn set(&mut self, begun: usize) -> Parsed<Stmt<'a>> {
        let target = self.stored(None, true)?;
        if self.skip_operator("=")? {
            let expr = self.tuple_or_one(TupleOf::EXPRESSIONS, false)?;
            return Ok(Stmt::Set(Spanned::new(ast::Set { target, expr }, self.span(begun))));
        }
        let filter = if self.skip_operator("|")? { Some(self.filters(None)?) } else { None };
        let body = self.body_within(&["endset"])?;
        Ok(Stmt::SetBlock(Spanned::new(ast::SetBlock { target, filter, body }, self.span(begun))))
    }

    /// `upper | replace('a', 'b')`
    fn filters(&mut self, of: Option<Expr<'a>>) -> Parsed<Expr<'a>> {
        let mut filter = self.filter(of)?;
        while self.skip_operator("|")? {
            filter = self.filter(Some(filter))?;
        }
        Ok(filter)
    }

    fn with(&mut self, begun: usize) -> Parsed<Stmt<'a>> {
        let mut assignments = Vec::new();
        while !matches!(self.token, Token::BlockEnd) {
            if !assignments.is_empty() {
                self.expect_operator(",")?;
            }
            let target = self.target(None, false)?;
            self.expect_operator("=")?;
            assignments.push((target, self.expression()?));
        }
        let body = self.body_within(&["endwith"])?;
        Ok(Stmt::WithBlock(Spanned::new(ast::WithBlock { assignments, body }, self.span(begun))))
    }

    /// A macro, or what dbt reads as one.
    fn definition(
        &mut self,
        tag: &str,
        name: &'a str,
        (args, defaults): Signature<'a>,
        begun: usize,
    ) -> Parsed<Stmt<'a>> {
        let ends: &[&str] = match tag {
            "test" => &["endtest"],
            "docs" => &["enddocs"],
            "materialization" => &["endmaterialization"],
            _ => &["endmacro"],
        };
        let body = self.body_apart(ends)?;
        let at = self.span(begun);
        if tag != "macro" {
            // nothing can call it
            return Ok(Stmt::EmitRaw(Spanned::new(ast::EmitRaw { raw: "" }, at)));
        }
        Ok(Stmt::Macro(Spanned::new(ast::Macro { name, args, defaults, body }, at)))
    }

    fn materialization(&mut self, begun: usize) -> Parsed<Stmt<'a>> {
        let name = self.name_target()?;
        while self.skip_operator(",")? {
            let range = self.range.clone();
            match self.name_target()? {
                "default" => {}
                "adapter" | "supported_languages" => {
                    self.expect_operator("=")?;
                    self.expression()?;
                }
                other => {
                    let message = format!("materialization '{name}' received unknown argument '{other}'.");
                    return Err(Problem::new(message, range));
                }
            }
        }
        self.definition("materialization", name, Signature::default(), begun)
    }

    fn call_block(&mut self, begun: usize) -> Parsed<Stmt<'a>> {
        let (args, defaults) =
            if self.token.is_operator("(") { self.signature()? } else { Signature::default() };
        let called = self.range.start;
        let Expr::Call(call) = self.expression()? else {
            return Err(Problem::new("expected call", called..self.last_end));
        };
        let body = self.body_apart(&["endcall"])?;
        let at = self.span(begun);
        let macro_decl = Spanned::new(ast::Macro { name: "caller", args, defaults, body }, at);
        Ok(Stmt::CallBlock(Spanned::new(ast::CallBlock { call, macro_decl }, at)))
    }

    fn print(&mut self, body: &mut Body<'a>) -> Parsed<()> {
        let mut first = true;
        while !matches!(self.token, Token::BlockEnd) {
            if !std::mem::take(&mut first) {
                self.expect_operator(",")?;
            }
            let begun = self.range.start;
            let expr = self.expression()?;
            body.push(emit(expr, self.span(begun)));
        }
        Ok(())
    }

    fn discarded(&mut self, begun: usize) -> Parsed<Stmt<'a>> {
        let expr = self.tuple_or_one(TupleOf::EXPRESSIONS, false)?;
        let at = self.span(begun);
        Ok(match expr {
            Expr::Call(call) => Stmt::Do(Spanned::new(ast::Do { call }, at)),
            // a condition of nothing computes its value as well
            expr => {
                let condition = ast::IfCond { expr, true_body: Vec::new(), false_body: Vec::new() };
                Stmt::IfCond(Spanned::new(condition, at))
            }
        })
    }

    fn block(&mut self, begun: usize) -> Parsed<Stmt<'a>> {
        let name = self.expect_name()?;
        if self.named.contains(&name) {
            return self.fail(format!("block '{name}' defined twice"));
        }
        self.named.push(name);
        self.skip_name("scoped")?;
        let required = self.skip_name("required")?;
        if self.token.is_operator("-") {
            return self.fail(
                "Block names in Jinja have to be valid Python identifiers and may not contain hyphens, use an \
                 underscore instead.",
            );
        }
        let body = self.body_apart(&["endblock"])?;
        let is_space = |one: &Stmt<'_>| matches!(one, Stmt::EmitRaw(raw) if raw.raw.trim().is_empty());
        if required && !body.iter().all(is_space) {
            return self.fail("Required blocks can only contain comments or whitespace");
        }
        self.skip_name(name)?;
        Ok(Stmt::Block(Spanned::new(ast::Block { name, required, body }, self.span(begun))))
    }

    /// `with context` and `without context`, which change nothing here.
    fn skip_context(&mut self) -> Parsed<bool> {
        let found = matches!(self.token, Token::Name("with" | "without")) && self.look()?.is_name("context");
        if found {
            self.next()?;
            self.next()?;
        }
        Ok(found)
    }

    fn include(&mut self, begun: usize) -> Parsed<Stmt<'a>> {
        let name = self.expression()?;
        let ignore_missing = self.token.is_name("ignore") && self.look()?.is_name("missing");
        if ignore_missing {
            self.next()?;
            self.next()?;
        }
        self.skip_context()?;
        Ok(Stmt::Include(Spanned::new(ast::Include { name, ignore_missing }, self.span(begun))))
    }

    fn import(&mut self, begun: usize) -> Parsed<Stmt<'a>> {
        let expr = self.expression()?;
        self.expect_keyword("as")?;
        let name = super::nodes::variable(self.name_target()?, self.span(begun));
        self.skip_context()?;
        Ok(Stmt::Import(Spanned::new(ast::Import { expr, name }, self.span(begun))))
    }

    fn import_of_names(&mut self, begun: usize) -> Parsed<Stmt<'a>> {
        let expr = self.expression()?;
        self.expect_keyword("import")?;
        let mut any = false;
        loop {
            if any {
                self.expect_operator(",")?;
            }
            if !matches!(self.token, Token::Name(_)) {
                return Err(self.expected("name"));
            }
            if self.skip_context()? {
                break;
            }
            if self.name_target()?.starts_with('_') {
                return self.fail("names starting with an underline can not be imported");
            }
            if self.skip_name("as")? {
                self.name_target()?;
            }
            any = true;
            if self.skip_context()? || !self.token.is_operator(",") {
                break;
            }
        }
        let at: Span = self.span(begun);
        Ok(Stmt::FromImport(Spanned::new(ast::FromImport { expr, names: Vec::new() }, at)))
    }

    fn looking_for(&self) -> Option<String> {
        let ends = self.ends.last()?;
        Some(ends.iter().map(|end| format!("'{end}'")).collect::<Vec<_>>().join(" or "))
    }

    fn unknown_tag(&self, tag: &str, range: std::ops::Range<usize>) -> Problem {
        let mut message = format!("Encountered unknown tag '{tag}'.");
        if let Some(looking) = self.looking_for() {
            let expected = self.ends.iter().any(|ends| ends.contains(&tag));
            message += &match expected {
                true => format!(
                    " You probably made a nesting mistake. Jinja is expecting this tag, but currently looking for \
                     {looking}."
                ),
                false => format!(" Jinja was looking for the following tags: {looking}."),
            };
        }
        if let Some((innermost, _)) = self.blocks.last() {
            message += &format!(" The innermost block that needs to be closed is '{innermost}'.");
        }
        let problem = Problem::new(message, range);
        if tag.starts_with("end") || matches!(tag, "else" | "elif") {
            if self.ends.is_empty() {
                return problem.help("there is no open block that it could belong to");
            }
            return problem;
        }
        match did_you_mean(tag, TAGS) {
            Some(help) => problem.help(help),
            None => problem,
        }
    }

    /// A block is still open.
    fn end_of_template(&self) -> Problem {
        let mut message = "Unexpected end of template.".to_owned();
        if let Some(looking) = self.looking_for() {
            message += &format!(" Jinja was looking for the following tags: {looking}.");
        }
        let Some((innermost, opened)) = self.blocks.last() else {
            return Problem::new(message, self.range.clone());
        };
        message += &format!(" The innermost block that needs to be closed is '{innermost}'.");
        let text = self.text(opened.start..self.range.end);
        let length = text.find("%}").map_or(2, |end| end + 2);
        Problem::new(message, opened.start..opened.start + length)
            .help(format!("close it with `{{% end{innermost} %}}`"))
    }
}

fn holds_name(target: &Expr<'_>, name: &str) -> bool {
    match target {
        Expr::Var(one) => one.id == name,
        Expr::List(list) => list.items.iter().any(|item| holds_name(item, name)),
        _ => false,
    }
}

fn emit(expr: Expr<'_>, at: Span) -> Stmt<'_> {
    Stmt::EmitExpr(Spanned::new(ast::EmitExpr { expr }, at))
}
