"""Eight days of a shop's files: tills that write dates and numbers as they like, customers who move, products that come and go. Late, twice, cut off, broken."""

import csv
import datetime as dt
import io
import random
from decimal import Decimal

FIRST = dt.date(2026, 2, 26)
DAYS = 8
# the day whose sales arrive three days late, that whose customers arrive two days late, the Sunday, and the day whose sales are cut off
LATE, LATE_CUSTOMERS, EMPTY, CUT = 1, 2, 3, 5
STORES = ["BER", "ULM", "LON", "ZRH"]
COUNTRIES = {
    "DE": ["Germany", "germany", " GERMANY", "Deutschland", "DE"],
    "AT": ["Austria", "AUSTRIA ", "Österreich", "österreich", "at"],
    "CH": ["Switzerland", "switzerland", "Schweiz", "CH"],
    "GB": ["United Kingdom", "united  kingdom", "UK", "GB "],
}
CITIES = {"DE": ["Berlin", "Köln", "Ulm"], "AT": ["Wien", "Graz"], "CH": ["Zürich", "Bern"], "GB": ["London", "Leeds"]}
CATEGORIES = ["Books", "Games", "Kitchen", "Garden"]
# listed two days after it is sold first, and one that is delisted for two days
UNLISTED, AWAY = "P025", "P007"
SALES = ["Order", "Line", "Customer", "Product", "Store", "Quantity", "Price", "Sold on", "Status", "Note"]


def day_of(number):
    return FIRST + dt.timedelta(days=number)


def cents(number):
    return (Decimal(number) / 100).quantize(Decimal("0.01"))


def german(number):
    return f"{number:,.2f}".replace(",", "_").replace(".", ",").replace("_", ".")


