"""Six days of a lender: its operational database, which is changed by SQL, and the files of two registers. Late, twice, out of order, deleted, broken."""

import datetime as dt
import gzip
import json
import random
from decimal import Decimal

FIRST = dt.date(2026, 3, 2)
DAYS = 6
# the day whose court file has too many broken rows, and the one on which half of the customers are gone for an hour
BROKEN, EMPTIED = 2, 4
COMPANIES, COURTS, CITIES = range(1, 61), ["Köln", "München", "Düsseldorf", "Hof"], ["Köln", "Berlin", "Fürth", "Ulm"]
TABLES = """
create type segment as enum ('small', 'mid');
create table products (id int primary key, name text not null, rate numeric(4, 2) not null);
create table customers (id bigint primary key, company_id bigint, name text, segment segment, email text);
create table loans (id bigint primary key, customer_id bigint not null, product_id int not null, principal numeric(12, 2) not null,
  opened_on date not null, status text not null, updated_at timestamptz not null);
create table payments (id bigint primary key, loan_id bigint not null, amount numeric(12, 2) not null, paid_at timestamptz not null, created_at timestamptz not null);
"""


def cents(number):
    return (Decimal(number) / 100).quantize(Decimal("0.01"))


def literal(value):
    return "null" if value is None else str(value) if isinstance(value, int | Decimal) else "'" + str(value).replace("'", "''") + "'"


class Backend:
    """The operational database as it should be: what `rows` holds, the statements have written."""

    def __init__(self, rng):
        self.rng, self.rows = rng, {"products": {}, "customers": {}, "loans": {}, "payments": {}}
        self.statements = [TABLES]

    def put(self, table, row):
        self.rows[table][row["id"]] = row
        columns, others = list(row), [name for name in row if name != "id"]
        self.statements.append(
            f"insert into {table} ({', '.join(columns)}) values ({', '.join(map(literal, row.values()))}) "
            f"on conflict (id) do update set {', '.join(f'{name} = excluded.{name}' for name in others)};"
        )

    def delete(self, table, key):
        del self.rows[table][key]
        self.statements.append(f"delete from {table} where id = {key};")

    def change(self, day):
        """The statements of one day."""
        rng, today = self.rng, FIRST + dt.timedelta(days=day)
        for number, name in enumerate(["Term loan", "Credit line", "Factoring"][: 3 if day == 0 else 1], 1):
            self.put("products", {"id": number, "name": name, "rate": cents(400 + 10 * day + number)})
        if day == 3:
            self.put("products", {"id": 4, "name": "Leasing ('24)", "rate": Decimal("6.50")})
        for _ in range(120 if day == 0 else 12):
            number = max(self.rows["customers"], default=0) + 1
            company = rng.choice(COMPANIES) if rng.random() < 0.95 else None
            self.put("customers", {"id": number, "company_id": company, "name": f"Customer {number}; O'Neill", "segment": rng.choice(["small", "mid"]), "email": f"c{number}@example.org"})
        customers = self.rows["customers"]
        for number in rng.sample(sorted(customers), 6):
            self.put("customers", customers[number] | {"segment": "mid", "name": f"Customer {number}, renamed on {today}"})
        for number in rng.sample(sorted(customers), 3 if day else 0):
            self.delete("customers", number)
        self.lend(day, today)
        done, self.statements = "\n".join(self.statements), []
        return done

    def lend(self, day, today):
        """Rows are stamped when their transaction begins: some are visible only after rows of a later stamp were read."""
        rng, loans = self.rng, self.rows["loans"]
        evening = dt.datetime.combine(today, dt.time(23, 30), dt.UTC)
        stamps = [evening - dt.timedelta(minutes=rng.randrange(900)) for _ in range(90)] + [evening] * 9
        if day:
            stamps += [evening - dt.timedelta(days=1, hours=rng.randrange(1, 6)) for _ in range(12)]
        for stamp in stamps:
            kind = rng.random()
            if kind < 0.3 or not loans:
                number = len(loans) + 1
                customer, product = rng.choice(sorted(self.rows["customers"])), rng.choice(sorted(self.rows["products"]))
                principal = cents(rng.randrange(100_000, 9_000_000))
                self.put("loans", {"id": number, "customer_id": customer, "product_id": product, "principal": principal, "opened_on": today - dt.timedelta(days=rng.randrange(60)), "status": "active", "updated_at": stamp})
            elif kind < 0.45:
                number = rng.choice(sorted(loans))
                self.put("loans", loans[number] | {"status": rng.choice(["active", "repaid", "written_off"]), "updated_at": stamp})
            else:
                number = len(self.rows["payments"]) + 1
                self.put("payments", {"id": number, "loan_id": rng.choice(sorted(loans)), "amount": cents(rng.randrange(1000, 90_000)), "paid_at": stamp, "created_at": stamp})


