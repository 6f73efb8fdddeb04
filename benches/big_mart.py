#!/usr/bin/env python3
"""Times the ad mart on large data against the best hand-written SQL in psql; prints medians and ratios as a Markdown table.

    PGHOST=.. PGPORT=.. PGUSER=.. python benches/big_mart.py --rsdbt target/release/rsdbt [--runs 5] [--what merge,overwrite,find,swap]

Makes the database `rsdbt_big_mart` (about 4 GB; a second run finds it, `--drop` drops it at the end) and fills it with
big_mart/data.sql. The project is the repository's own; the SQL of the peer stands beside the data. Both work on tables
that were made anew in the same way, take turns, and must leave the same rows. On a machine that others use, --postmaster tells
what the clock cannot: the processor time that client and server spent, from a local server whose process id that is.
"""

import argparse
import datetime
import os
import resource
import shutil
import statistics
import subprocess
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SQL = Path(__file__).resolve().parent / "big_mart"
DATABASE = "rsdbt_big_mart"
MART = "m1_d_ad_mart_metrics"
FIRST_DAY = datetime.date(2024, 1, 1)
PROFILE = """
ad_mart:
  target: bench
  outputs:
    bench: {type: postgres, host: "{{ env_var('PGHOST') }}", port: "{{ env_var('PGPORT', '5432') | as_number }}",
      user: "{{ env_var('PGUSER') }}", password: "{{ env_var('PGPASSWORD', '') }}", dbname: rsdbt_big_mart,
      schema: "{{ env_var('BIG_MART_SCHEMA') }}", threads: 1}
"""


def run(command, environment=None):
    started = time.monotonic()
    result = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    seconds = time.monotonic() - started
    if result.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}\n{result.stdout[-3000:]}{result.stderr[-3000:]}")
    return seconds, result.stdout.strip()


def psql(*arguments, database=DATABASE):
    return run(["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", database, *arguments])


def quiet():
    """Waits, ten seconds at most, until others leave the processors alone."""
    for _ in range(4):
        ticks = [[int(one) for one in Path("/proc/stat").read_text().split("\n")[0].split()[1:]] for _ in (0, time.sleep(0.5))]
        passed = [after - before for before, after in zip(*ticks)]
        if passed[3] + passed[4] > 0.8 * sum(passed):
            return


def processor_seconds(postmaster):
    """Of all sessions that have ended, and of all clients."""
    server = Path(f"/proc/{postmaster}/stat").read_text().rsplit(")", 1)[1].split()[13:15] if postmaster else (0, 0)
    clients = resource.getrusage(resource.RUSAGE_CHILDREN)
    return sum(map(int, server)) / os.sysconf("SC_CLK_TCK") + clients.ru_utime + clients.ru_stime


