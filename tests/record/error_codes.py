#!/usr/bin/env python3
"""Write docs/errors.md: every code of an error or warning in src/ with its message, and the messages of the built-in macros."""
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
LITERAL = r'"(?P<text>(?:[^"\\]|\\.)*)"'
TEXT = r"(?:format!\(\s*)?" + LITERAL
# a message is written where it is used, or named before
SAID = rf"(?:{TEXT}|&?(?P<name>[a-z_]+)\b)?"
CODE = r'"(?P<code>[A-Za-z][\w-]*)"'
CONSTRUCTOR = r"Diagnostic::(?P<kind>compilation|parsing|runtime|database|warning)"
CATEGORY = r"(?:crate::diagnostic::)?Category::(?P<title>\w+),\s*"
# a code that is a value here was named before: by a binding, or by who calls the function
NAMED = re.compile(r"Diagnostic::(?P<kind>\w+)\(\s*(?P<name>code|event|[A-Z_]+)\b")
BINDING = r"(?:let (?:{0}|\({0},[^)]*\))|const {0}: &str) = .*?;\n"
FUNCTION = re.compile(r"\n *(?:pub(?:\(\w+\))? )?(?:const )?fn ")
NAME = re.compile(r'"([a-z]+(?:-[a-z]+)+|[A-Z][a-z]+[A-Z]\w+)"')
TAKER = re.compile(r"(?:fn |let (?:mut )?)(\w+)(?:\(| = \|)(?:category: Category, )?code: &'static str.*?" + r"Diagnostic::(\w+)\(code\b", re.S)
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


def note(kind, code, message=""):
    known = found.setdefault(kind.lower(), {})
    known[code] = known.get(code) or message


def calls(start):
    return re.compile(start + CODE + r",\s*" + SAID, re.S)


def message(match):
    """The message of a call, also where it was bound to a name before."""
    if match["text"] is None and match["name"]:
        begin = [start.start() for start in FUNCTION.finditer(match.string, 0, match.start())][-1:] or [0]
        binding = re.compile(rf"let {match['name']}(?:: \w+)? = [^;]*?" + LITERAL, re.S)
        bound = list(binding.finditer(match.string, begin[0], match.start()))
        return words(bound[-1]["text"]) if bound else ""
    return words(match["text"])


sources = {
    path: path.read_text().split("#[cfg(test)]\nmod tests {")[0]
    for path in sorted(ROOT.glob("src/**/*.rs"))
    if path.name != "tests.rs" and path != ROOT / "src/diagnostic/problem.rs"
}
for path, code in sources.items():
    for match in calls(CONSTRUCTOR + r"\(\s*").finditer(code):
        note(match["kind"], match["code"], message(match))
    for match in re.finditer(r"Diagnostic::new\(\s*" + CODE + r",\s*" + CATEGORY + SAID, code, re.S):
        note(match["title"], match["code"], message(match))
    for match in NAMED.finditer(code):
        binding = re.compile(BINDING.format(match["name"]), re.S)
        if match["name"].isupper():
            bound = [text for source in sources.values() for text in binding.findall(source)]
        else:
            bound = binding.findall(code[: match.start()])[-1:]
        for name in NAME.findall("".join(bound)):
            note(match["kind"], name)
    for taker, kind in TAKER.findall(code):
        # a function is known in its folder, a closure in its file
        call = calls(rf"(?<![\w:]){taker}\(\s*" + (CATEGORY if kind == "new" else ""))
        for other in (text for file, text in sources.items() if path.parent in file.parents):
            for match in call.finditer(other):
                note(match["title"] if kind == "new" else kind, match["code"], message(match))

# the names of warnings stand in two lists, dbt's and our own; those that another line names can be met
everything = "".join(sources.values())
for path, table in (("run/warnings.rs", "CODES"), ("options/warn_error.rs", "OWN")):
    listed = re.search(rf"const {table}: .*?\];", sources[ROOT / "src" / path], re.S)[0]
    for name in re.findall(r'"([A-Z][a-z]\w+)"', listed):
        if everything.count(f'"{name}"') > 1:
            note("warning", name)


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
    "leads there. Exit status: 1 when something failed in a run, 2 when there was none.",
    "",
    "The last line of an error is its code, as in `error[missing-ref]`: search this page for `missing-ref`. The code names",
    "an error once and for all. In the JSON log, the events that carry an error's text have the codes in",
    "`data.error_codes`. What PostgreSQL refuses has PostgreSQL's own code, as in `error[42P01]`: five digits or capital",
    "letters, listed in the appendix [PostgreSQL Error Codes](https://www.postgresql.org/docs/current/errcodes-appendix.html).",
    "Codes of warnings are dbt's names of events, as `--warn-error-options` takes them; a warning that this option makes",
    "an error has the same code.",
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
