#!/usr/bin/env python3
"""Render random Jinja2 templates by dbt and by rsdbt, and show what differs, made small and sorted into classes.

    jinja_templates.py run [--seed 1] [--count 20000] [--level 3] [--show 40]
    jinja_templates.py record FILE..     adds the templates of these files (one JSON object a line) to the corpus of the suite
    jinja_templates.py try 'TEMPLATE'    what both make of one template, as text and natively

Template number k of a seed is always the same. Each is rendered by Jinja2 in one of dbt's two environments: as text, as models and macros
are, or natively, as values of YAML files are. rsdbt must print the same text, or both must fail; messages are not compared. Each
template that differs is reduced as long as it differs, and counted under its reduced form. What is known and listed in
docs/compatibility.md is in `KNOWN`, as narrow as can be; everything else makes the command fail.

Needs a Python with dbt-core (1.11) and a built test binary (`cargo test --lib --no-run`).
"""
import argparse
import collections
import copy
import json
import multiprocessing
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import types
import warnings
from pathlib import Path

from jinja_grammar import NAMES, Grammar, Node, smaller

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT / "tests/recorded/templates.jsonl"
ADDRESS = re.compile(r" at 0x[0-9a-f]+")


class TooSlow(Exception):
    pass


def _too_slow(*_):
    raise TooSlow


class Dbt:
    """dbt's two environments."""

    def __init__(self):
        from dbt.context.base import BaseContext
        from dbt_common.clients import jinja

        self.generator = jinja.CallableMacroGenerator
        self.cut = jinja.extract_toplevel_blocks
        self.environments = {native: jinja.get_environment(None, False, native=native) for native in (False, True)}
        self.base = BaseContext({}).to_dict()
        signal.signal(signal.SIGALRM, _too_slow)
        warnings.simplefilter("ignore")

    def render(self, template):
        context = dict(self.base)
        context.update(copy.deepcopy(NAMES))
        for name in ("context", "builtins"):
            context.pop(name)
        signal.setitimer(signal.ITIMER_REAL, 3)
        try:
            if template.get("macros"):
                for block in self.cut(template["macros"], allowed_blocks={"macro"}, collect_raw_data=False):
                    macro = types.SimpleNamespace(name=block.block_name, macro_sql=block.full_block)
                    self.environments[False].parse(block.full_block)
                    context[block.block_name] = self.generator(macro, context)
            native = template.get("native", False)
            made = self.environments[native].from_string(template["template"], globals=context)
            value = made.render(context)
            text = repr(value) if native else value
            text = ADDRESS.sub("", text)
            if len(text) > 20000:
                return {"skip": "too long"}
            text.encode("utf-8")
            return {"text": text}
        except TooSlow:
            return {"skip": "too slow"}
        except UnicodeEncodeError:
            return {"skip": "a lone surrogate"}
        except RecursionError:
            return {"skip": "too deep"}
        except BaseException as error:  # MacroReturn is one
            if isinstance(error, KeyboardInterrupt):
                raise
            return {"error": f"{type(error).__name__}: {error}"}
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)


