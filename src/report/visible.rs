//! Characters that would act on a terminal instead of being read: names and messages come from a server and from files,
//! and whoever chose them could clear the screen, change the title, or write over what stands there.

use std::fmt::Write as _;

use crate::run::Event;

/// Line breaks and tabs are layout. Of the others none is: C0, DEL, C1, and what turns the direction of writing around.
fn acts(c: char) -> bool {
    match c {
        '\n' | '\t' => false,
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => true,
        _ => c.is_control(),
    }
}

/// `\x1b`, `\u{202e}`; the line break of Windows stays.
pub(crate) fn visible(text: &str) -> String {
    shown(text, |_| false)
}

/// The same for a message that may show a difference in the few colours of ours: they hide nothing, and end with it.
fn visible_but_differences(text: &str) -> String {
    ended(shown(text, |codes| matches!(codes, "0" | "0;1" | "31" | "32" | "33" | "31;1" | "32;1" | "34;1")))
}

/// The same for texts that a project prints by itself, which may be coloured but hide nothing.
fn visible_but_colors(text: &str) -> String {
    ended(shown(text, |codes| codes.split(';').all(|code| code.trim_start_matches('0') != "8")))
}

/// A colour does not reach beyond its text.
fn ended(mut text: String) -> String {
    let last = text.rfind('\x1b').map(|at| &text[at..]);
    let is_open = last.is_some_and(|last| !last.starts_with("\x1b[0m") && !last.starts_with("\x1b[m"));
    text.push_str(if is_open { "\x1b[0m" } else { "" });
    text
}

/// The same for a reader who wants no colours: they are left out.
fn visible_without_colors(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\x1b') {
        let (before, after) = rest.split_at(at);
        plain.push_str(before);
        let color = color_length(after, |_| true);
        plain.push_str(if color == 0 { "\x1b" } else { "" });
        rest = &after[color.max(1)..];
    }
    plain.push_str(rest);
    shown(&plain, |_| false)
}

fn shown(text: &str, may_stay: fn(&str) -> bool) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let color = color_length(rest, may_stay);
        let length = color.max(c.len_utf8());
        let (piece, after) = rest.split_at(length);
        if color > 0 || !acts(c) || c == '\r' && after.starts_with('\n') {
            shown.push_str(piece);
        } else if u32::from(c) < 0x100 {
            let _ = write!(shown, "\\x{:02x}", u32::from(c));
        } else {
            let _ = write!(shown, "\\u{{{:x}}}", u32::from(c));
        }
        rest = after;
    }
    shown
}

/// Of `ESC [ 1;31 m` at the beginning.
fn color_length(text: &str, may_stay: fn(&str) -> bool) -> usize {
    let Some(rest) = text.strip_prefix("\x1b[") else { return 0 };
    let codes = rest.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b';').count();
    if rest.as_bytes().get(codes) == Some(&b'm') && may_stay(&rest[..codes]) { codes + 3 } else { 0 }
}

/// The event with texts that only show; `None` where it is such an event already. `color`: the reader wants colours.
pub(super) fn visible_event(event: &Event, color: bool) -> Option<Event> {
    if !event.has_text(&|text| text.chars().any(acts)) {
        return None;
    }
    let is_the_projects =
        matches!(event, Event::JinjaLogInfo { .. } | Event::JinjaLogDebug { .. } | Event::PrintEvent { .. });
    Some(event.with_texts(match (is_the_projects, color) {
        (true, true) => &visible_but_colors,
        (true, false) => &visible_without_colors,
        (false, _) if matches!(event, Event::RunResultError { .. }) => &visible_but_differences,
        (false, _) => &visible,
    }))
}

/// No line after the first begins at the margin, where the lines of the log begin: a name with a line break cannot pass for one of them.
pub(super) fn indented(message: String) -> String {
    let mut lines = message.split('\n');
    if !lines.by_ref().skip(1).any(at_margin) {
        return message;
    }
    let mut shown = String::with_capacity(message.len() + 16);
    for (number, line) in message.split('\n').enumerate() {
        if number > 0 {
            shown.push_str(if at_margin(line) { "\n  " } else { "\n" });
        }
        shown.push_str(line);
    }
    shown
}

fn at_margin(line: &str) -> bool {
    line.chars().next().is_some_and(|first| !first.is_whitespace())
}

