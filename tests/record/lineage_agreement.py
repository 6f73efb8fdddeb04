#!/usr/bin/env python3
"""Compare our column lineage with sqlglot's, column by column.

    lineage_agreement.py TARGET..

Each TARGET is a folder with manifest.json (compiled), catalog.json and our index.html, or tests/lineage/cases.md, whose
expected edges are ours. For every query the columns that sqlglot finds at the leaves of its lineage tree are set against
ours: direct, derived, and the filter, group and order columns inside the expression (FILTER, OVER), which sqlglot counts
as well. Needs Python with sqlglot.
"""
import collections, json, os, re, shlex, sys
import sqlglot
from sqlglot import exp
from sqlglot.lineage import lineage
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import build_scope


def inlined(page, element):
    start = page.index(f'id="{element}">') + len(f'id="{element}">')
    return json.loads(page[start : page.index("</script>", start)])


def relation(name):
    """`"db"."schema"."table"` as a tuple."""
    table = exp.to_table(name, dialect="postgres")
    return tuple(part.name for part in (table.args.get("catalog"), table.args.get("db"), table.this) if part)


class Ours:
    def __init__(self, manifest, page):
        self.index = inlined(page, "data-index")["nodes"]
        self.columns = inlined(page, "data-columns")
        every = {**manifest["nodes"], **manifest["sources"]}
        self.relations = [every.get(node["id"], {}).get("relation_name") for node in self.index]
        self.places = {node["id"]: at for at, node in enumerate(self.index)}

    def of(self, at, column):
        """Leaves of one output column: through ephemeral models, to relations of the database."""
        own = dict(self.columns["nodes"][at].get("columns", []))
        edges = own.get(column)
        if edges is None:
            edges = [[at_, column if name == "*" else name, kind, *rest] for at_, name, kind, *rest in own.get("*", [])]
        found = set()
        for edge in edges:
            place, name = edge[0], edge[1]
            if place is None:
                found.add(("?", name))
            elif name is None:
                continue
            elif place >= 0 and self.relations[place] is None:
                found |= self.of(place, name)
            else:
                target = self.relations[place] if place >= 0 else self.columns["outside"][-1 - place]
                found.add((relation(target), name))
        return found


def schema_of(catalog):
    schema = {}
    for table in [*catalog["nodes"].values(), *catalog["sources"].values()]:
        meta = table["metadata"]
        place = schema.setdefault(meta["database"], {}).setdefault(meta["schema"], {})
        place[meta["name"]] = {name: column["type"] for name, column in table["columns"].items()}
    return schema


def leaves(node):
    found = set()
    for part in node.walk():
        if part.downstream or not isinstance(part.source, exp.Table):
            continue
        table = part.source
        name = tuple(p.name for p in (table.args.get("catalog"), table.args.get("db"), table.this) if p)
        column = part.name.rsplit(".", 1)[-1].strip('"') if "." in part.name else part.name
        if column != "*":
            found.add((name, column))
    return found


def theirs(sql, schema):
    """Output column -> leaves, by sqlglot."""
    tree = sqlglot.parse_one(sql, dialect="postgres")
    tree = qualify(tree, schema=schema, dialect="postgres", validate_qualify_columns=False, identify=False)
    scope = build_scope(tree)
    return {column: leaves(lineage(column, tree, schema=schema, dialect="postgres", scope=scope)) for column in tree.named_selects}


def show(some):
    return ", ".join(sorted(f"{t[-1] if t != '?' else '?'}.{c}" for t, c in some)) or "nothing"


def compare(count, title, own, expected):
    for column, origins in expected.items():
        count["columns"] += 1
        if own(column) == origins:
            count["equal"] += 1
        else:
            count["different"] += 1
            ours = own(column)
            print(f"{title}: {column}: only ours: {show(ours - origins)}; only sqlglot: {show(origins - ours)}")


def expected_of(count, title, sql, schema):
    count["queries"] += 1
    try:
        return theirs(sql, schema)
    except Exception as error:
        count["unread by sqlglot"] += 1
        print(f"{title}: sqlglot: {type(error).__name__}: {str(error).splitlines()[0]}")


def project(target, count):
    read = lambda name: open(os.path.join(target, name)).read()
    manifest, catalog = json.loads(read("manifest.json")), json.loads(read("catalog.json"))
    ours, schema = Ours(manifest, read("index.html")), schema_of(catalog)
    for unique_id, node in manifest["nodes"].items():
        sql = node.get("compiled_code")
        if node["resource_type"] not in ("model", "snapshot") or not sql or node.get("language") == "python":
            continue
        at = ours.places[unique_id]
        failure = ours.columns["nodes"][at].get("failure")
        if failure:
            count["unread by us"] += 1
            print(f"{unique_id}: we cannot read it: {failure}")
        expected = expected_of(count, unique_id, sql, schema)
        if expected is None:
            continue
        names = [name for name, _ in ours.columns["nodes"][at].get("columns", [])]
        if not failure and names != list(expected):
            print(f"{unique_id}: columns differ: ours {names}, sqlglot {list(expected)}")
        compare(count, unique_id, lambda column: ours.of(at, column), expected)


def origins_of(edges):
    """`direct a.b, filter c.d unknown x (t)` as a set."""
    found = {("?", match.group(1)) for match in re.finditer(r"unknown (.*?) \(", edges)}
    edges = re.sub(r"unknown .*? \(.*?\)|rows\([^)]*\)", "", edges)
    edges = edges.replace("Weird Table", "Weird_Table").replace("Order Id", "Order_Id")
    for part in re.sub(r"(^|, )(direct|derived|filter|join|group|order)", "", edges).split():
        *table, column = part.split(".")
        found.add((tuple(name.replace("_Table", " Table") for name in table), column.replace("_Id", " Id")))
    return found


def cases(path, count):
    text = open(path).read()
    # sqlglot wants one depth for all names: one schema for each.
    schemas = collections.defaultdict(dict)
    for line in text.split("```relations\n")[1].split("```")[0].splitlines():
        name, *columns = shlex.split(line)
        parts = name.split(".")
        place = schemas[len(parts)]
        for part in parts[:-1]:
            place = place.setdefault(part, {})
        place[parts[-1]] = {column: "text" for column in columns}
    for match in re.finditer(r"### ([^\n]*)\n\n```sql\n(.*?)\n```\n\n```edges\n(.*?)```", text, re.S):
        title, sql, edges = match.groups()
        ours = [line.split(":", 1) for line in edges.splitlines() if not line.startswith(("every column", "failure"))]
        depth = 3 if "erp" in sql else 2 if "shop." in sql else 1
        expected = expected_of(count, title, sql, schemas[depth])
        if expected is None or edges.startswith("failure"):
            continue
        if [name for name, _ in ours] != list(expected):
            print(f"{title}: columns differ: ours {[name for name, _ in ours]}, sqlglot {list(expected)}")
        own = {name: origins_of(rest.strip()) for name, rest in ours}
        if len(ours) == len(expected):
            own = {name: own[mine] for name, (mine, _) in zip(expected, ours)}
        compare(count, title, lambda column: own.get(column, set()), expected)


def main():
    for target in sys.argv[1:]:
        count = collections.Counter()
        (cases if target.endswith(".md") else project)(target, count)
        print(os.path.basename(os.path.normpath(target)), json.dumps(count))


main()
