//! Filters that lowering writes; no template can name them, as they are no identifiers.

pub(super) const LIST: &str = "[]";
pub(super) const DICT: &str = "{}";
pub(super) const SLICE: &str = "[:]";
pub(super) const CALLEE: &str = "()";
pub(super) const CLOSURE: &str = "{%%}";
pub(super) const NEGATE: &str = "-1";
pub(super) const POSITIVE: &str = super::grammar::POSITIVE;
pub(super) const CHAIN: &str = "<<";
pub(super) const PRINTED: &str = "{{1}}";
pub(super) const ONLY_TEXT: &str = "{{''}}";
pub(super) const EMPTY_CYCLE: &str = "loop.cycle()";
pub(super) const OTHER_TEMPLATES: &str = "{%import%}";
pub(super) const METHOD: &str = "x.y";
pub(super) const ATTRIBUTE: &str = ".y";
pub(super) const ITEM: &str = "x[y]";
pub(super) const UNPACKED: &str = "a,b=";
pub(super) const ITERATED: &str = "%for";
pub(super) const EACH_UNPACKED: &str = "%for,";
/// The text of a `{% filter %}` block in a template that is evaluated natively.
pub(super) const FILTERED: &str = "{%filter%}";
pub(super) const EMIT: &str = "{{}}";
pub(super) const LOOP: &str = "[for]";
/// The list that native evaluation collects a template's output in.
pub(super) const OUTPUT: &str = "{{output}}";
