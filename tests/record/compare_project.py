#!/usr/bin/env python3
"""Build one project with dbt and with rsdbt, and print what each came to.

    python tests/record/compare_project.py FOLDER [--rsdbt PATH] [--dbt PATH] ["--command=seed" "--command=build" ..]

Without --command it is `build --full-refresh`, then `build`. The folder is left as it is: each tool works in a copy of its own, one
after the other, in the same schemas: --before is a shell command that empties the database. Connections come from the folder's
profiles.yml, or from --profiles-dir. dbt is the one on the path unless told otherwise (`pip install 'dbt-core>=1.11,<1.12'
dbt-postgres`).
"""

import argparse
import collections
import json
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def build(program, folder, options):
    """For each command the states of its nodes, and the seconds that it took."""
    with tempfile.TemporaryDirectory() as place:
        whole = Path(folder).resolve()
        copy = Path(place) / "project"
        if options.with_parent:
            copy = Path(place) / whole.parent.name / whole.name
            whole = whole.parent
        top = copy.parent if options.with_parent else copy
        shutil.copytree(whole, top, ignore=shutil.ignore_patterns("target", "logs", ".git"))
        common = ["--profiles-dir", str(Path(options.profiles_dir).resolve())] if options.profiles_dir else []
        common += ["--target", options.target] if options.target else []
        if options.before:
            subprocess.run(options.before, shell=True, check=True, stdout=subprocess.DEVNULL)
        subprocess.run([program, "deps", *common], cwd=copy, stdout=subprocess.DEVNULL, check=False)
        return [command(program, copy, shlex.split(line), common) for line in options.command]


def command(program, project, arguments, common):
    results = project / "target" / "run_results.json"
    results.unlink(missing_ok=True)
    started = time.monotonic()
    run = subprocess.run(
        [program, arguments[0], *common, *arguments[1:]], cwd=project, capture_output=True, text=True, check=False
    )
    seconds = time.monotonic() - started
    if not results.exists():
        print(run.stdout[-2000:], run.stderr[-2000:], file=sys.stderr)
        return {}, seconds
    nodes = json.loads(results.read_text())["results"]
    return {node["unique_id"]: (node["status"], node["failures"]) for node in nodes}, seconds


def compare(theirs, ours):
    """Prints both and where they differ."""
    for name, (states, seconds) in (("dbt", theirs), ("rsdbt", ours)):
        counts = collections.Counter(state for state, _ in states.values())
        shown = ", ".join(f"{count} {state}" for state, count in sorted(counts.items()))
        print(f"  {name}: {len(states)} nodes: {shown}; {seconds:.1f} s")
    differences = sorted(key for key in theirs[0].keys() | ours[0].keys() if theirs[0].get(key) != ours[0].get(key))
    for key in differences:
        print(f"    {key}: dbt {theirs[0].get(key, 'absent')}, rsdbt {ours[0].get(key, 'absent')}")
    return bool(differences) or not ours[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--dbt", default="dbt")
    parser.add_argument("--rsdbt", default="rsdbt", type=lambda path: str(Path(path).resolve()) if "/" in path else path)
    parser.add_argument("--profiles-dir")
    parser.add_argument("--target")
    parser.add_argument("--with-parent", action="store_true", help="the project's package is the folder around it")
    parser.add_argument("--command", action="append")
    parser.add_argument("--before", help="a shell command that runs before each tool")
    options = parser.parse_args()
    options.command = options.command or ["build --full-refresh", "build"]
    theirs = build(options.dbt, options.folder, options)
    ours = build(options.rsdbt, options.folder, options)
    differ = False
    for line, one, other in zip(options.command, theirs, ours):
        print(line)
        differ |= compare(one, other)
    print(f"rsdbt is {sum(one for _, one in theirs) / sum(one for _, one in ours):.1f} times faster")
    sys.exit(1 if differ else 0)


if __name__ == "__main__":
    main()
