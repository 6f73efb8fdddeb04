#!/usr/bin/env python3
"""Render random Jinja2 templates by dbt and by rsdbt, and show what differs, made small and sorted into classes.

    jinja_templates.py run [--seed 1] [--count 20000] [--level 3] [--show 40]
    jinja_templates.py record FILE..     adds the templates of these files (one JSON object a line) to the corpus of the suite
    jinja_templates.py try 'TEMPLATE'    what both make of one template in each environment; with --file FILE what differs of many

Template number k of a seed is always the same. Each is rendered by Jinja2 in one of dbt's three environments: as text, as models and macros
are; natively, as values of YAML files are; or as while parsing, where undefined values swallow what is done with them. rsdbt must print the
same text, or both must fail; messages are not compared. Each template that differs is reduced as long as it differs, and counted under its
reduced form. What is known and listed in docs/compatibility.md is in `KNOWN`, as narrow as can be; everything else makes the command fail.

Both render batches in processes of their own, with bounded memory and a time limit for each template. What exhausts dbt's is not compared, and
counted as such; what exhausts or ends rsdbt's differs.

Needs a Python with dbt-core (1.11) and a built test binary (`cargo test --lib --no-run`).
"""
import argparse
import collections
import copy
import functools
import json
import multiprocessing
import os
import re
import resource
import select
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


# of each template, in seconds of its processor, and of the clock until its process is taken for hung
RENDERING, HUNG = 2, 90
MEMORY = 1 << 30


def bound_memory():
    """Lets this process have so much memory more than it has now."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    size = pages * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (size, size))


def answers(descriptor, count):
    """The lines that a process writes, until it has written all, ends or hangs."""
    left, lines = b"", []
    while len(lines) < count:
        ready, _, _ = select.select([descriptor], [], [], HUNG)
        more = os.read(descriptor, 1 << 16) if ready else b""
        if not more:
            break
        *whole, left = (left + more).split(b"\n")
        lines += map(json.loads, whole)
    return lines


def in_batches(render, templates, ended):
    """The outcomes of all, where each process goes on behind the template that ended the one before."""
    outcomes = []
    while len(outcomes) < len(templates):
        outcomes += render(templates[len(outcomes) :])
        if len(outcomes) < len(templates):
            outcomes.append(ended)
    return outcomes


class Dbt:
    """dbt's three environments."""

    def __init__(self):
        from dbt.context.base import BaseContext
        from dbt_common.clients import jinja

        self.jinja = jinja
        self.base = BaseContext({}).to_dict()
        signal.signal(signal.SIGPROF, _too_slow)
        warnings.simplefilter("ignore")

    def render(self, templates, eager=False):
        return in_batches(lambda rest: self._batch(rest, eager), templates, {"skip": "ended"})

    def _batch(self, templates, eager):
        reading, writing = os.pipe()
        child = os.fork()
        if not child:
            try:
                bound_memory()
                if eager:
                    without_generators()
                environments = {
                    "text": self.jinja.get_environment(None, False),
                    "native": self.jinja.get_environment(None, False, native=True),
                    "parsing": self.jinja.get_environment(None, True),
                }
                for template in templates:
                    os.write(writing, json.dumps(self._one(template, environments)).encode() + b"\n")
            finally:
                os._exit(0)
        os.close(writing)
        outcomes = answers(reading, len(templates))
        os.close(reading)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return outcomes

    def _one(self, template, environments):
        context = dict(self.base)
        context.update(copy.deepcopy(NAMES))
        for name in ("context", "builtins"):
            context.pop(name)
        signal.setitimer(signal.ITIMER_PROF, RENDERING)
        try:
            if template.get("macros"):
                for block in self.jinja.extract_toplevel_blocks(template["macros"], allowed_blocks={"macro"}, collect_raw_data=False):
                    macro = types.SimpleNamespace(name=block.block_name, macro_sql=block.full_block)
                    environments["text"].parse(block.full_block)
                    context[block.block_name] = self.jinja.CallableMacroGenerator(macro, context)
            native = template.get("native", False)
            environment = environments["native" if native else "parsing" if template.get("parsing") else "text"]
            value = environment.from_string(template["template"], globals=context).render(context)
            text = repr(value) if native else value
            text = ADDRESS.sub("", text)
            if len(text) > 20000:
                return {"skip": "too long"}
            text.encode("utf-8")
            return {"text": text}
        except TooSlow:
            return {"skip": "too slow"}
        except MemoryError:
            return {"skip": "too large"}
        except UnicodeEncodeError:
            return {"skip": "a lone surrogate"}
        except RecursionError:
            return {"skip": "too deep"}
        except BaseException as error:  # MacroReturn is one
            if isinstance(error, KeyboardInterrupt):
                raise
            return {"error": f"{type(error).__name__}: {error}"}
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)


