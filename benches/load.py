"""`rsdbt load` and a model across databases beside psql and, where it is installed, dlt: medians of several runs on one server.

    cargo build --release
    python3 benches/load.py postgresql://postgres@127.0.0.1:5432/bench --rows 5000000 --runs 3

The database must exist; the schema `load_bench` is dropped and made anew. What comes from a connection comes from the same database, by
another name. `--dlt PYTHON` names a Python with dlt.
"""

import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time

COLUMNS = [
    ("id", "bigint"),
    ("customer", "integer"),
    ("amount", "numeric(12,2)"),
    ("paid", "boolean"),
    ("day", "date"),
    ("at", "timestamp"),
    ("note", "text"),
]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--rsdbt", default="target/release/rsdbt")
    parser.add_argument("--psql", default="psql")
    parser.add_argument("--dlt", help="a Python in which dlt is installed")
    return parser.parse_args()


def row(number, draw):
    day = f"2026-{1 + number % 12:02}-{1 + number % 28:02}"
    return (
        number,
        draw.randrange(1_000_000),
        f"{draw.randrange(10_000_000) / 100:.2f}",
        "t" if number % 3 else "f",
        day,
        f"{day} {number % 24:02}:{number % 60:02}:07",
        "delivered, thanks" if number % 5 else "",
    )