/// JSON has escapes of its own; its writer leaves those beyond ASCII as they are.
pub(super) fn visible_json(line: String) -> String {
    if !line.chars().any(acts) {
        return line;
    }
    let mut shown = String::with_capacity(line.len() + 8);
    for c in line.chars() {
        if acts(c) {
            let _ = write!(shown, "\\u{:04x}", u32::from(c));
        } else {
            shown.push(c);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Diagnostic;

    const HOSTILE: &str = "a\x1b]0;title\x07\x1b[2J\u{9b}31m\x7f\u{202e}b\u{2066}\0\x08\r.";

    #[test]
    fn what_acts_is_escaped() {
        assert_eq!(
            visible(HOSTILE),
            "a\\x1b]0;title\\x07\\x1b[2J\\x9b31m\\x7f\\u{202e}b\\u{2066}\\x00\\x08\\x0d."
        );
        assert_eq!(visible("ä 👍\tb\r\nc\n"), "ä 👍\tb\r\nc\n");
        for code in (0..0x20).chain(0x7f..0xa0).chain(0x202a..0x202f).chain(0x2066..0x206a) {
            let c = char::from_u32(code).unwrap();
            let is_layout = matches!(c, '\n' | '\t');
            assert_eq!(visible(&c.to_string()) == c.to_string(), is_layout, "{code:x}");
        }
    }

    #[test]
    fn only_the_projects_own_texts_have_any_color() {
        let text = "\x1b[1;31mred\x1b[0m\x1b[2J\x1b[31";
        let logged = |text: &str, color| match visible_event(&Event::JinjaLogInfo { msg: text.into() }, color)
            .unwrap()
        {
            Event::JinjaLogInfo { msg } => msg,
            _ => String::new(),
        };
        assert_eq!(logged(text, true), "\x1b[1;31mred\x1b[0m\\x1b[2J\\x1b[31");
        assert_eq!(logged(text, false), "red\\x1b[2J\\x1b[31");
        assert_eq!(logged("\x1b[0;8mhidden\x1b[08m", true), "\\x1b[0;8mhidden\\x1b[08m");
        assert_eq!(logged("\x1b[8mhidden", false), "hidden");
        let failed =
            visible_event(&Event::RunResultError { msg: text.into(), error_codes: Vec::new() }, true)
                .unwrap();
        assert!(
            matches!(failed, Event::RunResultError { msg, .. } if msg == "\\x1b[1;31mred\x1b[0m\\x1b[2J\\x1b[31")
        );
        assert_eq!(
            visible_but_differences("\x1b[32;1m+\x1b[0m\x1b[8mhidden\x1b[30m"),
            "\x1b[32;1m+\x1b[0m\\x1b[8mhidden\\x1b[30m"
        );
        assert_eq!(visible_but_differences("\x1b[31mred"), "\x1b[31mred\x1b[0m");
        assert_eq!(logged("\x1b[31mred", true), "\x1b[31mred\x1b[0m");
        assert_eq!(visible("\x1b[31mred\x1b[0m"), "\\x1b[31mred\\x1b[0m");
        assert!(
            visible_event(&Event::RunResultError { msg: "usual".into(), error_codes: Vec::new() }, true)
                .is_none()
        );
    }

    #[test]
    fn every_part_of_a_warning() {
        let warning = Diagnostic::warning("X", HOSTILE).help(HOSTILE).subject(HOSTILE).cause(HOSTILE);
        let shown = visible_event(&Event::Warning(warning.boxed()), true).unwrap();
        assert!(!shown.has_text(&|text| text.chars().any(acts)));
    }

    #[test]
    fn no_line_of_a_name_stands_at_the_margin() {
        assert_eq!(indented("a\nDone. PASS=1\n  b\n\nc".into()), "a\n  Done. PASS=1\n  b\n\n  c");
        assert_eq!(indented("a\n b\n".into()), "a\n b\n");
        let error = Diagnostic::database("x", "of x\nDone. PASS=1").subject("x\nDone. PASS=1");
        let error = error.help("drop x\nDone. PASS=1").cause("x\nDone. PASS=1");
        let text = crate::diagnostic::render(&error);
        assert_eq!(text.lines().filter(|line| line.trim_start().starts_with("Done.")).count(), 4, "{text}");
        assert!(text.lines().skip(1).all(|line| line.starts_with(' ')), "{text}");
    }

    #[test]
    fn json_keeps_its_meaning() {
        let line = serde_json::json!({ "msg": HOSTILE }).to_string();
        let shown = visible_json(line);
        assert!(!shown.chars().any(acts));
        assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap()["msg"], HOSTILE);
    }
}