def without_generators():
    """Lets the filters that are generators give lists, as rsdbt's do."""
    from jinja2.defaults import DEFAULT_FILTERS

    def listing(filter):
        @functools.wraps(filter)
        def listed(*positional, **named):
            value = filter(*positional, **named)
            return list(value) if hasattr(value, "__next__") else value

        return listed

    for name in LAZY_FILTERS:
        DEFAULT_FILTERS[name] = listing(DEFAULT_FILTERS[name])


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
        return in_batches(self._batch, templates, {"panic": "ended"})

    def _batch(self, templates):
        reading, writing = os.pipe()
        with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as asked:
            asked.write("".join(json.dumps(line) + "\n" for line in [NAMES, *templates]))
            asked.flush()
            names = {"RSDBT_TEMPLATES": asked.name, "RSDBT_OUTCOMES": f"/dev/fd/{writing}", "RUST_MIN_STACK": "67108864", "RUST_BACKTRACE": "0"}
            command = [self.binary, "templates_render_as_jinja2_renders_them", "--test-threads=1"]
            quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            process = subprocess.Popen(command, cwd=ROOT, env=os.environ | names, pass_fds=[writing], preexec_fn=bound_memory, **quiet)
            os.close(writing)
            outcomes = answers(reading, len(templates))
            os.close(reading)
            process.kill()
            process.wait()
        for outcome in outcomes:
            if "text" in outcome:
                outcome["text"] = ADDRESS.sub("", outcome["text"])
        return outcomes


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


LAZY_FILTERS = ["map", "select", "reject", "selectattr", "rejectattr", "batch", "slice", "items", "unique", "reverse"]
LAZY_FILTER = re.compile(r"\b(" + "|".join(LAZY_FILTERS) + r")\b")
MARKUP = re.compile(r"""Markup\(('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")\)""")


def all_of(template):
    return template["template"] + (template.get("macros") or "")


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


UNCOMPILED = re.compile("Can't assign to special loop variable|outside loop|not properly in loop|duplicate argument|special \"caller\" argument")


@known("mistakes in a macro that is not called", "it fails when it is read")
def _(template, theirs, ours):
    return bool(template.get("macros")) and UNCOMPILED.search(ours.get("error", "")) is not None


@known("call blocks", "they print what is no text")
def _(template, theirs, ours):
    return "call" in all_of(template) and "expected str instance" in theirs.get("error", "")


@known("autoescape", "it escapes nothing")
def _(template, theirs, ours):
    return re.search(r"autoescape\s+true", all_of(template)) is not None


@known("recursive loops", "they print natively what is one value")
def _(template, theirs, ours):
    return "recursive" in all_of(template) and bool(template.get("native")) and "expected str instance" in theirs.get("error", "")


@known("namespaces", "they print their names in order, and have the methods of a dict")
def _(template, theirs, ours):
    said = theirs.get("text", "") + theirs.get("error", "")
    return "Namespace" in said and (sorted(theirs.get("text", "1")) == sorted(ours.get("text", "2")) or "has no attribute" in said)


@known("sets", "they keep the order in which their items came")
def _(template, theirs, ours):
    return "set(" in all_of(template) and sorted(theirs.get("text", "1")) == sorted(ours.get("text", "2"))


@known("plus at the end of a raw block", "dbt does not find {% endraw +%} when it cuts macros out of files")
def _(template, theirs, ours):
    return re.search(r"endraw\s*\+%", template.get("macros") or "") is not None and "UnexpectedMacroEOFError" in theirs.get("error", "")


@known("ratios", "integers have at most 38 digits")
def _(template, theirs, ours):
    return "has more than 38 digits" in ours.get("error", "")