def test_binary():
    if os.environ.get("RSDBT_TEST_BINARY"):
        return os.environ["RSDBT_TEST_BINARY"]
    built = subprocess.run(
        ["cargo", "test", "--lib", "--no-run", "--message-format=json", "-q"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for line in built.stdout.splitlines():
        message = json.loads(line)
        if message.get("executable") and message["target"]["name"] == "rsdbt" and message["profile"]["test"]:
            return message["executable"]
    sys.exit("cargo built no test binary")


class Rsdbt:
    def __init__(self, binary):
        self.binary = binary

    def render(self, templates):
        if not templates:
            return []
        with tempfile.TemporaryDirectory() as folder:
            asked, answered = Path(folder) / "templates", Path(folder) / "outcomes"
            lines = [NAMES, *templates]
            asked.write_text("".join(json.dumps(line) + "\n" for line in lines))
            environment = {**os.environ, "RSDBT_TEMPLATES": str(asked), "RSDBT_OUTCOMES": str(answered), "RUST_MIN_STACK": "67108864", "RUST_BACKTRACE": "0"}
            ran = subprocess.run(
                [self.binary, "templates_render_as_jinja2_renders_them", "--test-threads=1"], cwd=ROOT, env=environment, capture_output=True, text=True
            )
            outcomes = [json.loads(line) for line in answered.read_text().split("\n") if line] if answered.exists() else []
            if len(outcomes) == len(templates):
                for outcome in outcomes:
                    if "text" in outcome:
                        outcome["text"] = ADDRESS.sub("", outcome["text"])
                return outcomes
            # the process ended: the template after the last outcome is the one
            if len(templates) == 1:
                return [{"panic": f"exit {ran.returncode}"}]
            middle = len(templates) // 2
            return self.render(templates[:middle]) + self.render(templates[middle:])


def differ(theirs, ours):
    """How the outcomes differ, or nothing."""
    if "skip" in theirs:
        return None
    if "panic" in ours:
        return "panic"
    if "text" in theirs:
        if "text" not in ours:
            return "error here"
        return None if ours["text"] == theirs["text"] else "text"
    return "no error here" if "text" in ours else None


# What is known: a name, the reason, and whether a template with its outcomes is of the class.
KNOWN = []


def known(name, reason):
    def add(check):
        KNOWN.append((name, reason, check))
        return check

    return add


LAZY = re.compile(r"<generator object|<reversed object|reverseiterator object|range_iterator object")
LAZY_ERROR = re.compile(r"'(generator|reversed|\w*reverseiterator)'|\"generator\"|object is not reversible")
EAGER_ERROR = re.compile(r"object is not iterable|^No (test|filter) named|Can only get item pairs|map requires a filter argument")
LAZY_FILTER = re.compile(r"\|\s*(map|select|reject|selectattr|rejectattr|batch|slice|items|unique|reverse)\b")
MARKUP = re.compile(r"""Markup\(('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")\)""")


def all_of(template):
    return template["template"] + (template.get("macros") or "")


@known("generators", "filters that are generators in Jinja2 give lists, and fail at once")
def _(template, theirs, ours):
    if not LAZY_FILTER.search(all_of(template)):
        return False
    said = theirs.get("text", "") + theirs.get("error", "")
    return bool(LAZY.search(said) or LAZY_ERROR.search(said) or "text" in theirs and EAGER_ERROR.search(ours.get("error", "")))


@known("Markup", "methods of Markup give plain texts")
def _(template, theirs, ours):
    return "text" in ours and "Markup(" in theirs.get("text", "") and MARKUP.sub(r"\1", theirs["text"]) == MARKUP.sub(r"\1", ours["text"])


@known("large integers", "integers have at most 38 digits")
def _(template, theirs, ours):
    return "too large" in ours.get("error", "")


@known("complex numbers", "there are none")
def _(template, theirs, ours):
    return "complex" in ours.get("error", "")


@known("undefined in a text", "an undefined value is in each text")
def _(template, theirs, ours):
    return "requires string as left operand, not Undefined" in theirs.get("error", "")


@known("leaving blocks", "break cannot leave a with, set or filter block inside of the loop")
def _(template, theirs, ours):
    return "cannot leave a `with`, `set` or `filter` block" in ours.get("error", "")


@known("plus before the end of a macro", "dbt does not find {%+ tags when it cuts macros out of files")
def _(template, theirs, ours):
    return "{%+" in (template.get("macros") or "") and re.match(r"(Missing|Unexpected|BlockDefinition)\w*Error", theirs.get("error", "")) is not None


@known("loop in a macro that is not called", "it fails when it is read")
def _(template, theirs, ours):
    return bool(template.get("macros")) and "Can't assign to special loop variable" in ours.get("error", "")


def known_class(template, theirs, ours):
    for name, _, check in KNOWN:
        if check(template, theirs, ours):
            return name
    return None


def template_of(seed, index, level):
    grammar = Grammar(f"{seed}/{index}", level)
    macros, body = grammar.template()
    native = grammar.random.random() < 0.25
    return macros, body, native


def as_template(macros, body, native):
    template = {"template": body.text()}
    if macros is not None:
        template["macros"] = macros.text()
    if native:
        template["native"] = True
    return template


def chunk(work):
    """Renders a part of the templates by both; gives those that differ."""
    seed, level, indexes, binary = work
    dbt, rsdbt = worker(), Rsdbt(binary)
    trees = [template_of(seed, index, level) for index in indexes]
    templates = [as_template(*tree) for tree in trees]
    theirs = [dbt.render(template) for template in templates]
    # what has no end in dbt has none here
    outcomes = iter(rsdbt.render([template for template, their in zip(templates, theirs) if "skip" not in their]))
    ours = [{} if "skip" in their else next(outcomes) for their in theirs]
    counts = collections.Counter()
    found = []
    for index, template, their, our in zip(indexes, templates, theirs, ours):
        counts["skipped" if "skip" in their else "errors" if "error" in their else "texts"] += 1
        if differ(their, our):
            name = known_class(template, their, our)
            if name:
                counts["known: " + name] += 1
            else:
                found.append((len(template["template"] + template.get("macros", "")), index, template, their, our))
    return counts, found


_worker = []


def worker():
    if not _worker:
        _worker.append(Dbt())
    return _worker[0]


def halves(tree):
    macros, body, native = tree
    return Node("whole", macros if macros is not None else "", body), macros is not None, native


def template_of_whole(whole, has_macros, native):
    return as_template(whole.parts[0] if has_macros and isinstance(whole.parts[0], Node) else None, whole.parts[1], native)


def reduce(work):
    """Makes templates as small as they get while they differ in the same way."""
    seed, level, indexes, binary = work
    dbt, rsdbt = worker(), Rsdbt(binary)
    trees = {}
    for index in indexes:
        macros, body, native = template_of(seed, index, level)
        trees[index] = Node("whole", macros if macros is not None else "", body), macros is not None, native
    kinds = {}
    templates = {index: template_of_whole(*tree) for index, tree in trees.items()}
    for (index, template), ours in zip(templates.items(), rsdbt.render(list(templates.values()))):
        kinds[index] = differ(dbt.render(template), ours)
    active = set(indexes)
    until = time.monotonic() + 40
    while time.monotonic() < until:
        candidates = []
        for index in active:
            whole, has_macros, native = trees[index]
            options = smaller(whole)
            if has_macros:
                options.insert(0, Node("whole", "", whole.parts[1]))
            if native:
                candidates.append((index, (whole, has_macros, False)))
            candidates += [(index, (option, has_macros, native)) for option in options[:24]]
        if not candidates:
            break
        texts = [template_of_whole(*tree) for _, tree in candidates]
        taken = set()
        for (index, tree), template, ours in zip(candidates, texts, rsdbt.render(texts)):
            if index in taken:
                continue
            theirs = dbt.render(template)
            if differ(theirs, ours) == kinds[index] and not known_class(template, theirs, ours):
                trees[index] = tree
                taken.add(index)
        active = taken
        if not active:
            break
    result = []
    templates = [template_of_whole(*trees[index]) for index in indexes]
    for index, template, ours in zip(indexes, templates, rsdbt.render(templates)):
        result.append((index, template, dbt.render(template), ours))
    return result


def run(options):
    binary = test_binary()
    counts, found = collections.Counter(), []
    parts = [range(start, min(start + 500, options.start + options.count)) for start in range(options.start, options.start + options.count, 500)]
    work = [(options.seed, options.level, list(part), binary) for part in parts]
    with multiprocessing.Pool(options.jobs) as pool:
        for done, (more, differing) in enumerate(pool.imap(chunk, work)):
            counts += more
            found += differing
            if sys.stderr.isatty():
                print(f"\r{(done + 1) * 500} templates, {len(found)} differ", end="", file=sys.stderr)
        total = sum(counts[name] for name in ("texts", "errors", "skipped"))
        print(f"seed {options.seed}, {total} templates: {counts['texts']} texts, {counts['errors']} errors, {counts['skipped']} not compared, {len(found)} differ")
        for name, count in sorted(counts.items()):
            if name.startswith("known"):
                print(f"  {name}: {count}")
        found.sort(key=lambda one: one[:2])
        shown = [one[1] for one in found[: options.reduce]]
        reduced = [one[1:] for one in found[options.reduce : options.reduce + options.show]]
        for part in pool.imap(reduce, [(options.seed, options.level, shown[at : at + 15], binary) for at in range(0, len(shown), 15)]):
            reduced += part
    classes = collections.defaultdict(list)
    for index, template, theirs, ours in reduced:
        key = re.sub(r"\s+", " ", template["template"]) + ("  MACROS " + template["macros"] if template.get("macros") else "") + ("  NATIVE" if template.get("native") else "")
        classes[key].append((index, template, theirs, ours))
    for key, members in sorted(classes.items(), key=lambda pair: -len(pair[1]))[: options.show]:
        index, template, theirs, ours = members[0]
        print(f"{len(members)} x {json.dumps(template, ensure_ascii=False)}\n    dbt:   {str(theirs)[:200]}\n    rsdbt: {str(ours)[:200]}  ({index})")
    if options.save:
        with open(options.save, "a") as file:
            for members in classes.values():
                file.write(json.dumps(members[0][1]) + "\n")
    sys.exit(1 if found else 0)


def record(options):
    dbt = Dbt()
    known_templates = [line for line in CORPUS.read_text().split("\n") if line][1:] if CORPUS.exists() else []
    templates = [json.loads(line) for line in known_templates]
    seen = {json.dumps([one["template"], one.get("macros"), one.get("native")]) for one in templates}
    for path in options.files:
        for line in filter(None, Path(path).read_text().split("\n")):
            template = json.loads(line)
            key = json.dumps([template["template"], template.get("macros"), template.get("native")])
            outcome = dbt.render(template)
            if key in seen or "skip" in outcome:
                continue
            seen.add(key)
            templates.append(template | ({"text": outcome["text"]} if "text" in outcome else {}))
    binary = test_binary()
    ours = Rsdbt(binary).render(templates)
    agreeing = [one for one, our in zip(templates, ours) if not differ({"text": one["text"]} if "text" in one else {"error": ""}, our)]
    CORPUS.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in [NAMES, *agreeing]))
    print(f"{len(agreeing)} templates in {CORPUS.relative_to(ROOT)}; {len(templates) - len(agreeing)} differ and are left out")


def try_one(options):
    dbt, rsdbt = Dbt(), Rsdbt(test_binary())
    for text in options.templates:
        for native in (False, True):
            template = {"template": text, "native": native} | ({"macros": options.macros} if options.macros else {})
            ours = rsdbt.render([template])[0]
            theirs = dbt.render(template)
            print(("native " if native else "text   ") + (differ(theirs, ours) or "same"), "\n    dbt:  ", theirs, "\n    rsdbt:", ours)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("run")
    command.add_argument("--seed", default="1")
    command.add_argument("--start", type=int, default=0)
    command.add_argument("--count", type=int, default=20000)
    command.add_argument("--level", type=int, default=3)
    command.add_argument("--show", type=int, default=40)
    command.add_argument("--reduce", type=int, default=40)
    command.add_argument("--jobs", type=int, default=2)
    command.add_argument("--save")
    command.set_defaults(run=run)
    command = commands.add_parser("record")
    command.add_argument("files", nargs="*")
    command.set_defaults(run=record)
    command = commands.add_parser("try")
    command.add_argument("templates", nargs="+")
    command.add_argument("--macros")
    command.set_defaults(run=try_one)
    options = parser.parse_args()
    options.run(options)


if __name__ == "__main__":
    main()
