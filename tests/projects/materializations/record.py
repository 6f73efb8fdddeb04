#!/usr/bin/env python3
"""Records what dbt builds of this project: record.py postgresql://user:password@host:port/database [dbt]

Two rounds, with the files of later/ over the project before the second. The rows go to ../../recorded/tables.json.
"""
import json, os, shutil, subprocess, sys, tempfile
from urllib.parse import urlparse

uri, dbt = urlparse(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "dbt"
here = os.path.dirname(os.path.abspath(__file__))
schema = "recorded"


def psql(sql):
    command = ["psql", "-X", "-At", "-d", sys.argv[1], "-c", f"set search_path = {schema}, public", "-c", sql]
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return out.split("\n", 1)[1].strip()


psql(f"drop schema if exists {schema} cascade")
queries = json.load(open(os.path.join(here, "queries.json")))
with tempfile.TemporaryDirectory() as folder:
    shutil.copytree(here, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("later", "record.py", "queries.json"))
    profile = dict(type="postgres", host=uri.hostname, port=uri.port, user=uri.username, password=uri.password or "x",
                   dbname=uri.path[1:], schema=schema, threads=1)
    json.dump({"shop": {"target": "dev", "outputs": {"dev": profile}}}, open(os.path.join(folder, "profiles.yml"), "w"))
    rounds = []
    for number in (1, 2):
        if number == 2:
            shutil.copytree(os.path.join(here, "later"), folder, dirs_exist_ok=True)
        window = ["--event-time-start", "2024-01-01", "--event-time-end", "2024-01-05"]
        for command in (["seed"], ["run", *window], ["snapshot"]):
            subprocess.run([dbt, *command], cwd=folder, check=True, stdout=sys.stderr)
        read = "select coalesce(jsonb_agg(to_jsonb(q) order by to_jsonb(q)::text), '[]') from ({}) as q"
        rounds.append({name: json.loads(psql(read.format(sql))) for name, sql in queries.items()})
json.dump(rounds, open(os.path.join(here, "../../recorded/tables.json"), "w"), indent=1)