def write_files(folder, rows):
    draw = random.Random(7)
    with open(f"{folder}/rows.csv", "w") as csv, open(f"{folder}/rows.jsonl", "w") as jsonl:
        csv.write(",".join(name for name, _ in COLUMNS) + "\n")
        for number in range(rows):
            values = row(number, draw)
            note = f'"{values[6]}"' if values[6] else ""
            csv.write(",".join(map(str, values[:6])) + f",{note}\n")
            truth = "true" if values[3] == "t" else "false"
            jsonl.write(
                f'{{"id": {values[0]}, "customer": {values[1]}, "amount": {values[2]}, "paid": {truth}, '
                f'"day": "{values[4]}", "at": "{values[5]}", "note": "{values[6]}"}}\n'
            )
    with open(f"{folder}/changes.csv", "w") as csv:
        csv.write(",".join(name for name, _ in COLUMNS) + "\n")
        for number in range(0, rows, max(1, rows // 100_000)):
            csv.write(",".join(map(str, row(number, draw)[:6])) + ",changed\n")


def write_project(folder, url):
    from urllib.parse import urlparse

    os.makedirs(f"{folder}/models", exist_ok=True)
    place = urlparse(url)
    columns = "".join(f'          - {{name: {name}, data_type: "{kind}"}}\n' for name, kind in COLUMNS)
    tables = {
        "by_csv": "from: {files: rows.csv}, rejects: {max: 10}",
        "by_jsonl": "from: {files: rows.jsonl}, format: jsonl",
        "by_key": "from: {files: changes.csv}, mode: upsert, unique_key: id",
        "by_connection": "from: {connection: far, schema: load_bench, table: origin}",
    }
    with open(f"{folder}/dbt_project.yml", "w") as file:
        file.write("name: bench\nprofile: bench\n")
    server = (
        f"type: postgres, schema: load_bench, host: '{place.hostname}', port: {place.port or 5432}, "
        f"user: '{place.username}', password: '{place.password or ''}', dbname: '{place.path.lstrip('/')}'"
    )
    with open(f"{folder}/models/across.sql", "w") as file:
        file.write("{{ config(materialized='table') }}\nselect * from {{ source('far', 'origin') }}\n")
    with open(f"{folder}/profiles.yml", "w") as file:
        file.write(
            "bench: {target: dev, outputs: {"
            f"dev: {{threads: 1, connections: {{far: far}}, {server}}}, far: {{{server}}}}}}}\n"
        )
    with open(f"{folder}/models/sources.yml", "w") as file:
        file.write("sources:\n  - {name: far, schema: load_bench, config: {connection: far}, tables: [{name: origin}]}\n")
        file.write("  - name: raw\n    schema: load_bench\n    tables:\n")
        for name, load in tables.items():
            file.write(f"      - name: {name}\n        config: {{load: {{{load}}}}}\n        columns:\n{columns}")


class Bench:
    def __init__(self, given, folder):
        self.given = given
        self.folder = folder

    def sql(self, *statements):
        command = [self.given.psql, self.given.url, "-q", "-v", "ON_ERROR_STOP=1"]
        for statement in statements:
            command += ["-c", statement]
        subprocess.run(command, check=True, cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def table(self, name):
        columns = ", ".join(f"{column} {kind}" for column, kind in COLUMNS)
        self.sql(f"drop table if exists load_bench.{name}", f"create table load_bench.{name} ({columns})")

    def rsdbt(self, *words):
        """Seconds and peak memory in MB."""
        program = os.path.abspath(self.given.rsdbt)
        begun = time.monotonic()
        process = subprocess.Popen([program, *words, "--quiet"], cwd=self.folder)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - begun
        if status:
            sys.exit(f"rsdbt {' '.join(words)} failed")
        return seconds, usage.ru_maxrss / 1024

    def load(self, table):
        return self.rsdbt("load", table)

    def connection(self):
        self.sql("drop table if exists load_bench.by_connection")
        return self.load("by_connection")

    def connection_again(self):
        return self.load("by_connection")

    def across(self):
        self.sql("drop table if exists load_bench.across")
        return self.rsdbt("run")

    def piped(self):
        self.table("piped")
        ends = ["copy load_bench.origin to stdout (format binary)", "copy load_bench.piped from stdin (format binary)"]
        psql = [self.given.psql, self.given.url, "-q", "-c"]
        begun = time.monotonic()
        source = subprocess.Popen([*psql, ends[0]], stdout=subprocess.PIPE)
        subprocess.run([*psql, ends[1]], check=True, stdin=source.stdout)
        if source.wait():
            sys.exit("psql failed")
        return time.monotonic() - begun

    def copy(self):
        self.table("copied")
        begun = time.monotonic()
        self.sql("\\copy load_bench.copied from 'rows.csv' (format csv, header)")
        return time.monotonic() - begun

    def csv(self):
        self.sql("drop table if exists load_bench.by_csv")
        return self.load("by_csv")

    def jsonl(self):
        self.sql("drop table if exists load_bench.by_jsonl")
        return self.load("by_jsonl")

    def million(self, name):
        self.table(name)
        self.sql(
            f"insert into load_bench.{name} select id, 1, 1, true, '2026-01-01', '2026-01-01', 'before' "
            f"from generate_series(0, {self.given.rows - 1}) as id",
            f"create unique index on load_bench.{name} (id)",
            f"vacuum analyze load_bench.{name}",
        )

    def upsert(self):
        self.million("by_key")
        return self.load("by_key")

    def upsert_by_hand(self):
        self.million("by_hand")
        names = ", ".join(name for name, _ in COLUMNS)
        sets = ", ".join(f"{name} = excluded.{name}" for name, _ in COLUMNS[1:])
        begun = time.monotonic()
        self.sql(
            "begin",
            "create temporary table staged (like load_bench.by_hand) on commit drop",
            "\\copy staged from 'changes.csv' (format csv, header)",
            f"insert into load_bench.by_hand ({names}) select distinct on (id) {names} from staged order by id "
            f"on conflict (id) do update set {sets}",
            "commit",
        )
        return time.monotonic() - begun

    def dlt(self):
        script = (
            "import csv, dlt, sys\n"
            "rows = lambda: csv.DictReader(open('rows.csv'))\n"
            "to = dlt.destinations.postgres(sys.argv[1])\n"
            "pipeline = dlt.pipeline('bench', destination=to, dataset_name='load_bench_dlt')\n"
            "pipeline.run(rows(), table_name='rows', write_disposition='replace')\n"
        )
        begun = time.monotonic()
        subprocess.run([self.given.dlt, "-c", script, self.given.url], check=True, cwd=self.folder)
        return time.monotonic() - begun


def main():
    given = arguments()
    with tempfile.TemporaryDirectory() as folder:
        write_files(folder, given.rows)
        write_project(folder, given.url)
        bench = Bench(given, folder)
        bench.sql("drop schema if exists load_bench cascade", "create schema load_bench")
        bench.table("origin")
        bench.sql("\\copy load_bench.origin from 'rows.csv' (format csv, header)", "vacuum analyze load_bench.origin")
        rsdbt = {
            "csv": bench.csv,
            "jsonl": bench.jsonl,
            "upsert": bench.upsert,
            "connection": bench.connection,
            "again": bench.connection_again,
            "across": bench.across,
        }
        found = {name: [] for name in ["copy", "by hand", "piped", *rsdbt]}
        memory = 0
        # one after the other, so that what the machine does meanwhile hits all
        for _ in range(given.runs):
            found["copy"].append(bench.copy())
            found["piped"].append(bench.piped())
            for name, work in rsdbt.items():
                seconds, peak = work()
                found[name].append(seconds)
                memory = max(memory, peak)
            found["by hand"].append(bench.upsert_by_hand())
        median = {name: statistics.median(seconds) for name, seconds in found.items()}
        megabytes = {name: os.path.getsize(f"{folder}/rows.{name}") / 1e6 for name in ("csv", "jsonl")}
        print(f"{given.rows} rows of {len(COLUMNS)} columns, medians of {given.runs} runs")
        print(f"psql \\copy        {median['copy']:8.2f} s  {megabytes['csv'] / median['copy']:6.0f} MB/s")
        print(
            f"rsdbt load csv    {median['csv']:8.2f} s  {megabytes['csv'] / median['csv']:6.0f} MB/s  "
            f"{median['copy'] / median['csv']:.2f} of \\copy"
        )
        print(f"rsdbt load jsonl  {median['jsonl']:8.2f} s  {megabytes['jsonl'] / median['jsonl']:6.0f} MB/s")
        print(f"upsert by hand    {median['by hand']:8.2f} s")
        print(f"rsdbt load upsert {median['upsert']:8.2f} s  {median['upsert'] / median['by hand']:.2f} of by hand")
        print(f"psql copy | copy  {median['piped']:8.2f} s")
        for name, shown in [("connection", "rsdbt load, new  "), ("again", "rsdbt load, again"), ("across", "rsdbt run, across")]:
            print(f"{shown} {median[name]:8.2f} s  {median['piped'] / median[name]:.2f} of copy | copy")
        print(f"memory peak       {memory:8.0f} MB")
        if given.dlt:
            seconds = bench.dlt()
            print(f"dlt csv           {seconds:8.2f} s  (one run)")
        bench.sql("drop schema load_bench cascade")


if __name__ == "__main__":
    main()
