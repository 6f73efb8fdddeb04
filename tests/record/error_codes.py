#!/usr/bin/env python3
"""Write docs/errors.md: every code of an error or warning in src/, with the words it is told in."""
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
    code = path.read_text().split("#[cfg(test)]")[0]
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
(ROOT / "docs/errors.md").write_text("\n".join(lines) + "\n")
print(sum(map(len, found.values())), "codes")