class Bench:
    def __init__(self, options):
        self.options = options
        self.folder = Path(tempfile.mkdtemp())
        for part in ("models", "macros"):
            shutil.copytree(ROOT / part, self.folder / part)
        if options.macros:
            shutil.copytree(options.macros, self.folder / "macros" / "tried")
        shutil.copy(ROOT / "dbt_project.yml", self.folder)
        (self.folder / "profiles.yml").write_text(PROFILE)
        self.middle = FIRST_DAY + datetime.timedelta(options.days // 2)

    def rsdbt(self, model, *arguments, schema="mart", folder=None, horizon=None):
        # the data is of fixed days, the horizon of the mart counts from today
        if horizon is None:
            horizon = (datetime.datetime.now(datetime.UTC).date() - FIRST_DAY).days + 1
        variables = f"{{sample: false, arriving_schema: arriving, horizon_days: {horizon}}}"
        folder = str(folder or self.folder)
        command = [self.options.rsdbt, "run", "--select", model, "--vars", variables, *arguments]
        places = ["--project-dir", folder, "--profiles-dir", folder]
        return run(command + places, {**os.environ, "BIG_MART_SCHEMA": schema})

    def day(self):
        """A day of Seoul in UTC."""
        before = self.middle - datetime.timedelta(1)
        return ["--event-time-start", f"{before}T15:00:00", "--event-time-end", f"{self.middle}T15:00:00"]

    def fill(self):
        """The arriving tables, and the marts as the runs of earlier days left them."""
        o = self.options
        size = [f"facts={o.facts}", f"days={o.days}", f"line_items={o.line_items}", f"changes={o.changes}", f"seed={o.seed}"]
        if psql("-c", f"select 1 from pg_database where datname = '{DATABASE}'", database="postgres")[1]:
            if psql("-c", f"select shobj_description(oid, 'pg_database') from pg_database where datname = '{DATABASE}'")[1] == " ".join(size):
                return
            psql("-c", f"drop database {DATABASE}", database="postgres")
        psql("-c", f"create database {DATABASE}", database="postgres")
        variables = [part for pair in ["schema=arriving", *size] for part in ("-v", pair)]
        seconds, _ = psql(*variables, "-f", str(SQL / "data.sql"))
        print(f"{o.facts:,} facts made in {seconds:.0f} s", flush=True)
        for schema in ("mart", "native", "other"):
            psql(
                "-c", f"create schema {schema}",
                "-c", f"create table {schema}.ad_lineitem as select * from arriving.known_lineitem",
                "-c", f"create table {schema}.unit as select * from arriving.known_unit",
                "-c", f"create unique index on {schema}.ad_lineitem (id); create unique index on {schema}.unit (id); analyze",
            )
        self.rsdbt(MART)
        psql(
            "-c", "create schema kept",
            "-c", f"create table kept.mart as select * from mart.{MART} order by data_at, lineitem_id, unit_id",
            "-c", "create table kept.staging as select * from arriving.ad_lineitem_staging",
            "-c", "insert into arriving.ad_impression select * from arriving.late_impression on conflict do nothing",
            "-c", "vacuum analyze arriving.ad_impression",
        )
        self.late_facts_are_found()
        psql("-c", f"create table kept.prints as select * from rsdbt.periods where relation = 'mart.{MART}'::regclass")
        native = self.native()
        for schema in ("native", "other"):
            self.rsdbt(MART, schema=schema, folder=native)
        psql("-c", "vacuum analyze", "-c", f"comment on database {DATABASE} is '{' '.join(size)}'")

    def native(self):
        """The same project with native partitions."""
        folder = self.folder / "native"
        if not folder.exists():
            shutil.copytree(self.folder, folder, ignore=shutil.ignore_patterns("target", "logs", "native"))
            project = (folder / "dbt_project.yml").read_text()
            project = project.replace("    +materialized: table", f"    +materialized: table\n    {MART}:\n      +partitioned: true")
            (folder / "dbt_project.yml").write_text(project)
        return folder

    def late_facts_are_found(self):
        """What the peer finds is what a run builds again."""
        late = psql("-f", str(SQL / "find_days.sql"))[1]
        self.rsdbt(MART)
        built = psql("-c", f"select distinct data_at from mart.{MART} where updated_at = (select max(updated_at) from mart.{MART}) order by 1")[1]
        assert late and late == built, f"the peer found {late}, rsdbt built {built}"

    def restore_dimension(self):
        psql(
            "-c", "truncate mart.ad_lineitem; insert into mart.ad_lineitem select * from arriving.known_lineitem order by id",
            "-c", "truncate arriving.ad_lineitem_staging; insert into arriving.ad_lineitem_staging select * from kept.staging",
            "-c", "vacuum analyze mart.ad_lineitem, arriving.ad_lineitem_staging", "-c", "checkpoint",
        )

    def restore_mart(self):
        psql(
            "-c", f"truncate mart.{MART}; insert into mart.{MART} select * from kept.mart",
            "-c", f"delete from rsdbt.periods where relation = 'mart.{MART}'::regclass; insert into rsdbt.periods select * from kept.prints",
            # or the next run would compare the mart's own rows, as after any truncation
            "-c", f"""update rsdbt.relations set files = (select hashtextextended(oid::text || ' ' || relfilenode::text, 0) from pg_class where oid = relation)
                where relation = 'mart.{MART}'::regclass""",
            "-c", f"vacuum analyze mart.{MART}, rsdbt.periods, rsdbt.relations", "-c", "checkpoint",
        )

    def prints(self):
        # the checksum of the mart's own rows has the time of the run in it
        columns = "input, period, row_count, case when input <> 'own rows' then checksum end"
        return self.rows(f"rsdbt.periods where relation = 'mart.{MART}'::regclass", columns)

    def rows(self, relation, columns):
        return psql("-c", f"select count(*), sum(hashtextextended(({columns})::text, 0)) from {relation}")[1]

    def merge(self):
        state = lambda: (
            self.rows("mart.ad_lineitem", "id, revenue_type, created_at, updated_at"),
            psql("-c", "select count(*) from arriving.ad_lineitem_staging")[1],
        )
        return self.restore_dimension, lambda: psql("-f", str(SQL / "merge_upsert.sql")), lambda: self.rsdbt("ad_lineitem"), state

    def overwrite(self):
        columns = "lineitem_id, revenue_type, unit_type, unit_id, data_at, impression_count, click_count, revenue_sum"
        state = lambda: (self.rows(f"mart.{MART}", columns), self.prints())
        peer = lambda: psql("-v", f"day={self.middle}", "-f", str(SQL / "overwrite_day.sql"))
        # the peer does not look for changed days outside of the window, either
        return self.restore_mart, peer, lambda: self.rsdbt(MART, *self.day(), horizon=0), state

    def find(self):
        state = lambda: (self.rows(f"mart.{MART}", MART), self.prints())
        return self.restore_mart, lambda: psql("-f", str(SQL / "find_days.sql")), lambda: self.rsdbt(MART), state

    def measure(self, title, restore, peer, ours, state):
        times, spent, states = {"psql": [], "rsdbt": []}, {"psql": [], "rsdbt": []}, set()
        for number in range(self.options.runs):
            # whoever is second finds a warmer machine
            turns = [("psql", peer), ("rsdbt", ours)]
            for name, work in turns if number % 2 else reversed(turns):
                restore()
                quiet()
                before = processor_seconds(self.options.postmaster)
                times[name].append(work()[0])
                # a session's time is known when the server has seen it end
                time.sleep(0.3)
                spent[name].append(processor_seconds(self.options.postmaster) - before)
                states.add(state())
        assert len(states) == 1, f"{title}: psql and rsdbt leave different rows: {states}"
        theirs, mine = statistics.median(times["psql"]), statistics.median(times["rsdbt"])
        processor = statistics.median(spent["rsdbt"]) / statistics.median(spent["psql"]) if self.options.postmaster else float("nan")
        print(f"| {title} | {theirs * 1000:.0f} ms | {mine * 1000:.0f} ms | {mine / theirs:.2f} | {processor:.2f} |", flush=True)
        if self.options.verbose:
            print({name: [round(one * 1000) for one in taken] for name, taken in times.items()}, flush=True)

    def reader(self, overwritten):
        """Worst and usual wait of the reader while that schema's day is overwritten again and again."""
        stop = threading.Event()

        def overwrite():
            while not stop.is_set():
                self.rsdbt(MART, *self.day(), schema=overwritten, folder=self.native(), horizon=0)

        writer = threading.Thread(target=overwrite)
        writer.start()
        try:
            _, answer = psql("-v", f"day={self.middle}", "-v", "seconds=6", "-f", str(SQL / "reader.sql"))
        finally:
            stop.set()
            writer.join()
        usual, worst = map(float, answer.split("|"))
        return usual, worst

    def swap(self):
        """The same work beside the reader, on the table that it reads and on another one."""
        waits = {"other": [], "native": []}
        for _ in range(self.options.runs):
            for schema, taken in waits.items():
                taken.append(self.reader(schema))
        print("\n| a reader of native partitions | median select | worst select, median of the runs | worst of all |\n|---|---|---|---|")
        for schema, title in {"other": "while another table's day is overwritten", "native": "while its own day is overwritten"}.items():
            usual, worst = zip(*waits[schema])
            print(f"| {title} | {statistics.median(usual):.2f} ms | {statistics.median(worst):.1f} ms | {max(worst):.1f} ms |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rsdbt", required=True, type=lambda path: str(Path(path).resolve()))
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--what", default="merge,overwrite,find,swap")
    parser.add_argument("--facts", type=int, default=10_000_000)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--line-items", type=int, default=1_000_000)
    parser.add_argument("--changes", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--postmaster", metavar="PID", help="the server's first process, to count processor time")
    parser.add_argument("--macros", metavar="FOLDER", help="further macros, to try built-in ones without a build")
    parser.add_argument("--drop", action="store_true", help="drop the database at the end")
    parser.add_argument("--verbose", action="store_true", help="every single time")
    options = parser.parse_args()
    bench = Bench(options)
    try:
        bench.fill()
        what = options.what.split(",")
        titles = {
            "merge": f"merge-upsert of {options.changes:,} staged rows into {options.line_items:,}",
            "overwrite": f"overwrite of one day of {options.days}, {options.facts:,} facts",
            "find": f"finding the changed days of {options.days}, {options.facts:,} facts",
        }
        print("| work | psql, median | rsdbt, median | ratio | of processor time |\n|---|---|---|---|---|")
        for name, title in titles.items():
            if name in what:
                bench.measure(title, *getattr(bench, name)())
        if "swap" in what:
            bench.swap()
    finally:
        shutil.rmtree(bench.folder)
        if options.drop:
            psql("-c", f"drop database if exists {DATABASE} with (force)", database="postgres")


if __name__ == "__main__":
    main()
