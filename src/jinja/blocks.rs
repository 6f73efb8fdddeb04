//! Cuts `{% macro %}`, `{% test %}`, `{% materialization %}`, `{% snapshot %}` and `{% docs %}` blocks out
//! of a file without parsing what is in them.
//!
//! Building an engine scans every macro file, so this only looks for tags; the engine compiles a block
//! when it is first used.

use std::ops::Range;
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Result, SourceText, Span};

use super::python::is_space;
use super::scan::{Scanner, Tag};

/// The tags that dbt defines on top of Jinja.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum BlockKind {
    Macro,
    Test,
    Materialization,
    Snapshot,
    Docs,
}

impl BlockKind {
    /// What a macro or generic-test file may hold.
    pub(crate) const MACROS: &'static [Self] = &[Self::Macro, Self::Test, Self::Materialization];

    fn of(tag: &str) -> Option<Self> {
        Some(match tag {
            "macro" => Self::Macro,
            "test" | "data_test" => Self::Test,
            "materialization" => Self::Materialization,
            "snapshot" => Self::Snapshot,
            "docs" => Self::Docs,
            _ => return None,
        })
    }
}

/// One block of a file. All ranges are byte ranges of that file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Block {
    pub kind: BlockKind,
    pub name: String,
    pub name_range: Range<usize>,
    /// The whole block as dbt keeps it in `macro_sql`: a `{%-` takes the white space before it along.
    pub range: Range<usize>,
    /// Between the name and the end of the opening tag: parameters or options.
    pub header: Range<usize>,
    /// The body, already without the white space that `-%}` and `{%-` eat.
    pub body: Range<usize>,
}

/// Cuts the blocks of the `allowed` kinds out of a file.
///
/// # Errors
/// When a block or a tag is not closed, blocks are nested, or a block stands inside an `if` or `for`.
pub(crate) fn cut(source: &Arc<SourceText>, allowed: &[BlockKind]) -> Result<Vec<Block>> {
    let mut found = Vec::new();
    let mut open: Option<(Tag<'_>, BlockKind)> = None;
    let mut control: Vec<Tag<'_>> = Vec::new();
    let mut scanner = Scanner::new(source);
    while let Some(tag) = scanner.next_tag()? {
        follow_control_flow(source, &mut control, &tag)?;
        if let Some(kind) = BlockKind::of(tag.name).filter(|kind| allowed.contains(kind)) {
            if let Some(opener) = control.first() {
                return Err(block_in_control_flow(source, &tag, opener));
            }
            if let Some((outer, _)) = &open {
                return Err(nested_blocks(source, outer, &tag));
            }
            open = Some((tag, kind));
        } else if open.as_ref().is_some_and(|(outer, _)| closes(outer, &tag))
            && let Some((outer, kind)) = open.take()
        {
            found.push(block(source, &outer, kind, &tag)?);
        }
    }
    match open {
        Some((outer, _)) => Err(unclosed_block(source, &outer)),
        None => Ok(found),
    }
}

fn closes(outer: &Tag<'_>, tag: &Tag<'_>) -> bool {
    tag.name.strip_prefix("end") == Some(outer.name)
}

fn block(source: &Arc<SourceText>, outer: &Tag<'_>, kind: BlockKind, end: &Tag<'_>) -> Result<Block> {
    let rest = &source.text[outer.after_name..outer.close];
    let name_start = outer.after_name + rest.len() - rest.trim_start().len();
    let name_text = &source.text[name_start..outer.close];
    let name_len =
        name_text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(name_text.len());
    let name_range = name_start..name_start + name_len;
    if name_range.is_empty() {
        return Err(Diagnostic::compilation("block-without-name", format!("a {} needs a name", outer.name))
            .label(Span::new(source, outer.start..outer.end), "")
            .help(format!("write `{{% {} name %}}`", outer.name))
            .boxed());
    }
    let ends = &source.text[end.after_name..end.close];
    if BlockKind::MACROS.contains(&kind)
        && let Some(at) = ends.find(|letter| !is_space(letter))
    {
        let start = end.after_name + at;
        let got: String = ends[at..].chars().take_while(|&letter| !is_space(letter)).collect();
        let message = format!("expected token 'end of statement block', got '{got}'");
        return Err(Diagnostic::compilation("jinja-syntax", message)
            .label(Span::new(source, start..start + got.len()), "")
            .help(format!("write `{{% {} %}}`", end.name))
            .boxed());
    }
    Ok(Block {
        kind,
        name: source.text[name_range.clone()].to_owned(),
        range: outer.outer.start..end.outer.end,
        header: name_range.end..outer.close,
        name_range,
        body: outer.outer.end.min(end.outer.start)..end.outer.start,
    })
}

fn follow_control_flow<'a>(
    source: &Arc<SourceText>,
    control: &mut Vec<Tag<'a>>,
    tag: &Tag<'a>,
) -> Result<()> {
    match tag.name {
        "if" | "for" => control.push(tag.clone()),
        "endif" | "endfor" => {
            let wanted = &tag.name[3..];
            let Some(opener) = control.pop() else {
                let message = format!(
                    "Got an unexpected control flow end tag, got {} but never saw a preceeding {wanted}",
                    tag.name
                );
                return Err(control_flow_error(source, tag, &message));
            };
            if opener.name != wanted {
                let message = format!(
                    "Got an unexpected control flow end tag, got {} but expected end{} next",
                    tag.name, opener.name
                );
                return Err(control_flow_error(source, tag, &message));
            }
        }
        _ => {}
    }
    Ok(())
}