class Registers:
    """The files of each day, and what is right in them."""

    def __init__(self, rng, folder):
        self.rng, self.folder = rng, folder
        self.cases, self.events = {}, {}
        self.rejected = {"insolvencies": 0, "company_events": 0}
        self.versions, self.held, self.arrives, self.lines = dict.fromkeys(COMPANIES, 0), [], {}, {}
        folder.mkdir(parents=True)

    def deliver(self, day):
        """The names of the files that arrive on this day: one of the court's is two days late, and one comes again."""
        self.court(day)
        self.companies(day)
        court = [day] if day != 1 else []
        court += [1] if day == 3 else []
        court += [0] if day == 4 else []
        return [f"insolvencies_{date(of)}.csv" for of in court] + [f"companies_{date(day)}.jsonl.gz"]

    def arrived(self, day):
        """The events that are in files until this day."""
        return {key: event for key, event in self.events.items() if self.arrives[key] <= day}

    def published(self, names, known):
        """Rows of the court's files: known ones, and those of new files."""
        days = [day for day in range(DAYS) if f"insolvencies_{date(day)}.csv" in names]
        return known + [row for day in days for row in self.lines[day] if row not in known]

    def court(self, day):
        rng, lines, self.lines[day] = self.rng, [], []
        for turn in range(24):
            known = rng.random() < 0.15 and self.cases
            number = rng.choice(sorted(self.cases)) if known else f"{rng.randrange(60, 99)} IN {day * 100 + turn}/26"
            opened = FIRST + dt.timedelta(days=day - rng.randrange(40))
            case = {"company_id": rng.choice(COMPANIES), "court": rng.choice(COURTS), "opened_on": opened, "claims": cents(rng.randrange(10_000, 900_000_000))}
            if known:
                case |= {"company_id": self.cases[number][1]["company_id"], "opened_on": self.cases[number][1]["opened_on"]}
            # a case may be corrected in a later file, not twice in one
            if known and self.cases[number][0] == day:
                continue
            self.cases[number] = (day, case)
            self.lines[day].append((number, *case.values(), FIRST + dt.timedelta(days=day)))
            line = f"{number};{case['company_id']};{case['court']};{case['opened_on']:%d.%m.%Y};{german(case['claims'])}"
            lines += [line] * (2 if rng.random() < 0.1 else 1)
        right = len(lines)
        lines.insert(3, f"70 IN 9{day}/26;12;Köln;31.02.2026;1,00")
        if day % 2:
            lines.insert(9, f"71 IN 9{day}/26;;Köln;01.03.2026;1,00")
        self.rejected["insolvencies"] += len(lines) - right
        text = "\r\n".join(["Aktenzeichen;Firma-Nr.;Gericht;Eröffnet;Forderungen (EUR)", *lines, ""])
        (self.folder / f"insolvencies_{date(day)}.csv").write_bytes(text.encode("cp1252"))

    def companies(self, day):
        """Events may arrive a day late or twice; of each company the highest version counts."""
        rng, lines = self.rng, self.held
        self.held = []
        for company in COMPANIES if day == 0 else rng.sample(COMPANIES, 25):
            self.versions[company] += 1
            version = self.versions[company]
            kind = "registered" if version == 1 else rng.choice(["renamed", "moved", "moved", "dissolved"])
            at = dt.datetime.combine(FIRST, dt.time(rng.randrange(24)), dt.timezone(dt.timedelta(hours=1))) + dt.timedelta(days=day)
            event = {"company_id": company, "version": version, "kind": kind, "at": at.isoformat(), "name": f"Firma {company} \"{version}\" GmbH", "city": rng.choice(CITIES)}
            is_late = rng.random() < 0.2 and day < DAYS - 1
            (self.held if is_late else lines).append(json.dumps(event, ensure_ascii=rng.random() < 0.5))
            if rng.random() < 0.1 and not is_late:
                lines.append(json.dumps(event))
            self.events[company, version] = event
            self.arrives[company, version] = day + is_late
        rng.shuffle(lines)
        lines.insert(len(lines) // 2, lines[0][: len(lines[0]) // 2])
        self.rejected["company_events"] += 1
        with gzip.open(self.folder / f"companies_{date(day)}.jsonl.gz", "wt", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")


def date(day):
    return f"{FIRST + dt.timedelta(days=day):%Y-%m-%d}"


def german(number):
    return f"{number:,.2f}".replace(",", "_").replace(".", ",").replace("_", ".")


def spoiled(path):
    """The file as it came first: half of its numbers are cut off."""
    header, *lines = path.read_bytes().split(b"\r\n")
    return b"\r\n".join([header, *(line[:-4] + b"," if at % 2 else line for at, line in enumerate(lines))])


def play(folder, seed=20260302):
    rng = random.Random(seed)
    return Backend(rng), Registers(rng, folder)
