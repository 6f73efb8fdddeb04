"""Random Jinja2 templates as trees, so that what differs can be made small.

A tree is a `Node` with a kind, its parts (texts and nodes), and how it can be made smaller: by a node inside it of the same kind, by
the shortest text of the kind, or, in a list, without some of its items.
"""
import random

# The names that every template sees, as JSON.
NAMES = {
    "s": "Hello, World",
    "w": "  pad\tme ",
    "h": "<a href='x'>1 & 2</a>",
    "n": 5,
    "i": -3,
    "f": 2.5,
    "b": True,
    "z": None,
    "xs": [3, 1, 2, 1],
    "ys": ["b", "A", "c", "a"],
    "es": [],
    "d": {"a": 1, "b": [1, 2], "c": "x"},
    "rows": [{"k": "x", "v": 1}, {"k": "Y", "v": 3}, {"k": "x", "v": 2}],
}
SHORTEST = {"expr": ["x", "1", "''", "[]", "s", "n"], "text": ["", "a"], "stmts": [""], "arg": ["1", "''"]}


class Node:
    __slots__ = ("kind", "parts", "sep")

    def __init__(self, kind, *parts, sep=None):
        self.kind, self.parts, self.sep = kind, list(parts), sep

    def text(self):
        texts = [part if isinstance(part, str) else part.text() for part in self.parts]
        if self.sep is not None:
            return self.sep.join(text for text in texts)
        return "".join(texts)

    def nodes(self):
        yield self
        for part in self.parts:
            if isinstance(part, Node):
                yield from part.nodes()

    def size(self):
        return len(self.text())


def replaced(tree, old, new):
    """The tree with one node in the place of another."""
    if tree is old:
        return new
    copy = Node(tree.kind, sep=tree.sep)
    for part in tree.parts:
        copy.parts.append(replaced(part, old, new) if isinstance(part, Node) else part)
    return copy


def smaller(tree):
    """Trees that are smaller by one step, those that lose most first."""
    found = {}
    size = tree.size()

    def add(candidate):
        text = candidate.text()
        if len(text) < size:
            found.setdefault(text, candidate)

    for node in tree.nodes():
        if node.kind in SHORTEST:
            for text in SHORTEST[node.kind]:
                if len(text) < len(node.text()):
                    add(replaced(tree, node, Node(node.kind, text)))
            for inner in node.nodes():
                if inner is not node and inner.kind == node.kind:
                    add(replaced(tree, node, inner))
        if node.kind == "list" and node.parts:
            for at in range(len(node.parts)):
                rest = node.parts[:at] + node.parts[at + 1:]
                add(replaced(tree, node, Node("list", *rest, sep=node.sep)))
            if len(node.parts) > 2:
                add(replaced(tree, node, Node("list", sep=node.sep)))
        if node.kind == "opt":
            add(replaced(tree, node, Node("opt", "")))
    return sorted(found.values(), key=Node.size)


