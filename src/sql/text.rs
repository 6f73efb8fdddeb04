//! The query's own text: where its clauses begin and end, and what is added to it.

use std::ops::Range;

use sqlparser::tokenizer::{Location, Token, TokenWithSpan};

pub(in crate::sql) struct Text<'a> {
    sql: &'a str,
    lines: Vec<usize>,
    tokens: Vec<(Range<usize>, Token)>,
}

impl<'a> Text<'a> {
    pub(in crate::sql) fn new(sql: &'a str, tokens: &[TokenWithSpan]) -> Self {
        let mut lines = vec![0];
        lines.extend(sql.match_indices('\n').map(|(at, _)| at + 1));
        let mut text = Self { sql, lines, tokens: Vec::new() };
        text.tokens = tokens
            .iter()
            .map(|token| (text.offset(token.span.start)..text.offset(token.span.end), token.token.clone()))
            .collect();
        text
    }

    pub(in crate::sql) fn offset(&self, location: Location) -> usize {
        let line = usize::try_from(location.line).unwrap_or(usize::MAX).saturating_sub(1);
        let column = usize::try_from(location.column).unwrap_or(usize::MAX).saturating_sub(1);
        let start = self.lines.get(line).copied().unwrap_or(self.sql.len());
        let rest = &self.sql[start..];
        start + rest.char_indices().nth(column).map_or(rest.len(), |(at, _)| at)
    }

    pub(in crate::sql) fn slice(&self, range: Range<usize>) -> &'a str {
        self.sql.get(range).unwrap_or_default()
    }

    /// Where another output column can be added to the `select` at this place; none where the text says otherwise.
    pub(in crate::sql) fn end_of_projection(&self, select: Location) -> Option<usize> {
        let first = self.index(select)?;
        if !self.is(first, "select") {
            return None;
        }
        let ends = [
            "from",
            "where",
            "group",
            "having",
            "window",
            "order",
            "limit",
            "offset",
            "fetch",
            "for",
            "union",
            "except",
            "intersect",
            "into",
        ];
        Some(self.start_of(self.stop(first + 1, &ends)))
    }

    /// What stands between the parentheses of `distinct on (..)`.
    pub(in crate::sql) fn distinct_on(&self, select: Location) -> Option<&'a str> {
        let first = self.index(select)?;
        let is_list = self.is(first + 1, "distinct")
            && self.is(first + 2, "on")
            && self.tokens.get(first + 3).is_some_and(|(_, token)| *token == Token::LParen);
        is_list.then(|| self.between(first + 4, self.stop(first + 4, &[])))
    }

    /// What follows `partition by` in the window of the function at this place.
    pub(in crate::sql) fn partition_by(&self, function: Location) -> Option<&'a str> {
        let over = self.stop(self.index(function)? + 1, &["over"]);
        let is_partition = self.is(over, "over")
            && self.tokens.get(over + 1).is_some_and(|(_, token)| *token == Token::LParen)
            && self.is(over + 2, "partition")
            && self.is(over + 3, "by");
        is_partition
            .then(|| self.between(over + 4, self.stop(over + 4, &["order", "rows", "range", "groups"])))
    }

    /// What follows `order by` of the query whose `select` is at this place.
    pub(in crate::sql) fn order_by(&self, select: Location) -> Option<&'a str> {
        let order = self.stop(self.index(select)? + 1, &["order", "union", "except", "intersect"]);
        let is_order = self.is(order, "order") && self.is(order + 1, "by");
        is_order.then(|| self.between(order + 2, self.stop(order + 2, &["limit", "offset", "fetch", "for"])))
    }

    fn index(&self, location: Location) -> Option<usize> {
        let offset = self.offset(location);
        self.tokens.binary_search_by_key(&offset, |(range, _)| range.start).ok()
    }

    fn is(&self, index: usize, word: &str) -> bool {
        matches!(self.tokens.get(index), Some((_, Token::Word(found)))
            if found.quote_style.is_none() && found.value.eq_ignore_ascii_case(word))
    }

    /// The first of these words outside parentheses, or what ends the list. After `as` and a dot any word is a name.
    fn stop(&self, from: usize, words: &[&str]) -> usize {
        let mut depth = 0_usize;
        for at in from..self.tokens.len() {
            match &self.tokens[at].1 {
                Token::LParen | Token::LBracket => depth += 1,
                Token::RParen | Token::RBracket if depth == 0 => return at,
                Token::RParen | Token::RBracket => depth -= 1,
                Token::SemiColon if depth == 0 => return at,
                _ if depth > 0 || !words.iter().any(|word| self.is(at, word)) => {}
                _ if at > 0 && (self.is(at - 1, "as") || self.tokens[at - 1].1 == Token::Period) => {}
                // `is distinct from`
                _ if self.is(at, "from") && at > from && self.is(at - 1, "distinct") => {}
                _ => return at,
            }
        }
        self.tokens.len()
    }

    fn start_of(&self, index: usize) -> usize {
        self.tokens.get(index).map_or(self.sql.len(), |(range, _)| range.start)
    }

    /// Up to the end of the last token, so that no comment is left open.
    fn between(&self, from: usize, to: usize) -> &'a str {
        match self.tokens.get(from..to) {
            Some([(first, _), .., (last, _)]) => &self.sql[first.start..last.end],
            Some([(only, _)]) => &self.sql[only.clone()],
            _ => "",
        }
    }
}

/// Changes to a text; what is added at one place stands in the order in which it was added.
#[derive(Debug, Default)]
pub(in crate::sql) struct Edits(Vec<(Range<usize>, String)>);

impl Edits {
    pub(in crate::sql) fn replace(&mut self, range: Range<usize>, with: String) {
        self.0.push((range, with));
    }

    /// On a line of its own: the text before may end with a comment.
    pub(in crate::sql) fn insert(&mut self, at: usize, addition: &str) {
        self.0.push((at..at, format!("\n{addition}\n")));
    }

    pub(in crate::sql) fn apply(mut self, sql: &str) -> String {
        self.0.sort_by_key(|(range, _)| range.start);
        let mut changed = String::with_capacity(sql.len() + 64 * self.0.len());
        let mut end = 0;
        for (range, with) in &self.0 {
            changed.push_str(&sql[end..range.start]);
            changed.push_str(with);
            end = range.end;
        }
        changed.push_str(&sql[end..]);
        changed
    }
}
