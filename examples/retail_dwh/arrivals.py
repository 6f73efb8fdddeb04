"""Three days of a retail shop: its operational database, which is changed by SQL. Late, twice, deleted, broken, repaired; prices change, products are renamed."""

import datetime as dt
import random
from decimal import Decimal
from zoneinfo import ZoneInfo

BERLIN = ZoneInfo("Europe/Berlin")
FIRST = dt.date(2025, 3, 3)
DAYS = 3
TABLES = [
    """create table customers (id bigint primary key, name text, email text, city text, password_hash text);
create table products (id int primary key, name text not null, category text, list_price numeric(12, 2) not null, updated_at timestamptz not null);
create table orders (id bigint primary key, number text not null, customer_id bigint, ordered_at timestamptz, status text, note text,
  updated_at timestamptz not null);
create table order_lines (id bigint primary key, order_id bigint not null, line_no int not null, product_id int not null, quantity text, unit_price text);
create table deleted_orders (order_id bigint primary key, deleted_at timestamptz not null default now());
create function remember_order() returns trigger language plpgsql as $$ begin insert into deleted_orders values (old.id); return old; end $$;
create trigger remember_order after delete on orders for each row execute function remember_order()"""
]
CITIES = ["Köln", "Ulm", " Fürth", "Hof\n(Saale)", None]
NOTES = [None, "", "ring at O'Neill's", 'says "now"; -- now', "first floor\nleft\r\ndoor\tbell", "C:\\temp\\n", "\\N"]
NOTES += ["100 % 🎁", "{{ ref('x') }} {% raw %}", "$$", "  blanks  "]
# as a till writes it: what it means, or nothing
QUANTITIES = ["{}", "{}", "{}", " {}", "{}.0", "{} pcs"]
PRICES = ["{}", "{}", "{}", "€ {}", "{} EUR", "comma"]
NO_QUANTITIES, NO_PRICES = [None, "", "three", "-1", "0", "1e3", "2.5"], [None, "free", "-3.00", "1.2.3", "", "1,234.50"]
STATUSES = ["paid"] * 6 + ["shipped"] * 8 + ["returned", "cancelled", " PAID", "Shipped\n"]
# a customer who is entered two days after the first order, one who is never, and one who buys more than a bonus can hold
LATE_CUSTOMER, NOBODY, WHOLESALER = 5000, 9999, 7
DELISTED, RENAMED = 3, 5
# the day on which somebody renames a column
RENAMED_COLUMN = 1


def literal(value):
    """A text without what a template would take for its own."""
    if value is None or isinstance(value, int | Decimal):
        return "null" if value is None else str(value)
    text = str(value).replace("\\", "\\\\").replace("'", "''")
    return f"E'{text}'".replace("{", "\\x7B").replace("\r", "\\r")