@known("items of constants", "what Jinja2 computes beforehand has no item where it would be an error later")
def _(template, theirs, ours):
    return re.search(r"'(int|float|bool|NoneType|dict)' object cannot be sliced", ours.get("error", "")) is not None


@known("else of loops", "it is left out after continue, and where a recursive loop finds nothing further down")
def _(template, theirs, ours):
    text = all_of(template)
    return "else" in text and re.search(r"\brecursive\b|\bcontinue\b|\bbreak\b", text) is not None


COMPARED = re.compile(r"[<>=!]=|[<>]|\bin\b")


@known("chains", "a chain of comparisons computes all its sides where one in the middle calls something")
def _(template, theirs, ours):
    return "error" in ours and "False" in theirs.get("text", "") and len(COMPARED.findall(all_of(template))) > 1


def known_class(dbt, template, theirs, ours):
    """The class of a difference that is known; filters that are generators in Jinja2 give lists, and fail at once."""
    if LAZY_FILTER.search(all_of(template)):
        eager = dbt.render([template], eager=True)[0]
        if "skip" in eager or not differ(eager, ours):
            return "generators"
    else:
        eager = theirs
    for name, _, check in KNOWN:
        if check(template, theirs, ours) or check(template, eager, ours):
            return name
    return None


def template_of(seed, index, level):
    grammar = Grammar(f"{seed}/{index}", level)
    macros, body = grammar.template()
    environment = grammar.random.choices(["", "native", "parsing"], [13, 4, 3])[0]
    return macros, body, environment


def as_template(macros, body, environment):
    template = {"template": body.text()}
    if macros is not None:
        template["macros"] = macros.text()
    if environment:
        template[environment] = True
    return template


def chunk(work):
    """Renders a part of the templates by both; gives those that differ."""
    seed, level, indexes, binary = work
    dbt, rsdbt = worker(), Rsdbt(binary)
    trees = [template_of(seed, index, level) for index in indexes]
    templates = [as_template(*tree) for tree in trees]
    theirs = dbt.render(templates)
    # what has no end in dbt has none here
    outcomes = iter(rsdbt.render([template for template, their in zip(templates, theirs) if "skip" not in their]))
    ours = [{} if "skip" in their else next(outcomes) for their in theirs]
    counts = collections.Counter()
    found = []
    for index, template, their, our in zip(indexes, templates, theirs, ours):
        counts["not compared: " + their["skip"] if "skip" in their else "errors" if "error" in their else "texts"] += 1
        if differ(their, our):
            name = known_class(dbt, template, their, our)
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


def template_of_whole(whole, has_macros, environment):
    return as_template(whole.parts[0] if has_macros and isinstance(whole.parts[0], Node) else None, whole.parts[1], environment)


def reduce(work):
    """Makes templates as small as they get while they differ in the same way."""
    seed, level, indexes, binary = work
    dbt, rsdbt = worker(), Rsdbt(binary)
    trees = {}
    for index in indexes:
        macros, body, environment = template_of(seed, index, level)
        trees[index] = Node("whole", macros if macros is not None else "", body), macros is not None, environment
    kinds = {}
    templates = {index: template_of_whole(*tree) for index, tree in trees.items()}
    for index, theirs, ours in zip(templates, dbt.render(list(templates.values())), rsdbt.render(list(templates.values()))):
        kinds[index] = differ(theirs, ours)
    active = set(indexes)
    until = time.monotonic() + 40
    while time.monotonic() < until:
        candidates = []
        for index in active:
            whole, has_macros, environment = trees[index]
            options = smaller(whole)
            if has_macros:
                options.insert(0, Node("whole", "", whole.parts[1]))
            if environment:
                candidates.append((index, (whole, has_macros, "")))
            candidates += [(index, (option, has_macros, environment)) for option in options[:24]]
        if not candidates:
            break
        texts = [template_of_whole(*tree) for _, tree in candidates]
        taken = set()
        for (index, tree), template, theirs, ours in zip(candidates, texts, dbt.render(texts), rsdbt.render(texts)):
            if index in taken:
                continue
            if differ(theirs, ours) == kinds[index] and not known_class(dbt, template, theirs, ours):
                trees[index] = tree
                taken.add(index)
        active = taken
        if not active:
            break
    result = []
    templates = [template_of_whole(*trees[index]) for index in indexes]
    for index, template, theirs, ours in zip(indexes, templates, dbt.render(templates), rsdbt.render(templates)):
        result.append((index, template, theirs, ours))
    return result


