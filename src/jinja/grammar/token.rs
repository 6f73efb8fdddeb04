//! What a template is made of, and how Jinja2 names it in messages.

use minijinja::Value;

#[derive(Debug, Clone)]
pub(super) enum Token<'a> {
    Data(&'a str),
    BlockBegin,
    BlockEnd,
    VariableBegin,
    VariableEnd,
    Name(&'a str),
    Text(Value),
    Integer(Value),
    Float(f64),
    Operator(&'static str),
    End,
}

impl<'a> Token<'a> {
    pub(super) fn is_operator(&self, symbol: &str) -> bool {
        matches!(self, Token::Operator(one) if *one == symbol)
    }

    pub(super) fn is_name(&self, name: &str) -> bool {
        matches!(self, Token::Name(one) if *one == name)
    }

    pub(super) fn described(&self) -> &'a str {
        match self {
            Token::Data(_) => "template data / text",
            Token::BlockBegin => "begin of statement block",
            Token::BlockEnd => "end of statement block",
            Token::VariableBegin => "begin of print statement",
            Token::VariableEnd => "end of print statement",
            Token::Name(name) => name,
            Token::Text(_) => "string",
            Token::Integer(_) => "integer",
            Token::Float(_) => "float",
            Token::Operator(symbol) => symbol,
            Token::End => "end of template",
        }
    }
}