fn position(source: &SourceText, offset: usize) -> String {
    let (line, column) = source.position(offset);
    format!("{line}:{}", column - 1)
}

fn control_flow_error(source: &Arc<SourceText>, tag: &Tag<'_>, message: &str) -> Box<Diagnostic> {
    let message = format!("{message} (@ {})", position(source, tag.start));
    Diagnostic::compilation("unexpected-end-tag", message)
        .label(Span::new(source, tag.start..tag.end), "")
        .boxed()
}

fn block_in_control_flow(source: &Arc<SourceText>, tag: &Tag<'_>, opener: &Tag<'_>) -> Box<Diagnostic> {
    let message = format!(
        "Got a block definition inside control flow at {}. All dbt block definitions must be at the top level",
        position(source, tag.start)
    );
    Diagnostic::compilation("block-in-control-flow", message)
        .label(Span::new(source, tag.start..tag.end), "")
        .label(Span::new(source, opener.start..opener.end), "this is still open")
        .boxed()
}

fn nested_blocks(source: &Arc<SourceText>, outer: &Tag<'_>, inner: &Tag<'_>) -> Box<Diagnostic> {
    let message = format!(
        "Got nested tags: {outer} (started at {}) did not have a matching {{% end{outer} %}} before a \
         subsequent {} was found (started at {})",
        outer.start,
        inner.name,
        inner.start,
        outer = outer.name,
    );
    Diagnostic::compilation("nested-blocks", message)
        .label(Span::new(source, inner.start..inner.end), "")
        .label(Span::new(source, outer.start..outer.end), "this is not closed")
        .help(format!("close the first block with `{{% end{} %}}`", outer.name))
        .boxed()
}

fn unclosed_block(source: &Arc<SourceText>, outer: &Tag<'_>) -> Box<Diagnostic> {
    let (line, _) = source.position(outer.end);
    let message =
        format!("Reached EOF without finding a close tag for {} (searched from line {line})", outer.name);
    Diagnostic::compilation("unclosed-block", message)
        .label(Span::new(source, outer.start..outer.end), "")
        .help(format!("close it with `{{% end{} %}}`", outer.name))
        .boxed()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut_text(text: &str) -> Result<Vec<Block>> {
        cut(&SourceText::new("macros/a.sql", text), BlockKind::MACROS)
    }

    #[test]
    fn blocks_have_their_ranges() {
        let text = "{# {% macro no() %} #}\n{% macro a(x, y='%}') -%}\n  body {{ '{% endmacro %}' }}\n\
                    {%- endmacro %}\n\n{%- test b(model) %}select 1{% endtest -%}\n";
        let found = cut_text(text).unwrap();
        let [a, b] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((a.name.as_str(), b.name.as_str()), ("a", "b"));
        assert_eq!(&text[a.header.clone()], "(x, y='%}') ");
        assert_eq!(&text[a.body.clone()], "body {{ '{% endmacro %}' }}");
        assert_eq!(b.kind, BlockKind::Test);
        assert!(text[b.range.clone()].starts_with("\n\n{%- test"));
        assert!(text[b.range.clone()].ends_with("-%}\n"));
    }

    #[test]
    fn an_empty_body_eaten_from_both_sides_stays_empty() {
        let found = cut_text("{% macro a() -%}   {%- endmacro %}").unwrap();
        assert!(found[0].body.is_empty());
    }

    #[test]
    fn structural_mistakes_say_what_dbt_says() {
        for (text, message) in [
            ("{% macro a() %}x", "Reached EOF without finding a close tag for macro (searched from line 1)"),
            ("{% macro a() %}{% macro b() %}{% endmacro %}", "Got nested tags: macro (started at 0)"),
            ("{% if 1 %}{% macro a() %}{% endmacro %}", "Got a block definition inside control flow at 1:10"),
            ("{% macro a() %}{% endmacro a %}", "expected token 'end of statement block', got 'a'"),
            ("{% endif %}", "got endif but never saw a preceeding if (@ 1:0)"),
            ("{% for a in b %}{% endif %}", "got endif but expected endfor next"),
            ("{% macro a()", "unexpected EOF, expected tag close (\"%}\")"),
            ("{{ 'a }}", "unexpected EOF, expected string"),
        ] {
            let error = cut_text(text).unwrap_err();
            assert!(error.message.contains(message), "{text}: {}", error.message);
            assert!(!error.labels.is_empty(), "{text} has no place");
        }
    }

    #[test]
    fn raw_blocks_hide_their_tags() {
        let found =
            cut_text("{% raw %}{% macro a() %}{% endraw %}{% set x = 1 %}{% macro b() %}{% endmacro %}")
                .unwrap();
        assert_eq!(found.len(), 1);
    }
}
