#!/usr/bin/env python3
"""Times rsdbt against dbt, and against psql, on one project; prints medians and ratios as a Markdown table.

    python benches/against_dbt.py PROJECT --rsdbt target/release/rsdbt --dbt dbt [--runs 5] [--what parse,ls,run,docs]

PROJECT is a folder with a dbt project and its profiles.yml, as the generator of synthetic projects makes it. Every
measure of the two tools is of the same work; they take turns, so that a noisy machine is noisy for both.

    parse   cold: dbt without its partial-parse file; rsdbt keeps none
    ls      warm: dbt with its partial-parse file
    run     the whole project with --full-refresh --threads 4; `psql` replays the SQL that rsdbt ran, in one session, serially
    docs    docs generate, after a run
"""

import argparse
import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path


def timed(command, folder, environment=None):
    started = time.monotonic()
    result = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    seconds = time.monotonic() - started
    if result.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}\n{result.stdout[-3000:]}{result.stderr[-3000:]}")
    return seconds


def forget(folder):
    (Path(folder) / "target" / "partial_parse.msgpack").unlink(missing_ok=True)


def parse(options, target):
    def theirs():
        forget(options.project)
        return timed([options.dbt, "parse", *target], options.project)
    return theirs, lambda: timed([options.rsdbt, "parse", *target], options.project)


def ls(options, target):
    timed([options.dbt, "parse", *target], options.project)
    return (
        lambda: timed([options.dbt, "ls", *target], options.project),
        lambda: timed([options.rsdbt, "ls", *target], options.project),
    )


def run(options, target):
    arguments = ["run", "--full-refresh", "--threads", "4", *target]
    return (
        lambda: timed([options.dbt, *arguments], options.project),
        lambda: timed([options.rsdbt, *arguments], options.project),
    )


def docs(options, target):
    arguments = ["docs", "generate", *target]
    return (
        lambda: timed([options.dbt, *arguments], options.project),
        lambda: timed([options.rsdbt, *arguments], options.project),
    )


def replay(options):
    """The statements of the last run, in their order, by one psql."""
    import json

    folder = Path(options.project)
    results = json.loads((folder / "target" / "run_results.json").read_text())["results"]
    manifest = json.loads((folder / "target" / "manifest.json").read_text())["nodes"]
    lines = ["set client_min_messages = warning;"]
    for result in sorted(results, key=lambda result: result["timing"][-1]["completed_at"]):
        node = manifest[result["unique_id"]]
        kind = "view" if node["config"]["materialized"] == "view" else "table"
        lines.append(f"drop {kind} if exists {node['relation_name']} cascade;")
        lines.append(f"create {kind} {node['relation_name']} as {result['compiled_code'].rstrip().rstrip(';')};")
    with tempfile.NamedTemporaryFile("w", suffix=".sql", delete=False) as script:
        script.write("\n".join(lines))
    try:
        command = ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", script.name]
        return timed(command, folder, {**os.environ, **dict(pair.split("=", 1) for pair in options.psql)})
    finally:
        os.unlink(script.name)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("project")
    parser.add_argument("--rsdbt", required=True, type=lambda path: str(Path(path).resolve()))
    parser.add_argument("--dbt", default="dbt")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--what", default="parse,ls,run,docs")
    parser.add_argument("--target")
    parser.add_argument("--psql", nargs="*", default=[], metavar="NAME=VALUE", help="PGHOST=..., to replay with psql")
    options = parser.parse_args()
    target = ["--target", options.target] if options.target else []
    print("| work | dbt | rsdbt | ratio |\n|---|---|---|---|")
    for name in options.what.split(","):
        theirs, ours = {"parse": parse, "ls": ls, "run": run, "docs": docs}[name](options, target)
        their_times, our_times, psql_times = [], [], []
        for _ in range(options.runs):
            their_times.append(theirs())
            our_times.append(ours())
            if name == "run" and options.psql:
                psql_times.append(replay(options))
        dbt, rsdbt = statistics.median(their_times), statistics.median(our_times)
        print(f"| {name} | {dbt:.2f} s | {rsdbt:.3f} s | {dbt / rsdbt:.0f} times faster |", flush=True)
        if psql_times:
            psql = statistics.median(psql_times)
            print(f"| {name}, psql serially | {psql:.2f} s | {rsdbt:.3f} s | {rsdbt / psql:.2f} of psql |", flush=True)


if __name__ == "__main__":
    main()
