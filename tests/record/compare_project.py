#!/usr/bin/env python3
"""Build one project with dbt and with rsdbt, and print what each came to.

    python tests/record/compare_project.py FOLDER [--rsdbt PATH] [--dbt PATH] ["--arguments=--full-refresh"]

The folder is left as it is: each tool works in a copy of its own. Connections come from the folder's profiles.yml, or from
--profiles-dir. dbt is the one on the path unless told otherwise (`pip install 'dbt-core>=1.11,<1.12' dbt-postgres`).
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
    """The states of all nodes after `deps` and `build`, and the seconds that `build` took."""
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
        subprocess.run([program, "deps", *common], cwd=copy, stdout=subprocess.DEVNULL, check=False)
        started = time.monotonic()
        run = subprocess.run(
            [program, "build", *common, *shlex.split(options.arguments)],
            cwd=copy, capture_output=True, text=True, check=False,
        )
        seconds = time.monotonic() - started
        results = copy / "target" / "run_results.json"
        if not results.exists():
            print(run.stdout[-2000:], run.stderr[-2000:], file=sys.stderr)
            return {}, seconds
        nodes = json.loads(results.read_text())["results"]
        return {node["unique_id"]: node["status"] for node in nodes}, seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--dbt", default="dbt")
    parser.add_argument("--rsdbt", default="rsdbt", type=lambda path: str(Path(path).resolve()) if "/" in path else path)
    parser.add_argument("--profiles-dir")
    parser.add_argument("--target")
    parser.add_argument("--with-parent", action="store_true", help="the project's package is the folder around it")
    parser.add_argument("--arguments", default="")
    options = parser.parse_args()
    theirs, their_seconds = build(options.dbt, options.folder, options)
    ours, our_seconds = build(options.rsdbt, options.folder, options)
    for name, states, seconds in (("dbt", theirs, their_seconds), ("rsdbt", ours, our_seconds)):
        counts = ", ".join(f"{count} {state}" for state, count in sorted(collections.Counter(states.values()).items()))
        print(f"{name}: {len(states)} nodes: {counts}; {seconds:.1f} s")
    print(f"rsdbt is {their_seconds / our_seconds:.1f} times faster")
    differences = sorted(key for key in theirs.keys() | ours.keys() if theirs.get(key) != ours.get(key))
    for key in differences:
        print(f"  {key}: dbt {theirs.get(key, 'absent')}, rsdbt {ours.get(key, 'absent')}")
    sys.exit(1 if differences or not ours else 0)


if __name__ == "__main__":
    main()