class Grammar:
    """One template of a seed. `level` 1 has expressions, 2 statements as well, 3 Python's methods and formatting."""

    def __init__(self, seed, level=3):
        self.random = random.Random(seed)
        self.level = level
        self.locals = []
        self.macros = []
        self.in_loop = 0
        self.in_macro = False

    def one(self, *choices):
        return self.random.choice(choices)

    def chance(self, probability):
        return self.random.random() < probability

    # expressions

    def expr(self, depth=3, want=None):
        """An expression, mostly of the type that is wanted."""
        if self.chance(0.04):
            want = None
        want = want or self.random.choices(
            ["int", "float", "str", "list", "dict", "tuple", "bool", "none", "any"], [5, 3, 6, 4, 2, 1, 4, 1, 3]
        )[0]
        if depth <= 0:
            return self.atom(want)
        if self.chance(0.1):
            return Node("expr", "(", self.gap(), self.expr(depth - 1, want), self.gap(), ")")
        if self.chance(0.04):
            test = self.expr(depth - 1, "bool")
            other = Node("opt", " else ", self.expr(depth - 1, want)) if self.chance(0.8) else ""
            return Node("expr", "(", self.expr(depth - 1, want), " if ", test, other, ")")
        return getattr(self, want)(depth)

    def gap(self):
        return self.one(*[""] * 14, " ", "\n", "\t", "\u00a0", "\u2029", "\x1f")

    def space(self):
        return self.one(*[" "] * 14, "  ", "\n", "\u00a0", "\u3000", "\r\n")

    def atom(self, want):
        return Node("expr", self.atom_text(want))

    def atom_text(self, want):
        if self.locals and self.chance(0.2):
            return self.one(*self.locals)
        if want == "int":
            return self.one("0", "1", "2", "3", "7", "10", "42", "1_000", "0x1F", "0b101", "0o17", "0XfF", "00", "n", "i", "255", "n", "i", "1000000007")
        if want == "float":
            return self.one("0.5", "1.0", "2.5", "1e3", "1E-2", "1_0.2_5", "f", "3.14159", "1e16", "1.5e300", "0.1", "f", "100.0", "1e22", "2e-7", "007.5")
        if want == "str":
            return self.one("s", "w", "h", "s", "s") if self.chance(0.35) else self.string()
        if want == "list":
            return self.one("xs", "ys", "es", "rows", "xs", "ys", "[]", "[1, 2, 3]", "['a', 'b']", "range(3)", "[3, 1.5, true]")
        if want == "dict":
            return self.one("d", "d", "{}", "rows[0]", "{'x': 1}", "{1: 'a', 2: 'b'}", "dict(a=1, b=2)")
        if want == "tuple":
            return self.one("()", "(1,)", "(1, 2)", "('a', 2.0)", "(none, true)")
        if want == "bool":
            return self.one("true", "false", "True", "False", "b")
        if want == "none":
            return self.one("none", "None", "z")
        return self.one(*["u", "d.zz", "1", "'x'", "xs", "z", "n", "s", "d", "f", "rows"] * 3, "u", "not", "in")

    def string(self):
        quote = self.one("'", '"')
        count = self.random.choices([0, 1, 2, 3, 5], [1, 3, 3, 2, 1])[0]
        pieces = []
        for _ in range(count):
            pieces.append(self.one(
                "a", "b", "Z", "ab", "x y", "1", "42", "_", "-", " ", ",", "é", "ß", "日本", "%", "{", "}", "%s", "{}", "\\n", "\\t", "\\\\",
                "\\x41", "\\u00e9", "\\101", "\\d", "\\'", '\\"', "\\\n", "\\0", "\\é", "\\U0001F600", "İ", "ǅ", "ﬁ", "#}", "a.b", "A", "Ab cD", "3.5", "\n", "\\r",
                "<b>", "&", "null", "/", "Σ", "²", "٣",
            ))
        text = "".join(pieces).replace(quote, "")
        if text.endswith("\\") and not text.endswith("\\\\"):
            text += "a"
        literal = quote + text + quote
        if self.chance(0.05):
            literal += self.one(" ", "") + self.one("'x'", '"y"', "''")
        return literal

    def any(self, depth):
        return self.one(self.getitem, self.getattr, self.condition, self.logic, self.filtered, self.called, self.method)(depth)

    def getitem(self, depth):
        inner = self.expr(depth - 1, self.one("list", "dict", "str", "tuple"))
        kind = self.random.random()
        if kind < 0.35:
            bounds = Node("list", sep="")
            for at in range(self.one(2, 2, 3)):
                if at:
                    bounds.parts.append(":")
                if self.chance(0.5):
                    bounds.parts.append(self.expr(0, "int") if self.chance(0.85) else self.expr(1))
            return Node("expr", self.wrapped(inner), "[", bounds, "]")
        if kind < 0.75:
            return Node("expr", self.wrapped(inner), "[", self.one("0", "1", "-1", "'a'", "'k'", "n", "true", "1.0"), "]")
        return Node("expr", self.wrapped(inner), "[", self.expr(depth - 1), "]")

    def wrapped(self, node):
        return Node("expr", "(", node, ")") if self.chance(0.85) else node

    def getattr(self, depth):
        name = self.one("a", "b", "k", "zz", "0", "1", "upper", "items", "é", "_x", "if")
        return Node("expr", self.expr(depth - 1, self.one("dict", "list", "any")), ".", name)

    def called(self, depth):
        if self.macros and self.chance(0.5):
            return Node("expr", self.one(*self.macros), self.args(depth))
        name = self.one("range", "dict", "namespace", "set", "zip", "tojson", "fromjson", "u", "cycler", "joiner", "lipsum", "caller", "toyaml", "local_md5", "fromyaml")
        if name == "range":
            return Node("expr", "range(", Node("list", *[Node("arg", self.one("0", "1", "3", "5", "-2", "n", "10")) for _ in range(self.one(1, 2, 2, 3))], sep=", "), ")")
        if name in ("tojson", "toyaml", "fromjson", "fromyaml", "local_md5"):
            return Node("expr", name, "(", self.expr(depth - 1, "str" if name[0] in "fl" else None), ")")
        if name == "cycler":
            return Node("expr", "cycler('a', 'b').", self.one("next()", "current", "next() ~ 1"))
        if name == "joiner":
            return Node("expr", "joiner(", self.one("", "'|'"), ")()")
        if name == "dict":
            return Node("expr", "dict(", self.one("", "a=1", "d", "d, a=2", "[('a', 1)]", "**d", "z=n"), ")")
        if name == "namespace":
            return Node("expr", "namespace(", self.one("", "a=1", "d", "d, a=2", "x=xs"), ")", self.one("", ".a", ".zz", "['a']", ".a", ".x"))
        if name == "lipsum":
            return Node("expr", "lipsum(n=1, html=", self.one("true", "false"), ", min=2, max=3)|length > ", self.one("3", "n"))
        if name == "set":
            return Node("expr", "set(", self.expr(depth - 1, "list"), ")|list|", self.one("length", "sort"))
        if name == "zip":
            return Node("expr", "zip(", self.expr(depth - 1, "list"), ", ", self.expr(depth - 1, "list"), ")|list")
        return Node("expr", name, self.args(depth))

    def args(self, depth):
        items = [Node("arg", self.expr(depth - 1)) for _ in range(self.one(0, 1, 1, 2))]
        if self.chance(0.2):
            items.append(Node("arg", self.one("a", "b", "x", "key"), "=", self.expr(depth - 1)))
        if self.chance(0.07):
            items.append(Node("arg", "*", self.expr(depth - 1, self.one("list", "tuple"))))
        if self.chance(0.07):
            items.append(Node("arg", "**", self.expr(depth - 1, "dict")))
        return Node("args", "(", self.gap(), Node("list", *items, sep=self.one(", ", ",", " , ")), self.one(*[""] * 9, ","), ")")

    def condition(self, depth):
        test = self.expr(depth - 1, "bool")
        other = Node("opt", " else ", self.expr(depth - 1)) if self.chance(0.8) else ""
        return Node("expr", self.expr(depth - 1), " if ", test, other)

    def logic(self, depth):
        if self.chance(0.2):
            return Node("expr", "not ", self.expr(depth - 1))
        return Node("expr", self.expr(depth - 1), self.space(), self.one("and", "or"), self.space(), self.expr(depth - 1))

    def operands(self, depth, want):
        left = self.expr(depth - 1, want)
        right = self.expr(depth - 1, want)
        return left, right

    def int(self, depth):
        kind = self.random.random()
        if kind < 0.45:
            left, right = self.operands(depth, "int")
            return Node("expr", left, self.gap(), self.one("+", "-", "*", "//", "%", "+", "-"), self.gap(), right)
        if kind < 0.5:
            return Node("expr", self.expr(depth - 1, "int"), "**", self.one("2", "0", "3", "-1", "0.5", "n", "-2.0"))
        if kind < 0.62:
            return Node("expr", self.one("-", "+", "- ", "--", "+-"), self.expr(depth - 1, "int"))
        if kind < 0.8:
            return self.filtered(depth, self.one("length", "count", "int", "abs", "sum", "wordcount", "round", "first", "last", "max", "min"))
        if kind < 0.9:
            return self.method(depth, self.one("count", "find", "index", "rfind", "rindex", "bit_length", "__len__"))
        return self.getitem(depth)

    def float(self, depth):
        kind = self.random.random()
        if kind < 0.5:
            left, right = self.operands(depth, self.one("float", "int"))
            return Node("expr", left, self.gap(), self.one("/", "+", "-", "*", "//", "%", "/"), self.gap(), right)
        if kind < 0.6:
            return Node("expr", self.expr(depth - 1, "float"), "**", self.one("2", "0", "0.5", "-1"))
        if kind < 0.7:
            return Node("expr", self.one("-", "+", "+ ", "-+"), self.expr(depth - 1, "float"))
        return self.filtered(depth, self.one("float", "round", "abs", "sum"))

    def str(self, depth):
        kind = self.random.random()
        if kind < 0.2:
            left, right = self.operands(depth, None)
            return Node("expr", left, self.one(" ~ ", "~", "~\n"), right)
        if kind < 0.3:
            left, right = self.operands(depth, "str")
            return Node("expr", left, " + ", right)
        if kind < 0.35:
            return Node("expr", self.expr(depth - 1, "str"), " * ", self.one("2", "0", "3", "-1", "n", "true"))
        if kind < 0.55 and self.level >= 3:
            return self.method(depth)
        if kind < 0.65 and self.level >= 3:
            return self.formatted(depth)
        if kind < 0.9:
            return self.filtered(depth)
        return self.getitem(depth)

    def list(self, depth):
        kind = self.random.random()
        if kind < 0.35:
            items = [self.expr(depth - 1) for _ in range(self.one(0, 1, 2, 3))]
            return Node("expr", "[", self.gap(), Node("list", *items, sep=", "), self.one("", "", "", ","if items else ""), "]")
        if kind < 0.45:
            left, right = self.operands(depth, "list")
            return Node("expr", left, " + ", right)
        if kind < 0.5:
            return Node("expr", self.expr(depth - 1, "list"), " * ", self.one("2", "0", "-1"))
        if kind < 0.85:
            return self.filtered(depth, self.one("list", "sort", "unique", "reverse", "map", "select", "reject", "selectattr", "rejectattr", "batch", "slice", "dictsort", "items", "groupby"))
        if kind < 0.95:
            return self.method(depth, self.one("split", "rsplit", "splitlines", "keys", "values", "items", "copy", "partition"))
        return self.getitem(depth)

    def dict(self, depth):
        if self.chance(0.6):
            items = []
            for _ in range(self.one(0, 1, 2, 3)):
                key = self.expr(0, self.one("str", "int", "bool", "tuple", "float", "none")) if self.chance(0.9) else self.expr(depth - 1)
                items.append(Node("pair", key, ":", self.gap(), self.expr(depth - 1)))
            return Node("expr", "{", Node("list", *items, sep=", "), self.one("", "", "", "," if items else ""), "}")
        return self.one(self.getitem, self.called)(depth)

    def tuple(self, depth):
        items = [self.expr(depth - 1) for _ in range(self.one(0, 2, 3))]
        if self.chance(0.3):
            return Node("expr", "(", self.expr(depth - 1), ",)")
        return Node("expr", "(", Node("list", *items, sep=", "), ")")

    def none(self, depth):
        return self.atom("none")

    def bool(self, depth):
        kind = self.random.random()
        if kind < 0.3:
            want = self.one("int", "float", "str", "list", None, "tuple", "int")
            left, right = self.operands(depth, want)
            return Node("expr", left, self.gap(), self.one("==", "!=", "<", "<=", ">", ">="), self.gap(), right)
        if kind < 0.38:
            want = self.one("int", "float", None, "str")
            parts = [self.expr(depth - 1, want)]
            for _ in range(self.one(2, 2, 3)):
                parts += [self.space(), self.one("==", "!=", "<", "<=", ">", ">=", "in", "not in"), self.space(), self.expr(depth - 1, want)]
            return Node("expr", *parts)
        if kind < 0.5:
            return Node("expr", self.expr(depth - 1), self.space(), self.one("in", "not in"), self.space(), self.expr(depth - 1, self.one("list", "str", "dict", "tuple")))
        if kind < 0.65:
            return self.logic(depth)
        if kind < 0.92:
            return self.tested(depth)
        return self.method(depth, self.one("startswith", "endswith", "isdigit", "isalpha", "isupper", "islower", "isspace", "isalnum", "istitle", "isnumeric", "isdecimal", "isidentifier", "isascii", "isprintable"))

    TESTS = [
        "defined", "undefined", "none", "boolean", "true", "false", "integer", "float", "number", "string", "mapping", "sequence", "iterable",
        "callable", "odd", "even", "lower", "upper", "escaped", "sameas", "divisibleby", "eq", "ne", "lt", "le", "gt", "ge", "in", "equalto",
        "greaterthan", "lessthan", "filter", "test", "nosuch", "list",
    ]

    def tested(self, depth):
        name = self.one(*self.TESTS)
        if self.chance(0.9):
            while name in ("nosuch", "list"):
                name = self.one(*self.TESTS)
        want = {"odd": "int", "even": "int", "divisibleby": "int", "lower": "str", "upper": "str"}.get(name)
        value = self.expr(depth - 1, want)
        word = self.one(" is ", " is ", " is not ", "\nis ", " is\u00a0not ")
        if name == "divisibleby":
            return Node("expr", self.wrapped(value), word, name, self.one("(2)", " 3", "(n)", "(0)", " 2.5", "(num=2)", "('a')"))
        if name == "sameas":
            return Node("expr", self.wrapped(value), word, name, self.one(" none", "(true)", " false", "(u)", " z"))
        if name in ("eq", "ne", "lt", "le", "gt", "ge", "in", "equalto", "greaterthan", "lessthan"):
            if self.chance(0.5):
                return Node("expr", self.wrapped(value), word, name, " ", self.expr(0))
            return Node("expr", self.wrapped(value), word, name, "(", self.expr(depth - 1), ")")
        if name in ("filter", "test"):
            return Node("expr", self.one("'upper'", "'odd'", "'nosuch'", "s"), word, name)
        return Node("expr", self.wrapped(value), word, name, self.one(*[""] * 9, "()"))

    FILTERS = {
        "abs": ("num", [""]),
        "attr": ("any", ["('a')", "('upper')", "('zz')"]),
        "batch": ("list", ["(2)", "(3, 'x')", "(linecount=2, fill_with=none)", "(0)"]),
        "capitalize": ("str", [""]),
        "center": ("str", ["", "(20)", "(width=9)"]),
        "count": ("list", [""]),
        "d": (None, ["('x')", "('x', true)", "(default_value=1)", ""]),
        "default": (None, ["('x')", "('x', boolean=true)", "(z, b)", "()", "(none)"]),
        "dictsort": ("dict", ["", "(true)", "(false, 'value')", "(by='value', reverse=true)", "(case_sensitive=true)"]),
        "e": ("str", [""]),
        "escape": (None, [""]),
        "filesizeformat": ("num", ["", "(true)", "(binary=false)"]),
        "first": ("list", [""]),
        "float": (None, ["", "(1.5)", "(default=none)"]),
        "forceescape": ("str", [""]),
        "format": ("str", ["", "(1)", "('a', 2)", "(a=1)"]),
        "groupby": ("rows", ["('k')|list", "('v')", "('k', case_sensitive=true)", "(attribute='zz', default=0)", "('zz')"]),
        "indent": ("str", ["", "(2)", "(2, true)", "(width='>', first=true, blank=true)", "(0)"]),
        "int": (None, ["", "(7)", "(default=none)", "(0, 16)", "(base=2)", "(0, 8)"]),
        "items": ("dict", ["|list", ""]),
        "join": ("list", ["", "(', ')", "('-', attribute='k')", "(d='|')", "(1)"]),
        "last": ("list", [""]),
        "length": (None, [""]),
        "list": (None, [""]),
        "lower": ("str", [""]),
        "map": ("list", ["('upper')|list", "(attribute='k')|list", "(attribute='zz', default=0)|list", "('default', 'x')|list", "('int')|sum", "('nosuch')|list", "(attribute=0)|list", "()|list", "('replace', 'a', 'b')|list", "('string')|list", "(attribute='k.0')|list", ""]),
        "max": ("list", ["", "(case_sensitive=true)", "(attribute='v')", "(true)"]),
        "min": ("list", ["", "(true)", "(attribute='v')"]),
        "pprint": (None, [""]),
        "reject": ("list", ["|list", "('odd')|list", "('gt', 1)|list", "('none')|list", "('in', [1, 'a'])|list", ""]),
        "rejectattr": ("rows", ["('k')|list", "('k', 'eq', 'x')|list", "('v', 'gt', 1)|list", "('zz')|list", "('v', 'odd')|list"]),
        "replace": ("str", ["('a', 'b')", "('l', '', 1)", "('', '-')", "(old='o', new='0')", "('a', 1)", "(1, 2)", "('a', 'b', 0)", "('a')", "('', '-', 2)"]),
        "reverse": (None, ["|list", "", "|join"]),
        "round": ("num", ["", "(1)", "(2, 'floor')", "(method='ceil')", "(-1)", "(0, 'common')", "(1, 'x')"]),
        "safe": (None, [""]),
        "select": ("list", ["|list", "('even')|list", "('lt', 2)|list", "('defined')|list", "('string')|list", "('nosuch')|list", "('sameas', true)|list"]),
        "selectattr": ("rows", ["('k')|list", "('k', 'eq', 'x')|list", "('v', 'ge', 2)|list", "('zz', 'undefined')|list", "('k.0', 'eq', 'x')|list", "('v', 'none')|list"]),
        "slice": ("list", ["(2)|list", "(3, 'x')|list", "(slices=2)|list", "(0)|list"]),
        "sort": ("list", ["", "(true)", "(reverse=true)", "(case_sensitive=true)", "(attribute='v')", "(attribute='k,v')", "(false, true)", "(attribute='zz')"]),
        "string": (None, [""]),
        "striptags": ("str", [""]),
        "sum": ("list", ["", "(start=1)", "(attribute='v')", "('v', 1.5)", "(attribute='zz')"]),
        "title": ("str", [""]),
        "tojson": (None, ["", "(2)", "(indent=1)"]),
        "trim": ("str", ["", "('ab ')", "(chars='x')", "(none)"]),
        "truncate": ("str", ["(5)", "(5, true)", "(8, true, '..', 0)", "(length=3, killwords=false, end='!')", "", "(7, leeway=0)", "(1)"]),
        "unique": ("list", ["|list", "(true)|list", "(attribute='k')|list", "(case_sensitive=true)|list"]),
        "upper": ("str", [""]),
        "urlencode": (None, [""]),
        "wordcount": ("str", [""]),
        "wordwrap": ("str", ["(5)", "(4, false)", "(width=6, break_long_words=true, wrapstring='|')", "(3, wrapstring='/')", "(5, break_on_hyphens=false)", ""]),
        "xmlattr": ("dict", ["", "(false)", "(autospace=true)"]),
        "as_text": (None, [""]), "as_bool": (None, [""]), "as_number": (None, [""]), "as_native": (None, [""]),
        "is_list": (None, [""]),
        "nosuch": (None, ["", "(1)"]),
        "random": ("one", [""]),
    }

    def filtered(self, depth, name=None):
        if name is None:
            name = self.one(*[known for known in self.FILTERS if known != "nosuch" or self.chance(0.1)])
        want, forms = self.FILTERS[name]
        if want == "rows":
            value = Node("expr", "rows") if self.chance(0.7) else self.expr(depth - 1, "list")
        elif want == "one":
            value = Node("expr", self.one("['a']", "[1]", "'x'", "(2,)"))
        else:
            value = self.expr(depth - 1, self.one("int", "float") if want == "num" else want)
        form = self.one(*forms)
        if self.chance(0.03) and name not in ("random", "tojson"):
            form = self.args(depth)
        bar = self.one("|", "|", " | ", "\n|", "|\u00a0")
        return Node("expr", self.wrapped(value), bar, name, form)

    METHODS = {
        "str": {
            "upper": ["()"], "lower": ["()"], "strip": ["()", "(' ')", "('xa,')", "(none)", "('')"], "lstrip": ["()", "('H')"], "rstrip": ["()", "('d!')"],
            "split": ["()", "(',')", "('l', 1)", "(none, 1)", "(maxsplit=1)", "(sep='o')", "('')", "(' ', -1)"], "rsplit": ["()", "('o', 1)", "(none, 1)", "(', ')"],
            "splitlines": ["()", "(true)", "(keepends=true)"], "replace": ["('l', 'L')", "('l', 'L', 1)", "('', '-')", "('', '-', 2)", "('a')", "('o', '', -1)", "(1, 2)"],
            "startswith": ["('H')", "('He', 1)", "(('a', 'H'))", "('')", "('l', 2, 4)", "(1)", "(['a'])"], "endswith": ["('d')", "('World', 0, 5)", "(('x', 'd'))", "('', 50)"],
            "find": ["('l')", "('l', 4)", "('zz')", "('')", "('o', -5, -1)", "('', 50)"], "rfind": ["('l')", "('o', 0, 5)", "('')"], "index": ["('o')", "('zz')"], "rindex": ["('o')", "('z')"],
            "count": ["('l')", "('')", "('o', 5)", "('ll')"], "join": ["(ys)", "(['a', 'b'])", "('abc')", "(xs)", "(d)", "([])"],
            "title": ["()"], "capitalize": ["()"], "swapcase": ["()"], "casefold": ["()"], "zfill": ["(5)", "(20)", "(0)"], "center": ["(20)", "(21, '*')", "(5)", "(20, 'ab')"],
            "ljust": ["(15)", "(15, '.')"], "rjust": ["(15, '.')", "(15)"], "partition": ["(',')", "('zz')", "('')"], "rpartition": ["('o')", "('zz')"],
            "removeprefix": ["('He')", "('x')"], "removesuffix": ["('ld')", "('')"], "expandtabs": ["()", "(4)", "(0)"], "isdigit": ["()"], "isalpha": ["()"],
            "isupper": ["()"], "islower": ["()"], "isspace": ["()"], "isalnum": ["()"], "istitle": ["()"], "isnumeric": ["()"], "isdecimal": ["()"],
            "isidentifier": ["()"], "isascii": ["()"], "isprintable": ["()"], "encode": ["()", "('utf-8')", "('ascii', 'ignore')", "().decode()"],
            "translate": ["({97: 'x'})", "({108: none})"], "format": ["()", "(1)", "(a=1)"], "format_map": ["(d)"], "nosuch": ["()"], "__len__": ["()"],
        },
        "list": {
            "append": ["(1)", "()"], "extend": ["([1])", "('ab')", "(1)"], "insert": ["(0, 'x')", "(-1, 9)", "(50, 1)"], "pop": ["()", "(0)", "(-1)", "(9)"],
            "remove": ["(1)", "('zz')"], "index": ["(1)", "('A')", "(9)", "(1, 2)"], "count": ["(1)", "('a')", "(true)"], "sort": ["()", "(reverse=true)"], "reverse": ["()"],
            "copy": ["()"], "clear": ["()"], "nosuch": ["()"], "__len__": ["()"],
        },
        "dict": {
            "get": ["('a')", "('zz')", "('zz', 1)", "(1)", "()", "([1])"], "items": ["()|list", "()", "()|length"], "keys": ["()|list", "()", "()|join(',')"], "values": ["()|list", "()"],
            "pop": ["('a')", "('zz')", "('zz', 0)"], "update": ["({'q': 1})", "(a=5)", "([('x', 2)])"], "setdefault": ["('a', 9)", "('n', 9)", "('m')"], "copy": ["()"],
            "popitem": ["()"], "clear": ["()"], "fromkeys": ["(['x'], 1)"], "nosuch": ["()"],
        },
        "int": {"bit_length": ["()"], "as_integer_ratio": ["()"], "conjugate": ["()"], "bit_count": ["()"]},
        "float": {"is_integer": ["()"], "as_integer_ratio": ["()"], "hex": ["()"], "conjugate": ["()"]},
        "tuple": {"count": ["(1)"], "index": ["(2)", "(9)"]},
    }

    def method(self, depth, name=None):
        kinds = [kind for kind in self.METHODS if name is None or name in self.METHODS[kind]]
        if not kinds or self.level < 3:
            return self.filtered(depth)
        kind = self.random.choices(kinds, [{"str": 6, "list": 3, "dict": 3}.get(kind, 1) for kind in kinds])[0]
        name = name or self.one(*self.METHODS[kind])
        form = self.one(*self.METHODS[kind][name])
        if self.chance(0.03):
            form = self.args(depth)
        value = self.expr(depth - 1, kind)
        tail = Node("expr", "(", value, ").", name, form)
        return Node("expr", tail, self.one(*["[0]"] * 1, *[""] * 12))

    def formatted(self, depth):
        if self.chance(0.5):
            specs = Node("list", sep="")
            count = self.one(1, 1, 2, 3)
            for _ in range(count):
                flags = "".join(self.random.sample(["-", "+", " ", "0", "#"], self.one(0, 0, 0, 1, 2)))
                width = self.one("", "", "5", "10", "*", "1")
                precision = self.one("", "", ".2", ".0", ".", ".10")
                specs.parts.append(self.one("", "a", "%%", " ") + "%" + flags + width + precision + self.one(*"sdrifegxXocaGEFu", "s", "d", "ld"))
            values = [self.expr(depth - 1, self.one("int", "float", "str")) for _ in range(count if self.chance(0.85) else count + 1)]
            if len(values) == 1 and self.chance(0.6):
                return Node("expr", "'", specs, "' % ", self.wrapped(values[0]))
            if self.chance(0.15):
                return Node("expr", "'%(a)", self.one("s", "d", "05d", ".2f", "r"), " %(c)s' % ", self.one("d", "{'a': 2, 'c': none}", "rows[0]"))
            return Node("expr", "'", specs, "' % (", Node("list", *values, sep=", "), ",)")
        fields = Node("list", sep="")
        values = []
        for at in range(self.one(1, 1, 2)):
            want = self.one("int", "float", "str", "bool", None)
            field = self.one("", "", "", str(at), "a", "0", "a[0]")
            conversion = self.one("", "", "", "", "!r", "!s", "!a")
            spec = self.spec() if self.chance(0.7) else ""
            fields.parts.append(self.one("", "x", "{{", "}}", " ") + "{" + field + conversion + (":" + spec if spec else "") + "}")
            values.append(Node("arg", self.expr(depth - 1, want)))
        if self.chance(0.4):
            values.append(Node("arg", "a=", self.expr(depth - 1)))
        return Node("expr", "'", fields, "'.format(", Node("list", *values, sep=", "), ")")

    def spec(self):
        fill = self.one("", "", "", "*", "0", "_")
        align = self.one("", "<", ">", "^", "=") if fill or self.chance(0.4) else ""
        if fill and not align:
            fill = ""
        return (fill + align + self.one("", "", "+", "-", " ") + self.one("", "", "", "#", "z") + self.one("", "", "0") + self.one("", "5", "10", "8", "{}")
                + self.one("", "", "", ",", "_") + self.one("", "", ".2", ".0", ".5") + self.one("", "s", "d", "f", "e", "g", "%", "x", "X", "o", "b", "c", "n", "G", "E", "F", "q"))

    # statements

    def begin(self):
        plus = "{% " if self.in_macro and self.chance(0.95) else "{%+ "
        return self.one(*["{% "] * 8, "{%- ", plus, "{%", "{%-\n", "{%\u00a0")

    def end(self):
        return self.one(*[" %}"] * 8, " -%}", " +%}", "%}", "\n%}", "-%}", "\u00a0%}", " :%}" if self.chance(0.1) else " %}")

    def tag(self, *parts):
        return Node("tag", self.begin(), *parts, self.end())

    def data(self):
        return Node("text", self.one("a", "b ", " c", "\n", " \n ", "x\n", "\t", "{", "}", "{ {", "%}", "#}", "'", "\"", "é", "\r\n", "\r", "  ", "select 1", "-", "\u00a0", "}}", "\x1f"))

    def output(self, depth):
        opening = self.one(*["{{ "] * 8, "{{- ", "{{", "{{+ ", "{{-", "{{\u00a0")
        closing = self.one(*[" }}"] * 8, " -}}", "}}", "-}}", "\n}}")
        inner = self.expr(depth)
        if self.chance(0.03):
            return Node("stmt", opening, inner, ", ", self.expr(depth - 1), closing)
        return Node("stmt", opening, inner, closing)

    def statements(self, depth, count=None):
        count = self.one(1, 1, 2, 3) if count is None else count
        saved = list(self.locals)
        body = Node("list", *[self.statement(depth) for _ in range(count)], sep="")
        self.locals = saved
        return body

    def target(self):
        return self.one("x", "y", "v", "q", "x2", "é", "_") if self.chance(0.97) else "loop"

    def statement(self, depth):
        if self.level < 2 or depth <= 0:
            return self.data() if self.chance(0.3) else self.output(2)
        kind = self.random.choices(
            ["data", "output", "if", "for", "set", "setblock", "with", "do", "filter", "comment", "raw", "print", "call", "macro", "ns", "odd", "control", "block", "autoescape"],
            [8, 10, 6, 7, 6, 2, 2, 3, 1.5, 1.5, 1.5, 0.6, 1.5 if self.macros else 0, 0.5, 1.5, 0.5, 2 if self.in_loop else 0.05, 0.3, 0.2],
        )[0]
        return getattr(self, "stmt_" + kind)(depth)

    def stmt_data(self, depth):
        return self.data()

    def stmt_output(self, depth):
        return self.output(3)

    def stmt_if(self, depth):
        parts = [self.tag("if ", self.expr(2, "bool")), self.statements(depth - 1)]
        while self.chance(0.25):
            parts.append(Node("opt", self.tag("elif ", self.expr(2, "bool")), self.statements(depth - 1)))
        if self.chance(0.4):
            parts.append(Node("opt", self.tag("else"), self.statements(depth - 1)))
        if self.chance(0.03):
            parts[0] = self.tag("if ", self.expr(1), ", ", self.expr(1))
        return Node("stmt", *parts, self.tag("endif"))

    LOOP = [
        "loop.index", "loop.index0", "loop.first", "loop.last", "loop.length", "loop.revindex", "loop.revindex0", "loop.cycle('a', 'b')", "loop.previtem", "loop.nextitem",
        "loop.depth", "loop.depth0", "loop.changed(x)", "loop.zz", "loop", "loop.cycle()", "loop is defined", "loop.index + 1",
    ]

    def stmt_for(self, depth):
        target = self.target()
        head = target
        iterable = self.expr(1, self.one("list", "list", "list", "tuple", "str", "dict", None))
        if self.chance(0.2):
            head, iterable = target + ", q", Node("expr", self.one("d.items()", "[(1, 2), (3, 4)]", "d|dictsort", "zip(xs, ys)", "['ab', 'cd']", "xs", "rows"))
        recursive = ""
        saved = list(self.locals)
        self.locals += [target, self.one(*self.LOOP), self.one(*self.LOOP)]
        condition = Node("opt", " if ", self.expr(1, "bool")) if self.chance(0.25) else ""
        if self.chance(0.06):
            recursive = " recursive"
            iterable = Node("expr", self.one("[[1, [2]], [3]]", "[1, [2, [3]]]", "[{'c': [{'c': []}]}]"))
        self.in_loop += 1
        body = self.statements(depth - 1)
        if recursive:
            inner = self.one("{{ loop(" + target + ") if " + target + " is iterable and " + target + " is not string else " + target + " }}", "{{ loop(" + target + ".c) }}", "{{ loop.depth }}{% if " + target + " is sequence %}{{ loop(" + target + ") }}{% endif %}")
            body.parts.append(Node("stmt", inner))
        self.in_loop -= 1
        self.locals = saved
        parts = [self.tag("for ", head, self.one(" in ", " in ", "\nin "), iterable, condition, recursive), body]
        if self.chance(0.25):
            parts.append(Node("opt", self.tag("else"), self.statements(depth - 1)))
        return Node("stmt", *parts, self.tag("endfor"))

    def stmt_set(self, depth):
        target = self.target()
        self.locals.append(target)
        if self.chance(0.1):
            return Node("stmt", self.tag("set ", target, ", y = ", self.one("1, 2", "(1, 2)", "xs", "'ab'", "[1, 2]", "d", "rows[0].items()|first", "1")))
        if self.chance(0.05):
            return Node("stmt", self.tag("set ", target, " = ", self.expr(1), ", ", self.expr(1)))
        return Node("stmt", self.tag("set ", target, self.one(" = ", "=", "\n= "), self.expr(2)))

    def stmt_setblock(self, depth):
        target = self.target()
        filters = self.one("", "", "|upper", " | replace('a', 'b')", "|trim|length", "|int", "|list")
        body = self.statements(depth - 1)
        self.locals.append(target)
        return Node("stmt", self.tag("set ", target, filters), body, self.tag("endset"))

    def stmt_with(self, depth):
        names = [self.one("x", "y", "q", "v") for _ in range(self.one(0, 1, 1, 2))]
        items = [Node("pair", name, " = ", self.expr(1)) for name in names]
        saved = list(self.locals)
        self.locals += names
        body = self.statements(depth - 1)
        self.locals = saved
        return Node("stmt", self.tag("with ", Node("list", *items, sep=", ")), body, self.tag("endwith"))

    def stmt_do(self, depth):
        inner = self.one("xs.append(1)", "d.update({'q': 1})", "ys.pop()", "xs.sort()", "ys.extend(['z'])", "xs.clear()", "d.pop('a')", "xs.insert(0, 7)", "return(1)", "return('x')", "xs.reverse()", "d.setdefault('w', [])")
        if self.chance(0.4):
            inner = self.expr(2)
        return Node("stmt", self.tag("do ", inner), self.one("", "{{ xs }}", "{{ d }}", "{{ ys }}"))

    def stmt_filter(self, depth):
        return Node("stmt", self.tag("filter ", self.one("upper", "replace('a', 'b')", "trim", "lower|capitalize", "indent(2)", "length", "nosuch", "e")), self.statements(depth - 1), self.tag("endfilter"))

    def stmt_comment(self, depth):
        return Node("stmt", self.one("{#", "{#-", "{#+"), self.one(" c ", "", "{{ x }}", "{% if %}", "'", "\n", "#", "-", "{#"), self.one("#}", "-#}", "+#}"))

    def stmt_raw(self, depth):
        return Node("stmt", self.begin(), "raw", self.one(" %}", " -%}", "%}"), self.one("{{ x }}", "a", " {% if %} ", "{# ", "\n", "{%", "'", ""), self.begin(), "endraw", self.end())

    def stmt_print(self, depth):
        return Node("stmt", self.tag("print ", self.expr(2)))

    def stmt_ns(self, depth):
        return Node("stmt", self.tag("set ns = namespace(", self.one("a=1", "", "d", "a=[]"), ")"), self.tag(self.one("set ns.a = ", "set ns.b = ", "set ns.a, ns.b = 1, "), self.one("2", "ns.a", "xs", "ns.zz")), "{{ ", self.one("ns.a", "ns.b", "ns.a ~ 1", "ns['a']", "ns.zz"), " }}")

    def stmt_control(self, depth):
        control = self.tag(self.one("break", "continue"))
        if self.chance(0.6):
            return Node("stmt", self.tag("if ", self.expr(1, "bool")), control, self.tag("endif"))
        return Node("stmt", control)

    def stmt_block(self, depth):
        name = self.one("blk", "other", "é")
        in_loop, self.in_loop = self.in_loop, 0
        body = self.statements(depth - 1)
        self.in_loop = in_loop
        return Node("stmt", self.tag("block ", name, self.one("", "", " scoped")), body, self.tag("endblock"), self.one("", "", "{{ self." + name + "() }}"))

    def stmt_autoescape(self, depth):
        return Node("stmt", self.tag("autoescape ", self.one("false", "false", "true")), self.statements(depth - 1), self.tag("endautoescape"))

    def stmt_odd(self, depth):
        return Node("stmt", self.tag(self.one(
            "include 'x'", "import 'x' as y", "from 'x' import y", "extends 'x'", "nosuch", "endif", "else", "set 1 = 2", "set a.b = 1", "set x.y.z = 1", "for in x", "if", "elif",
            "include 'x' ignore missing", "set", "with", "for x, in [[1]]", "set (x, y) = 1, 2", "set none = 1", "break", "call", "filter", "macro", "do", "block x-y", "print", "set x",
        )))

    def stmt_call(self, depth):
        name = self.one(*self.macros)
        signature = self.one("", "", "", "(p)", "(p, q=1)")
        saved = list(self.locals)
        if signature:
            self.locals.append("p")
        in_loop, self.in_loop = self.in_loop, 0
        body = self.statements(depth - 1)
        self.in_loop = in_loop
        self.locals = saved
        return Node("stmt", self.tag("call", signature, " ", name, self.args(2)), body, self.tag("endcall"))

    def signature(self):
        names = self.random.sample(["p", "q", "x", "key", "a"], self.one(0, 1, 1, 2, 3))
        items, defaults = [], False
        for name in names:
            defaults = defaults or self.chance(0.3)
            items.append(Node("pair", name, self.one("", "", "", ": string"), *(["=", self.expr(1)] if defaults else [])))
        self.locals += names
        return Node("args", "(", Node("list", *items, sep=", "), ")")

    def macro(self, name):
        """A macro of a file."""
        saved, self.locals = self.locals, []
        in_loop, self.in_loop = self.in_loop, 0
        in_macro, self.in_macro = self.in_macro, True
        signature = self.signature()
        self.locals += ["varargs", "kwargs", "caller"] if self.chance(0.4) else []
        body = self.statements(2)
        if self.chance(0.3):
            body.parts.append(Node("stmt", self.one("{{ caller() }}", "{{ caller(1) }}", "{% if caller %}{{ caller() }}{% endif %}", "{{ varargs }}", "{{ kwargs }}", "{{ return(p) }}", "{{ return([1, 2]) }}", "{% do return({'a': 1}) %}")))
        self.locals, self.in_loop = saved, in_loop
        made = Node("macro", self.tag("macro ", name, signature), body, self.tag("endmacro"))
        self.in_macro = in_macro
        return made

    def stmt_macro(self, depth):
        return self.macro(self.one("inner", "m9"))

    def template(self):
        """Macros of a file or nothing, and the text that is rendered."""
        macros = None
        if self.level >= 2 and self.chance(0.2):
            names = ["m1", "m2"][: self.one(1, 1, 2)]
            macros = Node("list", sep="\n")
            for name in names:
                macros.parts.append(self.macro(name))
                self.macros.append(name)
        if self.level == 1:
            return macros, Node("list", self.output(3), sep="")
        body = Node("list", *[self.statement(3) for _ in range(self.one(1, 1, 2, 3))], sep="")
        return macros, body