def run(options):
    begun = time.monotonic()
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
        spent = time.monotonic() - begun
        print(f"seed {options.seed}, {options.count} templates in {spent:.0f} s: {counts['texts']} texts, {counts['errors']} errors, {len(found)} differ")
        for name, count in sorted(counts.items()):
            if ": " in name:
                print(f"  {name}: {count}")
        found.sort(key=lambda one: one[:2])
        shown = [one[1] for one in found[: options.reduce]]
        reduced = [one[1:] for one in found[options.reduce : options.reduce + options.show]]
        for part in pool.imap(reduce, [(options.seed, options.level, shown[at : at + 15], binary) for at in range(0, len(shown), 15)]):
            reduced += part
    classes = collections.defaultdict(list)
    for index, template, theirs, ours in reduced:
        key = re.sub(r"\s+", " ", template["template"]) + ("  MACROS " + template["macros"] if template.get("macros") else "") + ("  NATIVE" if template.get("native") else "  PARSING" if template.get("parsing") else "")
        classes[key].append((index, template, theirs, ours))
    for key, members in sorted(classes.items(), key=lambda pair: -len(pair[1]))[: options.show]:
        index, template, theirs, ours = members[0]
        print(f"{len(members)} x {json.dumps(template, ensure_ascii=False)}\n    dbt:   {str(theirs)[:200]}\n    rsdbt: {str(ours)[:200]}  ({index})")
    if options.save:
        with open(options.save, "a") as file:
            for members in classes.values():
                file.write(json.dumps(members[0][1]) + "\n")
    sys.exit(1 if found else 0)


def asked(template):
    return json.dumps([template["template"], template.get("macros"), template.get("native"), template.get("parsing")])


def record(options):
    dbt = Dbt()
    known_templates = [line for line in CORPUS.read_text().split("\n") if line][1:] if CORPUS.exists() else []
    templates = [json.loads(line) for line in known_templates]
    seen = {asked(one) for one in templates}
    new = {}
    for path in options.files:
        for line in filter(None, Path(path).read_text().split("\n")):
            template = json.loads(line)
            template.pop("text", None)
            if asked(template) not in seen:
                new[asked(template)] = template
    for template, outcome in zip(new.values(), dbt.render(list(new.values()))):
        if "skip" not in outcome:
            templates.append(template | ({"text": outcome["text"]} if "text" in outcome else {}))
    binary = test_binary()
    ours = Rsdbt(binary).render(templates)
    agreeing = [one for one, our in zip(templates, ours) if not differ({"text": one["text"]} if "text" in one else {"error": ""}, our)]
    CORPUS.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in [NAMES, *agreeing]))
    print(f"{len(agreeing)} templates in {CORPUS.relative_to(ROOT)}; {len(templates) - len(agreeing)} differ and are left out")


def try_some(options):
    """What both make of templates; of those of files only what differs."""
    dbt, rsdbt = Dbt(), Rsdbt(test_binary())
    given = [{"template": text} for text in options.templates]
    for path in options.file:
        given += [json.loads(line) for line in filter(None, Path(path).read_text().split("\n"))]
    templates = []
    for template in given:
        for environment in ("text", "native", "parsing"):
            templates.append(template | {environment: True} | ({"macros": options.macros} if options.macros else {}))
    for template, theirs, ours in zip(templates, dbt.render(templates), rsdbt.render(templates)):
        how = differ(theirs, ours)
        if not options.file or how and not known_class(dbt, template, theirs, ours):
            print(how or "same", json.dumps(template, ensure_ascii=False), "\n    dbt:  ", theirs, "\n    rsdbt:", ours)


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
    command.add_argument("templates", nargs="*")
    command.add_argument("--file", action="append", default=[])
    command.add_argument("--macros")
    command.set_defaults(run=try_some)
    options = parser.parse_args()
    options.run(options)


if __name__ == "__main__":
    main()
