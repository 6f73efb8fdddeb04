#!/usr/bin/env python3
"""Write docs/errors.md: every code of an error or warning in src/ with its message, and the messages of the built-in macros."""
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
TEXT = r'(?:format!\(\s*)?(?:"((?:[^"\\]|\\.)*)")?'
PATTERNS = [
    re.compile(r'Diagnostic::(compilation|parsing|runtime|database|warning)\(\s*"([A-Za-z][\w-]*)",\s*' + TEXT, re.S),
    re.compile(r'Diagnostic::new\(\s*"(?P<code>[A-Za-z][\w-]*)",\s*(?:crate::diagnostic::)?Category::(?P<title>\w+),\s*' + TEXT, re.S),
    re.compile(r'\b(failed)\(\s*"([a-z]+(?:-[a-z]+)+)",\s*' + TEXT, re.S),
]
TITLES = {
    "compilation": "Compilation Error",
    "parsing": "Parsing Error",
    "runtime": "Runtime Error",
    "database": "Database Error",
    "dependency": "Dependency Error",
    "validation": "Validation Error",
    "internal": "Internal Error",
    "usage": "Usage Error",
    "warning": "Warnings",
}


def words(literal):
    """The first line of a message, with its variable parts as an ellipsis."""
    if not literal:
        return ""
    text = re.sub(r"\\\n\s*", "", literal)
    text = text.replace('\\"', '"').replace("\\n", "\n").strip().split("\n")[0]
    text = re.sub(r"\{[^{}]*\}", "…", text.replace("{{", "\x01").replace("}}", "\x02"))
    return text.replace("\x01", "{").replace("\x02", "}").replace("|", "\\|")


found = {}
for path in sorted(ROOT.glob("src/**/*.rs")):
    code = path.read_text().split("#[cfg(test)]\nmod ")[0]
    for at, pattern in enumerate(PATTERNS):
        for match in pattern.finditer(code):
            if at == 1:
                kind, name = match["title"].lower(), match["code"]
            else:
                kind, name = match[1], match[2]
            kind = "runtime" if kind == "failed" else kind
            known = found.setdefault(kind, {})
            text = words(match[3])
            known[name] = known.get(name) or text

def raised(text):
    """The first line of every message that a macro raises: its literals, and an ellipsis for what is between them."""
    for start in re.finditer(r"exceptions\.raise_(?:compiler|database)_error\(", text):
        depth, at, message = 1, start.end(), ""
        while depth:
            literal = re.compile(r"""'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)\"""").match(text, at)
            # a literal inside of brackets is an argument of something
            if literal and depth == 1:
                message += literal[1] if literal[1] is not None else literal[2]
            elif text[at] not in "() ~\n" and not message.endswith("…"):
                message += "…"
            depth += {"(": 1, "[": 1, "]": -1, ")": -1}.get(text[at], 0) if not literal else 0
            at = literal.end() if literal else at + 1
        yield words(re.sub("…+", "…", message).replace("{", "{{").replace("}", "}}"))


lines = [
    "# Errors",
    "",
    "Each error has a title (dbt's, because orchestrators read it), a message, its place in your files with the line",
    "and a caret, and a line `help:` that says what to do. `tests/errors/` shows most of them with the input that",
    "leads there. The code names an error once and for all; codes of warnings are dbt's names of events, as",
    "`--warn-error-options` takes them. Exit status: 1 when something failed in a run, 2 when there was none.",
    "",
    "Written by `tests/record/error_codes.py`; `…` stands for what differs from case to case.",
]
for kind, title in TITLES.items():
    codes = found.get(kind)
    if not codes:
        continue
    lines += ["", f"## {title}", "", "| code | message |", "|---|---|"]
    lines += [f"| `{name}` | {text} |" for name, text in sorted(codes.items())]
messages = {message for path in ROOT.glob("src/builtin/macros/**/*.sql") for message in raised(path.read_text())} - {"", "…"}
lines += ["", "## Raised by built-in macros", "", "Their code is `raised-by-macro`.", "", "| message |", "|---|"]
lines += [f"| {message} |" for message in sorted(messages, key=str.lower)]
(ROOT / "docs/errors.md").write_text("\n".join(lines) + "\n")
print(sum(map(len, found.values())), "codes")
