"""Six days of an ad server: its database, which is changed by SQL, and files of events by the day in UTC. Late, twice, voided, of campaigns not yet or no longer there."""

import csv
import datetime as dt
import gzip
import json
import random
from decimal import Decimal
from zoneinfo import ZoneInfo

BERLIN = ZoneInfo("Europe/Berlin")
FIRST = dt.date(2026, 10, 23)
DAYS = 6
# clocks go back on the third day; the file of clicks of the fourth one is broken; on the fifth an advertiser leaves
BROKEN, LEAVES = 3, 4
TABLES = """
create type pricing as enum ('cpm', 'cpc');
create table advertisers (id int primary key, name text not null);
create table campaigns (id int primary key, advertiser_id int not null references advertisers, name text not null, pricing pricing not null, daily_budget numeric(10, 2) not null);
"""
# events of it come days before the campaign is entered
EARLY, ENTERED = 20, 4
COST = {"cpm": (600, 9000), "cpc": (120_000, 900_000)}


def cents(number):
    return (Decimal(number) / 100).quantize(Decimal("0.01"))


def micros(number):
    return (Decimal(number) / 1_000_000).quantize(Decimal("0.000001"))


def literal(value):
    return str(value) if isinstance(value, int | Decimal) else "'" + str(value).replace("'", "''") + "'"


class AdServer:
    """Its database: the statements write what `rows` holds."""

    def __init__(self, rng):
        self.rng, self.rows, self.statements = rng, {"advertisers": {}, "campaigns": {}}, [TABLES]

    def put(self, table, row):
        self.rows[table][row["id"]] = row
        others = [name for name in row if name != "id"]
        self.statements.append(
            f"insert into {table} ({', '.join(row)}) values ({', '.join(map(literal, row.values()))}) "
            f"on conflict (id) do update set {', '.join(f'{name} = excluded.{name}' for name in others)};"
        )

    def delete(self, table, key):
        del self.rows[table][key]
        self.statements.append(f"delete from {table} where id = {key};")

    def change(self, day):
        """The statements of one day: budgets and names change, campaigns are entered and deleted."""
        rng, campaigns = self.rng, self.rows["campaigns"]
        if day == 0:
            for number in range(1, 7):
                self.put("advertisers", {"id": number, "name": f"Advertiser {number}; O'Neill"})
            for number in range(1, EARLY):
                campaign = {"id": number, "advertiser_id": 1 + number % 6, "name": f"Campaign {number}", "pricing": rng.choice(["cpm", "cpc"])}
                self.put("campaigns", campaign | {"daily_budget": cents(rng.randrange(40, 900))})
        for number in rng.sample(sorted(campaigns), 3 if day else 0):
            self.put("campaigns", campaigns[number] | {"name": f"Campaign {number}, renamed on day {day + 1}", "daily_budget": cents(rng.randrange(40, 900))})
        if day == ENTERED:
            self.put("campaigns", {"id": EARLY, "advertiser_id": 2, "name": "Käse & Brot", "pricing": "cpm", "daily_budget": Decimal("0.50")})
        if day == 2:
            for number in (4, 9):
                self.delete("campaigns", number)
        if day == LEAVES:
            for number in [number for number, campaign in campaigns.items() if campaign["advertiser_id"] == 6]:
                self.delete("campaigns", number)
            self.delete("advertisers", 6)
        done, self.statements = "\n".join(self.statements), []
        return done


