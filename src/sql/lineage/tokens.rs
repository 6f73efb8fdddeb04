//! Postgres syntax that the parser does not know, brought into a form that it knows and that has the same
//! lineage. Literals and frames lose meaning here: only names and clauses count.

use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer, Whitespace};

/// A column of this name, in quotes, stands for the whole row: `(row).*`, `t.*::text`.
pub(super) const WHOLE_ROW: &str = "*";

/// The tokens of a query, ready to be parsed.
pub(in crate::sql) fn tokens(sql: &str) -> Result<Vec<TokenWithSpan>, String> {
    let all = Tokenizer::new(&PostgreSqlDialect {}, sql)
        .tokenize_with_location()
        .map_err(|error| error.to_string())?;
    let mut kept: Vec<TokenWithSpan> = Vec::with_capacity(all.len());
    // Whether a line ended since the last token: strings on two lines are one string.
    let mut new_line = false;
    let mut at = 0;
    while at < all.len() {
        let token = &all[at];
        if let Token::Whitespace(space) = &token.token {
            new_line |= matches!(space, Whitespace::Newline | Whitespace::SingleLineComment { .. });
            at += 1;
            continue;
        }
        let words = Ahead { all: &all, at };
        let previous = kept.last().map(|token| &token.token);
        if let Some(length) = words.frame_exclusion() {
            at = words.after(length);
        } else if is_unicode_name(&all[at..]) {
            return Err("names as U&\"..\" are not read".to_owned());
        } else if skipped(previous, &token.token, new_line) {
            at += 1;
        } else {
            let starts_query = matches!(previous, None | Some(Token::LParen));
            if starts_query && words.are(&["table"]) && words.is_name(1) {
                let select = [keyword("select", Keyword::SELECT), Token::Mul, keyword("from", Keyword::FROM)];
                kept.extend(select.map(|token| TokenWithSpan { token, span: all[at].span }));
            } else if is_whole_row(&kept, &words) {
                kept.push(TokenWithSpan { token: Token::make_word(WHOLE_ROW, Some('"')), span: token.span });
            } else {
                kept.push(token.clone());
            }
            at += 1;
        }
        new_line = false;
    }
    Ok(kept)
}

fn keyword(text: &str, keyword: Keyword) -> Token {
    debug_assert!(matches!(Token::make_keyword(text), Token::Word(word) if word.keyword == keyword));
    Token::make_keyword(text)
}

fn is_word(token: &Token, expected: &str) -> bool {
    matches!(token, Token::Word(word) if word.quote_style.is_none() && word.value.eq_ignore_ascii_case(expected))
}

/// Tokens that change no lineage after the one before them.
fn skipped(previous: Option<&Token>, token: &Token, new_line: bool) -> bool {
    let Some(previous) = previous else { return false };
    let after = |words: &[&str]| words.iter().any(|word| is_word(previous, word));
    is_word(token, "symmetric") && after(&["between"])
        || is_word(token, "distinct") && after(&["by"])
        || is_word(token, "from") && after(&["both", "leading", "trailing"])
        || new_line
            && matches!(token, Token::SingleQuotedString(_))
            && matches!(
                previous,
                Token::SingleQuotedString(_)
                    | Token::EscapedStringLiteral(_)
                    | Token::UnicodeStringLiteral(_)
            )
}

/// `(..).*` and `t.*::type`: a star that is one value or spreads one.
fn is_whole_row(kept: &[TokenWithSpan], words: &Ahead<'_>) -> bool {
    let [.., before, dot] = kept else { return false };
    words.all[words.at].token == Token::Mul
        && dot.token == Token::Period
        && (before.token == Token::RParen || words.token(1) == Some(&Token::DoubleColon))
}

fn is_unicode_name(tokens: &[TokenWithSpan]) -> bool {
    matches!(
        tokens,
        [u, TokenWithSpan { token: Token::Ampersand, .. }, TokenWithSpan { token: Token::Word(name), .. }, ..]
            if is_word(&u.token, "u") && name.quote_style == Some('"')
    )
}

/// The tokens from one on, without the blanks between them.
struct Ahead<'t> {
    all: &'t [TokenWithSpan],
    at: usize,
}

impl<'t> Ahead<'t> {
    fn significant(&self) -> impl Iterator<Item = (usize, &'t Token)> + use<'t> {
        let tokens = self.all.iter().map(|token| &token.token).enumerate().skip(self.at);
        tokens.filter(|(_, token)| !matches!(token, Token::Whitespace(_)))
    }

    fn token(&self, ahead: usize) -> Option<&'t Token> {
        self.significant().nth(ahead).map(|(_, token)| token)
    }

    fn are(&self, words: &[&str]) -> bool {
        is_word(&self.all[self.at].token, words[0])
            && words
                .iter()
                .enumerate()
                .all(|(at, word)| self.token(at).is_some_and(|token| is_word(token, word)))
    }

    fn is_name(&self, ahead: usize) -> bool {
        matches!(self.token(ahead), Some(Token::Word(_)))
    }

    /// The end of a window's frame, as in `exclude ties)`: how many words it has.
    fn frame_exclusion(&self) -> Option<usize> {
        let phrases: [&[&str]; 4] = [
            &["exclude", "ties"],
            &["exclude", "group"],
            &["exclude", "no", "others"],
            &["exclude", "current", "row"],
        ];
        let phrase = phrases.into_iter().find(|phrase| self.are(phrase))?;
        (self.token(phrase.len()) == Some(&Token::RParen)).then_some(phrase.len())
    }

    /// The index after so many significant tokens.
    fn after(&self, count: usize) -> usize {
        self.significant().nth(count - 1).map_or(self.all.len(), |(index, _)| index + 1)
    }
}