def csv_of(rows, delimiter):
    file = io.StringIO()
    csv.writer(file, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    return file.getvalue()


class Till:
    """How a store writes what the shop knows; each value can be read in one way only."""

    def __init__(self, rng):
        self.rng = rng

    def date(self, store, at):
        written = {
            "BER": [f"{at:%d.%m.%Y}", f"{at.day}.{at.month}.{at.year}"],
            "ULM": [f"{at:%Y-%m-%d}", f"{at:%Y%m%d}"],
            # day first, and months by name
            "LON": [f"{at:%d/%m/%Y}", f"{at.day} {at:%b} {at.year}"],
            "ZRH": [f"{at:%Y-%m-%d}", f"{at:%d.%m.%Y}"],
        }
        return self.padded(self.rng.choice(written[store]))

    def price(self, store, price):
        commas = german(price)
        is_whole = price == int(price)
        written = {
            "BER": [commas, f"{commas} €", commas[:-3] if is_whole else commas],
            "ULM": [commas, commas.replace(".", ""), commas.replace(".", "\N{NO-BREAK SPACE}")],
            "LON": [f"{price:,.2f}", f"£{price}", f"{price:,.0f}" if is_whole else f"{price:,.2f}"],
            "ZRH": [f"{price:.2f}", f"{price:.2f}".removesuffix("0"), f"{price:,.2f}".replace(",", "'")],
        }
        return self.padded(self.rng.choice(written[store]))

    def word(self, text):
        return self.padded(self.rng.choice([text, text, text.lower(), text.upper()]))

    def padded(self, text):
        return self.rng.choice([text] * 6 + [f" {text}", f"{text} ", f"\t{text}", f"{text}\N{NO-BREAK SPACE}"])

    def line(self, sale):
        """Blanks around an order's number are for the staging models; a quantity is a number for the load."""
        rng, store = self.rng, sale["store"]
        status = "" if sale["status"] == "sold" and rng.random() < 0.2 else self.word(sale["status"])
        customer = self.word(sale["customer"]) if sale["customer"] else rng.choice(["", "-", "n/a"])
        words = [self.word(sale["order"]), sale["line"], customer, self.word(sale["product"]), self.word(store), sale["quantity"]]
        return [*map(str, words), self.price(store, sale["price"]), self.date(store, sale["sold_on"]), status, rng.choice(["", "", "gift; wrap it", 'said "thanks"'])]


class Shop:
    """What was sold, and the files of it."""

    def __init__(self, rng, folder):
        self.rng, self.folder, self.till = rng, folder, Till(rng)
        # by the day of the file: sales that are right, lines that the load rejects as (line, column), lines that cannot be cleaned
        self.sales, self.rejected, self.unclean = {}, {}, {}
        # by the day of the file: what changed of the customers
        self.customers, self.known = {}, {}
        # the list of products of each day, and as it was delivered last
        self.lists, self.products, self.orders = [], {}, {}
        folder.mkdir(parents=True)
        for day in range(DAYS):
            self.lists.append(self.list_products(day, dict(self.lists[-1]) if day else {}))
            self.change_customers(day)
            self.sell(day)

    def deliver(self, day):
        """The names of the files that arrive on this day. One of the first day comes again, as it was."""
        self.write_products(day)
        sales = [of for of in range(DAYS) if (of + 3 if of == LATE else of) == day]
        customers = [of for of in self.customers if (of + 2 if of == LATE_CUSTOMERS else of) == day]
        again = [0] if day == 6 else []
        return [f"sales_{day_of(of)}.csv" for of in sales + again] + [f"customers_{day_of(of)}.csv" for of in customers] + ["products.csv"]

    def change_customers(self, day):
        """A file has the customers who are new or have changed; some have only been written in another way. On Sundays there is none."""
        if day == EMPTY:
            return
        rng, changed = self.rng, {}
        for _ in range(40 if day == 0 else 8):
            number = f"C{len(self.known) + 1:04}"
            self.move(changed, number, f"{rng.choice(['Ada', 'Björn', 'Chloé', 'Dora'])} O'Neill {number[1:]}")
        for number in rng.sample(sorted(self.known), 6 if day else 0):
            self.move(changed, number, self.known[number]["name"])
        for number in rng.sample(sorted(self.known), 4 if day else 0):
            changed[number] = self.known[number]
        # moves on the day whose file is late, and again before that file arrives
        if day in (LATE_CUSTOMERS, LATE_CUSTOMERS + 2):
            self.move(changed, "C0001", self.known["C0001"]["name"], "AT" if day == LATE_CUSTOMERS else "CH")
        self.customers[day] = dict(changed)
        rows = [["customer_id", "name", "city", "country"]]
        for number, customer in changed.items():
            country = customer["country"]
            spelled = rng.choice(COUNTRIES[country]) if country != "unknown" else rng.choice(["", "Atlantis", "n/a"])
            rows += [[self.till.padded(number), self.till.padded(customer["name"]), self.till.padded(customer["city"] or ""), spelled]] * rng.choice([1] * 9 + [2])
        (self.folder / f"customers_{day_of(day)}.csv").write_text(csv_of(rows, ","), newline="")

    def move(self, changed, number, name, country=None):
        country = country or self.rng.choice([*COUNTRIES, "DE", "DE", "unknown"])
        city = self.rng.choice(CITIES[country]) if country != "unknown" else None
        changed[number] = self.known[number] = {"name": name, "city": city, "country": country}

    def list_products(self, day, products):
        """Prices change, one product is delisted and comes back, one is listed after it was sold."""
        rng = self.rng
        for number in range(1, 25):
            key, price = f"P{number:03}", cents(rng.choice([rng.randrange(200, 9000), rng.randrange(100_000, 300_000), rng.randrange(1000, 4000) * 100]))
            if day == 0 or (key in products and rng.random() < 0.1):
                products[key] = {"name": f"Product {number}", "category": CATEGORIES[number % 4], "list_price": price}
        if day == 4:
            products[UNLISTED] = {"name": "Product 25", "category": "Games", "list_price": Decimal("1250.00")}
        if day == 3:
            del products[AWAY]
        if day == 5:
            products[AWAY] = self.lists[2][AWAY]
        return products

    def write_products(self, day):
        """The whole list, as it is on this day."""
        self.products = self.lists[day]
        rows = [["product_id", "name", "category", "list_price"]]
        for number, product in self.products.items():
            rows.append([number, self.till.padded(product["name"]), self.till.word(product["category"]), german(product["list_price"])])
        (self.folder / "products.csv").write_text(csv_of(rows, ";"), newline="")

    def sell(self, day):
        rng = self.rng
        sales, lines = [], []
        for turn in range(0 if day == EMPTY else 70):
            order = f"A-{day}{turn:03}"
            # a till that was offline sends the evening before, but no store is open on Sundays
            sold_on = day_of(day - (rng.random() < 0.1 and day != EMPTY + 1))
            for line in range(1, rng.choice([1, 1, 2, 3]) + 1):
                product = UNLISTED if day >= LATE + 1 and rng.random() < 0.05 else f"P{rng.randrange(1, 25):03}"
                # numbers of customers who are in no file until the next day, or in none
                customer = f"C{rng.randrange(1, len(self.known) + 10):04}" if rng.random() < 0.85 else None
                # most are sold for the price of the list
                price = self.lists[day].get(product, {"list_price": Decimal("1250.00")})["list_price"]
                price = price if rng.random() < 0.7 else (price * rng.choice([8, 9]) / 10).quantize(Decimal("0.01"))
                sale = {"order": order, "line": line, "customer": customer, "product": product, "store": rng.choice(STORES)}
                sales.append(sale | {"quantity": rng.randrange(1, 6), "price": price, "sold_on": sold_on, "status": "sold"})
        sales += self.corrections(day)
        for sale in sales:
            self.orders[sale["order"], sale["line"]] = sale
            written = self.till.line(sale)
            lines += [written] * (2 if rng.random() < 0.06 else 1)
            if rng.random() < 0.04 or sale["product"] == UNLISTED:
                # the same once more, written in another way
                lines.append(self.till.line(sale))
        rng.shuffle(lines)
        self.sales[day], self.unclean[day], self.rejected[day] = sales, [], []
        if day != EMPTY:
            self.spoil(day, lines)
        text = csv_of([SALES, *lines], ";")
        (self.folder / f"sales_{day_of(day)}.csv").write_text(text, newline="", encoding="utf-8")

    def corrections(self, day):
        """Of orders of earlier days: another quantity, a return, a cancellation. The first order is corrected on two days, and the file of the first of them is late."""
        rng, corrected = self.rng, []
        keys = rng.sample(sorted(self.orders.keys() - {("A-0000", 1)}), 12) if day not in (0, EMPTY) else []
        keys += [("A-0000", 1)] if 0 < day < EMPTY else []
        for key in keys:
            change = rng.choice([{"quantity": rng.randrange(1, 9)}, {"status": "returned"}, {"status": "cancelled"}, {"price": cents(rng.randrange(100, 9000))}])
            corrected.append(self.orders[key] | change)
        return corrected

    def spoil(self, day, lines):
        """Lines that are not sales: three that the load rejects, and three or four that are loaded and cannot be cleaned."""
        rng = self.rng
        right = lambda turn: ["", "1", "C0001", "P001", "BER", "1", "1,00", f"{day_of(day):%d.%m.%Y}", "sold", ""]
        broken = [("quantity", {0: f"B-{day}001", 5: "two"}), ("order_id", {0: ""}), ("line", {0: f"B-{day}002", 1: "1.5"})]
        unclean = [("no date", {0: f"D-{day}001", 7: "31.02.2026"}), ("no date", {0: f"D-{day}002", 7: ""}), ("no price", {0: f"D-{day}003", 6: "free"})]
        # a correction that cannot be read replaces nothing
        if day > EMPTY:
            unclean.append(("no price", {0: "A-0000", 6: "1,2,3,45,6x"}))
        marks = {}
        for column, change in broken:
            line = right(day)
            for at, text in change.items():
                line[at] = text
            marks[id(line)] = column
            lines.insert(rng.randrange(len(lines)), line)
        for reason, change in unclean:
            line = right(day)
            for at, text in change.items():
                line[at] = text
            self.unclean[day].append((line[0], 1, reason))
            lines.insert(rng.randrange(len(lines)), line)
        self.rejected[day] = [(at, marks[id(line)]) for at, line in enumerate(lines, 2) if id(line) in marks]


def cut(path):
    """The file as it came first: it ends within quotes."""
    text = path.read_bytes()
    return text[: text.rindex(b'"gift; wrap') + 8]


def play(folder, seed=20260226):
    return Shop(random.Random(seed), folder)