class Events:
    """The files of each day, and which of their rows are valid."""

    def __init__(self, rng, folder, server):
        self.rng, self.folder, self.server = rng, folder, server
        # by key, with the day on which the first of its files arrives
        self.impressions, self.clicks, self.voided, self.arrives = {}, {}, {}, {}
        self.rejected, self.held = {"impressions": 0, "clicks": 0}, {}
        # how campaigns are paid for, deleted ones included
        self.pricing = {}
        folder.mkdir(parents=True)

    def deliver(self, day):
        self.pricing |= {number: campaign["pricing"] for number, campaign in self.server.rows["campaigns"].items()}
        self.happen(day)
        for kind, write in (("impressions", self.write_lines), ("clicks", self.write_table), ("voided", self.write_table)):
            rows = self.held.pop((kind, day), [])
            self.rng.shuffle(rows)
            write(f"{kind}_{FIRST + dt.timedelta(days=day)}", kind, day, rows)
        return sorted(path.name for path in self.folder.iterdir() if str(FIRST + dt.timedelta(days=day)) in path.name)

    def happen(self, day):
        """A day in UTC begins at one or two o'clock in Berlin, so each of its files has events of two days there."""
        rng, begin = self.rng, dt.datetime.combine(FIRST + dt.timedelta(days=day), dt.time(), dt.UTC)
        for turn in range(300):
            # what is deleted is shown for some days more
            campaign = rng.randrange(1, EARLY + 1)
            pricing = self.pricing.get(campaign, "cpm")
            seconds = rng.randrange(86400) if turn > 20 else rng.choice([0, 1, 3599, 3600, 79199, 79200, 82799, 82800, 86399])
            user = f"u{rng.randrange(150):03}" if rng.random() < 0.9 else None
            cost = micros(rng.randrange(*COST["cpm"])) if pricing == "cpm" else micros(0)
            impression = {"id": f"i-{day}-{turn}", "campaign_id": campaign, "user_id": user, "cost": cost, "at": begin + dt.timedelta(seconds=seconds)}
            late = self.add("impressions", day, impression)
            if rng.random() < 0.2:
                cost = micros(rng.randrange(*COST["cpc"])) if pricing == "cpc" else micros(0)
                # the last second of a day in Berlin may be followed by a click of the next one
                click = {"id": f"c-{day}-{turn}", "campaign_id": campaign, "cost": cost, "at": impression["at"] + dt.timedelta(seconds=rng.randrange(1, 90))}
                # some of the first day wait in a counter that is offline until the last one
                self.add("clicks", day, click, DAYS - 1 if day == 0 and turn % 8 == 0 else late)
                if rng.random() < 0.2:
                    # a robot's, as is known a day or two later
                    self.add("voided", day, {"click_id": click["id"], "clicked_at": click["at"]}, late + rng.choice([0, 1, 2]))

    def add(self, kind, day, row, late=0):
        """Some rows come days later, and some twice."""
        rng, key = self.rng, row.get("id") or row["click_id"]
        late += 0 if kind == "voided" else rng.choices([0, 1, 3], [94, 4, 2])[0]
        getattr(self, kind)[key] = row
        self.arrives[kind, key] = day + late
        self.held.setdefault((kind, day + late), []).append(row)
        if rng.random() < 0.05:
            self.held.setdefault((kind, day + late + rng.choice([0, 1, 2])), []).append(row)
        return late

    def arrived(self, kind, day):
        return {key: row for key, row in getattr(self, kind).items() if self.arrives[kind, key] <= day}

    def stamp(self, at):
        """One instant, in any of three zones."""
        zone = self.rng.choice([dt.UTC, BERLIN, dt.timezone(dt.timedelta(hours=-5))])
        return at.astimezone(zone).isoformat()

    def text(self, row):
        return {name: self.stamp(value) if isinstance(value, dt.datetime) else str(value) if isinstance(value, Decimal) else value for name, value in row.items()}

    def write_lines(self, name, kind, day, rows):
        lines = [json.dumps(self.text(row)) for row in rows]
        no_time = {"id": f"x-{day}-1", "campaign_id": 1, "cost": "0.1"}
        broken = [lines[0][:40], json.dumps(no_time), json.dumps(no_time | {"campaign_id": "one", "at": "2026-10-24T10:00:00Z"})]
        for line in broken:
            lines.insert(self.rng.randrange(len(lines)), line)
        self.rejected[kind] += len(broken)
        with gzip.open(self.folder / f"{name}.jsonl.gz", "wt", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")

    def write_table(self, name, kind, day, rows):
        header = ["click_id", "clicked_at"] if kind == "voided" else ["id", "campaign_id", "cost", "at"]
        lines = [list(self.text(row).values()) for row in rows]
        if kind == "clicks":
            # a time without a zone is in no day
            lines.insert(1, [f"x-{day}-3", 1, "0.2", "2026-10-24 24:30:00"])
            self.rejected[kind] += 1
        with (self.folder / f"{name}.csv").open("w", newline="") as file:
            csv.writer(file).writerows([header, *lines])


def spoiled(path):
    """The file as it came first: a program has written its costs in another way."""
    return path.read_text().replace("0.", "EUR 0,")


def play(folder, seed=20261023):
    rng = random.Random(seed)
    server = AdServer(rng)
    return server, Events(rng, folder, server)
