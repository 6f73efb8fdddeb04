#!/usr/bin/env python3
"""Times how fast a schedule catches up with intervals whose work is empty; prints intervals per second as a Markdown table.

    python benches/catch_up.py URL [--intervals 10000] [--rsdbt target/release/rsdbt] [--what model,shell,step]

URL names a server, as postgresql://postgres@127.0.0.1:5432/postgres; the schema `catch_up` is dropped first.

    model   an incremental model with a schedule, whose query gives no rows
    shell   a job with the step `shell: ["true"]`
    step    a job with the step `run`, of the same model: a process for each interval
"""

import argparse
import os
import subprocess
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

START = datetime(2024, 1, 1)
EMPTY = "materialized='incremental', incremental_strategy='append'"
JOB = "jobs:\n  - {{name: empty, cron: '* * * * *', start: 2024-01-01, catch_up: all, steps: [{step}]}}\n"


def project(folder, url, what):
    server = urlsplit(url)
    (folder / "profiles.yml").write_text(
        f"shop:\n  target: dev\n  outputs:\n    dev: {{type: postgres, host: '{server.hostname}', port: {server.port or 5432}, "
        f"user: '{unquote(server.username or '')}', password: '{unquote(server.password or '')}', dbname: '{server.path[1:]}', "
        "schema: catch_up, threads: 1}\n"
    )
    (folder / "dbt_project.yml").write_text("name: shop\nprofile: shop\n")
    (folder / "models").mkdir()
    schedule = ", schedule={'cron': '* * * * *', 'start_date': '2024-01-01'}" if what == "model" else ""
    (folder / "models" / "none.sql").write_text(f"{{{{ config({EMPTY}{schedule}) }}}} select 1 as id where false\n")
    if what != "model":
        step = {"shell": "shell: ['true']", "step": "run"}[what]
        (folder / "jobs.yml").write_text(JOB.format(step=step))


def measured(options, what):
    with tempfile.TemporaryDirectory() as folder:
        project(Path(folder), options.url, what)
        forget = f"drop schema if exists catch_up cascade; do $$ begin if to_regclass('rsdbt.intervals') is not null then {FORGET} end if; end $$"
        subprocess.run(["psql", "-qX", "-v", "ON_ERROR_STOP=1", options.url, "-c", forget], check=True, stderr=subprocess.DEVNULL)
        clock = (START + timedelta(minutes=options.intervals, seconds=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
        environment = {**os.environ, "RSDBT_SIMULATED_CLOCK": clock}
        started = time.monotonic()
        command = [Path(options.rsdbt).resolve(), "run", "--due"]
        result = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        seconds = time.monotonic() - started
        done = result.stdout.count(": success")
        # the clock goes on meanwhile
        if result.returncode or done < options.intervals:
            raise SystemExit(f"{done} of {options.intervals}\n{result.stdout[-3000:]}{result.stderr[-3000:]}")
    return done, seconds


FORGET = "".join(
    f"delete from rsdbt.{table} where schema_name = 'catch_up';" for table in ["intervals", "past_intervals", "progress", "jobs"]
)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("--intervals", type=int, default=10000)
    parser.add_argument("--rsdbt", default="target/release/rsdbt")
    parser.add_argument("--what", default="model,shell,step")
    options = parser.parse_args()
    print("| work of an interval | intervals | seconds | per second |\n|---|---|---|---|")
    for what in options.what.split(","):
        done, seconds = measured(options, what)
        print(f"| {what} | {done} | {seconds:.1f} | {done / seconds:.1f} |", flush=True)


if __name__ == "__main__":
    main()
