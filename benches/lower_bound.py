#!/usr/bin/env python3
"""Times `rsdbt run` on an empty schema beside the least that any tool could need: the statements of that run, replayed by as many
psql sessions along the same graph, with nothing read, compiled or written. Prints medians and the ratio of the pairs as a Markdown table.

    python benches/lower_bound.py PROJECT --rsdbt target/release/rsdbt --setup PROJECT/setup.sql [--threads 4] [--runs 5]

PROJECT is a folder with a dbt project and its profiles.yml, as the generator of synthetic projects makes it; `--setup` is run before
each measure and makes the schema anew. psql connects by PGHOST, PGPORT, PGUSER and PGDATABASE, to the same database as the profile.
Both leave the same relations, which is checked.
"""

import argparse
import json
import queue
import statistics
import subprocess
import threading
import time
from pathlib import Path

QUIET = ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1"]


def psql(*arguments):
    return subprocess.run([*QUIET, *arguments], check=True, capture_output=True, text=True).stdout


def relations(schema):
    sql = f"select format('%s %s', relkind, relname) from pg_class where relnamespace = '{schema}'::regnamespace and relkind in ('r', 'v', 'm') order by 1"
    return psql("-A", "-t", "-c", sql)


class Session:
    """One psql that says when it has come to the end of what it was given."""

    def __init__(self):
        self.process = subprocess.Popen([*QUIET, "-A", "-t"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

    def execute(self, text):
        self.process.stdin.write(text + "\n\\echo done\n")
        self.process.stdin.flush()
        if self.process.stdout.readline() != "done\n":
            raise SystemExit(f"psql ended at:\n{text}")

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def replay(statements, parents, threads):
    """Each statement in a transaction of its own as soon as its parents are there. The seconds, sessions included."""
    begun = time.monotonic()
    waits = {node: len(set(parents[node]) & statements.keys()) for node in statements}
    children = {node: [] for node in statements}
    for node in statements:
        for parent in parents[node]:
            if parent in children:
                children[parent].append(node)
    ready, lock = queue.SimpleQueue(), threading.Lock()
    left = len(statements)
    for node in statements:
        if not waits[node]:
            ready.put(node)

    def work():
        nonlocal left
        session = Session()
        while (node := ready.get()) is not None:
            session.execute(f"begin;\n{statements[node]};\ncommit;")
            with lock:
                left -= 1
                for child in children[node]:
                    waits[child] -= 1
                    if not waits[child]:
                        ready.put(child)
                if not left:
                    for _ in range(threads):
                        ready.put(None)
        session.end()

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if left:
        raise SystemExit(f"{left} statements were not run")
    return time.monotonic() - begun


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("project", type=Path)
    parser.add_argument("--rsdbt", required=True, type=Path)
    parser.add_argument("--setup", required=True, type=Path)
    parser.add_argument("--threads", type=int, default=4)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    command = [options.rsdbt.resolve(), "run", "--quiet", "--threads", str(options.threads)]

    def ours():
        begun = time.monotonic()
        subprocess.run(command, cwd=options.project, check=True, capture_output=True)
        return time.monotonic() - begun

    def anew():
        psql("-f", str(options.setup))

    anew()
    ours()
    target = options.project / "target"
    manifest = json.loads((target / "manifest.json").read_text())
    models = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    schema = models[0]["schema"]
    expected = relations(schema)
    folder = target / "run"
    files = {node["unique_id"]: folder / node["package_name"] / node["original_file_path"] for node in models}
    statements = {node: file.read_text().rstrip().rstrip(";") for node, file in files.items() if file.exists()}
    parents = {node["unique_id"]: node["depends_on"]["nodes"] for node in models}
    pairs = []
    for _ in range(options.runs):
        anew()
        bound = replay(statements, parents, options.threads)
        if relations(schema) != expected:
            raise SystemExit("the replayed statements made other relations")
        anew()
        pairs.append((bound, ours()))
        if relations(schema) != expected:
            raise SystemExit("rsdbt made other relations")
    bound, own = (statistics.median(side) for side in zip(*pairs))
    ratio = statistics.median(own / bound for bound, own in pairs)
    print("| work | lower bound | rsdbt | ratio |\n|---|---|---|---|")
    print(f"| `run` of {len(statements)} models, {options.threads} threads | {bound:.2f} s | {own:.2f} s | {ratio:.2f} |")


if __name__ == "__main__":
    main()
