"""Ten days of an ad platform, as they arrive: late, twice, out of order, changed afterwards, before their dimension, and once without a key."""

import csv
import datetime as dt
import random
from pathlib import Path

FIRST = dt.datetime(2024, 3, 1, 15)
DAYS = 10
# the day whose log of units has a row without a key
BROKEN = 5
LINEITEMS, UNITS = range(101, 113), range(1, 7)


def stamp(at):
    return at.strftime("%Y-%m-%d %H:%M:%S")


def facts(rng, day, count):
    """Rows by the day on which they arrive: most on their own, some later, a few twice."""
    begin = FIRST + dt.timedelta(days=day)
    for _ in range(count):
        at = begin + dt.timedelta(seconds=rng.randrange(86400))
        row = [f"user{rng.randrange(400):03}", rng.choice(LINEITEMS), rng.choice(UNITS), f"{rng.randrange(1, 9000) / 10000:.9f}", stamp(at)]
        late = rng.choices([0, 1, 3], [93, 5, 2])[0]
        yield day + late, row
        if rng.random() < 0.03:
            yield day + late + rng.choice([0, 1]), row
        if rng.random() < 0.01:
            # the same key with other revenue, days later
            yield day + late + 2, [*row[:3], f"{float(row[3]) + 1:.9f}", row[4]]


def dimension(rng, ids, words):
    """A log of changes: the newest one counts, in whatever order they arrive; some keys come after their facts."""
    for number in ids:
        first = rng.choice([0, 0, 0, 2])
        rows = [[number, rng.choice(words), stamp(FIRST), stamp(FIRST + dt.timedelta(days=first, hours=hour))] for hour in (1, 2)]
        for row in rng.sample(rows, 2):
            yield first, row
        if rng.random() < 0.4:
            later = rng.randrange(3, DAYS)
            yield later, [number, rng.choice(words), stamp(FIRST), stamp(FIRST + dt.timedelta(days=later, hours=3))]
        if rng.random() < 0.3:
            # delivered again, long after it was replaced
            yield first + 4, rows[0]


def write(folder: Path, seed=20240301):
    """All files; returns, for each fact table, what it holds in the end: revenue by key."""
    rng = random.Random(seed)
    arriving, held = {}, {}
    for table, a_day in (("ad_impression", 300), ("ad_click", 40)):
        held[table] = {}
        for day in range(DAYS):
            for arrives, row in facts(rng, day, a_day):
                arriving.setdefault((table, min(arrives, DAYS - 1)), []).append(row)
    arriving |= group("ad_lineitem", dimension(rng, LINEITEMS, ["CPM", "CPC", "CPA"]))
    arriving |= group("unit", dimension(rng, UNITS, ["BANNER", "VIDEO", "NATIVE"]))
    arriving.setdefault(("unit", BROKEN), []).append(["", "VIDEO", stamp(FIRST), stamp(FIRST)])
    for (table, day), rows in sorted(arriving.items(), key=lambda item: item[0][1]):
        for row in rows if table in held else []:
            held[table][tuple(row[:3] + row[4:])] = row[3]
        head = {"ad_lineitem": "revenue_type", "unit": "unit_type"}.get(table)
        header = ["id", head, "created_at", "updated_at"] if head else ["user_id", "lineitem_id", "unit_id", "revenue", "created_at"]
        path = folder / f"day_{day}" / f"{table}_{(FIRST + dt.timedelta(days=day + 1)):%Y-%m-%d}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", newline="") as file:
            csv.writer(file).writerows([header, *rows])
    return held


def group(table, rows):
    groups = {}
    for day, row in rows:
        groups.setdefault((table, min(day, DAYS - 1)), []).append(row)
    return groups
