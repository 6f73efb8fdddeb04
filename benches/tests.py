#!/usr/bin/env python3
"""Twenty tests of one table, in one scan and with `--no-batch-tests`: medians, and the median ratio of paired runs, of the
command and of what it spends on the tests.

    cargo build --release
    python3 benches/tests.py postgresql://postgres@127.0.0.1:5432/bench --rows 10000000 --runs 5

The database must exist; the schema `tests_bench` is dropped and made anew. Both ways take turns, and must come to the same results.
"""

import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

PLAIN = [f"n{number}" for number in range(12)]
STATES = [f"s{number}" for number in range(4)]
VALUES = ["new", "paid", "sent", "delivered", "returned"]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--threads", default="1")
    parser.add_argument("--rsdbt", default="target/release/rsdbt", type=os.path.abspath)
    parser.add_argument("--psql", default="psql")
    return parser.parse_args()


def make_table(options):
    values = "array[" + ", ".join(f"'{value}'" for value in VALUES) + "]"
    columns = [f"row_number * {number + 1} as {name}" for number, name in enumerate(PLAIN)]
    columns += [f"({values})[1 + (row_number + {number}) % 5] as {name}" for number, name in enumerate(STATES)]
    # two tests fail, as tests do
    columns[1] = "nullif(row_number, 77) as n1"
    columns[12] = "case when row_number % 1000000 = 5 then 'odd' else 'new' end as s0"
    sql = f"""
        drop schema if exists tests_bench cascade;
        create schema tests_bench;
        create table tests_bench.orders as select {', '.join(columns)} from generate_series(1::bigint, {options.rows}) as row_number;
        vacuum analyze tests_bench.orders
    """
    for statement in sql.split(";"):
        subprocess.run([options.psql, "-qX", options.url, "-c", statement], check=True, stderr=subprocess.DEVNULL)


def write_project(options, folder):
    url = urlsplit(options.url)
    output = {
        "type": "postgres", "host": url.hostname, "port": url.port or 5432, "user": url.username, "password": url.password or "",
        "dbname": url.path.strip("/"), "schema": "tests_bench", "threads": int(options.threads),
    }
    accepted = {"accepted_values": {"arguments": {"values": VALUES}}}
    columns = [{"name": name, "data_tests": ["not_null"]} for name in PLAIN]
    columns += [{"name": name, "data_tests": ["not_null", accepted]} for name in STATES]
    tables = [{"name": "orders", "columns": columns}]
    files = {
        "profiles.yml": {"shop": {"target": "dev", "outputs": {"dev": output}}},
        "dbt_project.yml": {"name": "shop", "profile": "shop"},
        "models/schema.yml": {"sources": [{"name": "s", "schema": "tests_bench", "tables": tables}]},
    }
    for name, content in files.items():
        path = Path(folder) / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(content))


def timed(options, folder, *more):
    started = time.monotonic()
    command = [options.rsdbt, "test", "--quiet", *more]
    subprocess.run(command, cwd=folder, check=False, stdout=subprocess.DEVNULL)
    seconds = time.monotonic() - started
    written = json.loads((Path(folder) / "target/run_results.json").read_text())
    found = {result["unique_id"]: (result["status"], result["failures"]) for result in written["results"]}
    return (seconds, written["elapsed_time"]), found


def main():
    options = arguments()
    make_table(options)
    with tempfile.TemporaryDirectory() as folder:
        write_project(options, folder)
        pairs = []
        for number in range(options.runs + 1):
            together, found = timed(options, folder)
            alone, expected = timed(options, folder, "--no-batch-tests")
            assert found == expected and len(found) == 20, (found, expected)
            # the first one warms the caches up
            if number:
                pairs.append((together, alone))
    for place, what in enumerate(["the whole command", "the tests alone (`elapsed_time`)"]):
        together = statistics.median(together[place] for together, _ in pairs)
        alone = statistics.median(alone[place] for _, alone in pairs)
        ratio = statistics.median(alone[place] / together[place] for together, alone in pairs)
        print(f"{what}: {alone:.2f} s one by one, {together:.2f} s together, {ratio:.1f} times faster")


if __name__ == "__main__":
    main()