class Shop:
    """Its database: the statements write what `rows` holds. `lines` and `orders` are what the rows mean, or what is wrong with them."""

    def __init__(self, rng):
        self.rng, self.rows, self.statements = rng, {"customers": {}, "products": {}, "orders": {}, "order_lines": {}}, list(TABLES)
        self.orders, self.lines, self.deleted, self.customers = {}, {}, set(), 0
        # every order that ever was there, as it was last
        self.ever = {}

    def put(self, table, row):
        self.rows[table][row["id"]] = row
        if table == "orders":
            self.ever[row["id"]] = row
        others = [name for name in row if name != "id"]
        self.statements.append(
            f"insert into {table} ({', '.join(row)}) values ({', '.join(map(literal, row.values()))}) "
            f"on conflict (id) do update set {', '.join(f'{name} = excluded.{name}' for name in others)}"
        )

    def delete(self, table, *keys):
        for key in keys:
            del self.rows[table][key]
        self.statements.append(f"delete from {table} where id in ({', '.join(map(str, keys))})")

    def change(self, day):
        """The statements of one day."""
        self.evening = dt.datetime.combine(FIRST + dt.timedelta(days=day), dt.time(22), dt.UTC)
        self.change_products(day)
        self.change_customers(day)
        if day == 0:
            self.sell_before()
        else:
            self.delete_rows()
            self.repair_rows()
            self.break_rows()
        for _ in range(50):
            self.order(self.evening - dt.timedelta(minutes=self.rng.randrange(1440)))
        for _ in range(10 if day else 0):
            # committed after rows of a later stamp were read
            stamp = self.evening - dt.timedelta(days=1, minutes=self.rng.randrange(1, 300))
            self.order(stamp - dt.timedelta(minutes=self.rng.randrange(60)), stamp)
        done, self.statements = self.statements, []
        return done

    def change_products(self, day):
        rng, products = self.rng, self.rows["products"]
        if day == 0:
            for number in range(1, 21):
                name = rng.choice(["Tea {}", "Tea {}; 5\" pot", "Cup '{}'", "Bowl\n{}", "  Käse  {} "]).format(number)
                self.product(number, name, rng.choice(["tea", "TEA", " china", None]), self.cents(199, 9999), 500 * 1440)
            return
        for number in rng.sample(sorted(products), 5):
            # a price may change twice a day; only the last one is seen
            for minutes in sorted(rng.sample(range(60, 1200), rng.choice([1, 1, 2])), reverse=True):
                self.product(number, products[number]["name"], products[number]["category"], self.cents(199, 9999), minutes)
        if day == 1:
            self.delete("products", DELISTED)
            self.product(RENAMED, "Grandmother's \"best\" tea", "tea", products[RENAMED]["list_price"], 30)
        else:
            # what was delisted is sold again, under another name
            self.product(DELISTED, "Tea 3, new", "tea", Decimal("4.50"), 30)
            self.product(21, "Kettle", "China", Decimal("30.00"), 540)

    def product(self, number, name, category, price, minutes):
        """As it is since so many minutes before the evening."""
        row = {"id": number, "name": name, "category": category, "list_price": price}
        self.put("products", row | {"updated_at": self.evening - dt.timedelta(minutes=minutes)})

    def change_customers(self, day):
        rng, customers = self.rng, self.rows["customers"]
        if day == 2:
            # a new column, which the mirror gets
            self.statements.append("alter table customers add column phone text")
            customers.update({key: row | {"phone": None} for key, row in customers.items()})
            self.put("customers", {"id": LATE_CUSTOMER, "name": "Late", "email": "late@example.org", "city": "Ulm", "password_hash": "secret", "phone": "0731 / 1234"})
        for _ in range(4 if day else 80):
            self.customers += 1
            number, own = self.customers, f"c{self.customers}@example.org"
            row = {"id": number, "name": f"Customer {number}; O'Neill\n& sons", "email": rng.choice([f" Customer{number}@Example.org", own, own, own, "n/a", None])}
            self.put("customers", row | {"city": rng.choice(CITIES), "password_hash": "secret"} | ({"phone": f"+49 {number}"} if day == 2 else {}))
        others = lambda: sorted(customers.keys() - {WHOLESALER, LATE_CUSTOMER})
        for number in rng.sample(others(), 4 if day else 0):
            self.put("customers", customers[number] | {"city": "Bern", "email": f"moved{number}@example.org", "password_hash": "other"})
        if day:
            self.delete("customers", *rng.sample(others(), 3))

    def sell_before(self):
        """Fourteen months, and the minutes around midnight in Berlin and in Greenwich at the turn of the year."""
        for minutes in (-61, -59, -1, 0, 59):
            self.order(dt.datetime(2025, 1, 1, tzinfo=dt.UTC) + dt.timedelta(minutes=minutes), broken=False)
        for _ in range(500):
            self.order(self.evening - dt.timedelta(minutes=self.rng.randrange(60, 420 * 1440)))
        for days in (5, 90):
            self.order(self.evening - dt.timedelta(days=days), customer=WHOLESALER, pieces=900, broken=False)

    def order(self, ordered_at, stamp=None, customer=None, pieces=None, broken=None):
        rng, number = self.rng, len(self.ever) + 1
        kind = 1.0 if broken is False else rng.random()
        customer = customer or rng.choice([*self.rows["customers"], *self.rows["customers"], LATE_CUSTOMER, LATE_CUSTOMER, NOBODY, None])
        status, error = ("???" if kind < 0.01 else rng.choice(STATUSES)), ("unknown status" if kind < 0.01 else "no date" if kind < 0.03 else None)
        stamp = stamp or max(ordered_at, self.evening - dt.timedelta(hours=20))
        row = {"id": number, "number": f"R-{ordered_at:%Y}-{number:05}", "customer_id": customer, "ordered_at": None if error == "no date" else ordered_at}
        self.put("orders", row | {"status": status, "note": rng.choice(NOTES), "updated_at": stamp})
        self.orders[number] = {"error": error}
        for line in range(1, rng.randrange(2, 5)):
            self.line(number, line, pieces, broken)
        if 0.03 < kind < 0.06:
            # sent twice
            again = len(self.ever) + 1
            self.put("orders", self.rows["orders"][number] | {"id": again, "number": f" {row['number'].lower()}"})
            self.orders[again] = {"error": error}
            self.line(again, 1)

    def line(self, order, number, pieces=None, broken=None):
        rng, key = self.rng, len(self.lines) + 1
        product = rng.choice([*self.rows["products"]] * 8 + [DELISTED, 77] if broken is not False else [*self.rows["products"]])
        quantity = pieces or rng.randrange(1, 9)
        price = self.rows["products"].get(product, {"list_price": Decimal("1.00")})["list_price"] - rng.choice([Decimal(0), Decimal("0.50")])
        kind = 1.0 if broken is False else rng.random()
        error = "no quantity" if kind < 0.02 else "no price" if kind < 0.04 else None
        form = rng.choice(PRICES)
        text = str(price).replace(".", ",") if form == "comma" else form.format(price)
        row = {"id": key, "order_id": order, "line_no": number, "product_id": product}
        row |= {"quantity": rng.choice(NO_QUANTITIES) if error == "no quantity" else rng.choice(QUANTITIES).format(quantity)}
        self.put("order_lines", row | {"unit_price": rng.choice(NO_PRICES) if error == "no price" else text})
        self.lines[key] = {"error": error, "quantity": quantity, "unit_price": price}
        if 0.04 < kind < 0.06:
            # scanned twice
            self.put("order_lines", self.rows["order_lines"][key] | {"id": key + 1})
            self.lines[key + 1] = self.lines[key]

    def delete_rows(self):
        """Orders with their lines, an order whose lines are left, and lines that are taken out of orders."""
        rng, lines = self.rng, self.rows["order_lines"]
        gone = rng.sample(sorted(self.rows["orders"]), 6)
        self.deleted |= {*gone}
        self.delete("orders", *gone)
        taken = rng.sample([key for key, line in lines.items() if line["order_id"] not in gone], 8)
        self.delete("order_lines", *[key for key, line in lines.items() if line["order_id"] in gone[1:]], *taken)

    def repair_rows(self):
        broken = [key for key in self.rows["orders"] if self.orders[key]["error"]]
        for key in broken[:4]:
            row = self.rows["orders"][key]
            ordered_at = row["ordered_at"] or self.evening - dt.timedelta(days=self.rng.randrange(400))
            self.put("orders", row | {"ordered_at": ordered_at, "status": "paid", "updated_at": self.evening})
            self.orders[key] = {"error": None}
        broken = [key for key in self.rows["order_lines"] if self.lines[key]["error"]]
        for key in broken[:4]:
            line = self.lines[key] = self.lines[key] | {"error": None}
            self.put("order_lines", self.rows["order_lines"][key] | {"quantity": str(line["quantity"]), "unit_price": str(line["unit_price"])})

    def break_rows(self):
        """Rows that were right until now; other orders are cancelled, or turn out to be those of nobody."""
        rng = self.rng
        right = [key for key in self.rows["orders"] if not self.orders[key]["error"]]
        changes = [({"ordered_at": None}, "no date"), ({"status": None}, "unknown status"), ({"status": "cancelled"}, None), ({"customer_id": NOBODY}, None)]
        for key, (change, error) in zip(rng.sample(right, 4), changes, strict=True):
            self.put("orders", self.rows["orders"][key] | change | {"updated_at": self.evening})
            self.orders[key] = {"error": error}
        key = rng.choice([key for key in self.rows["order_lines"] if not self.lines[key]["error"]])
        self.put("order_lines", self.rows["order_lines"][key] | {"unit_price": "twelve"})
        self.lines[key] = self.lines[key] | {"error": "no price"}

    def cents(self, low, high):
        return (Decimal(self.rng.randrange(low, high)) / 100).quantize(Decimal("0.01"))


def play(seed=20250303):
    return Shop(random.Random(seed))
