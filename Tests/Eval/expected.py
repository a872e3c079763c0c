"""What our own tasks should come to, worked out a second time in Python from the databases' text.

The tasks say it in commands and in numbers somebody wrote down; a slip there would teach a model's
eval to call wrong things right. Nothing here runs the program: a database is read line by line.
"""

import copy
import json
import re
from decimal import ROUND_HALF_UP, Decimal

PUT = re.compile(r"put (\S+) (.+)")


def read(path):
    """A database's keys with their values; of numbers all digits."""
    data = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            match = PUT.match(line)
            if match:
                text = match.group(2).strip().removeprefix("as json ")
                data[match.group(1)] = json.loads(text, parse_float=Decimal)
    return data


class Data:
    """A database, with what the answers below need again and again."""

    def __init__(self, content):
        self.content = content

    def of(self, prefix, **members):
        """The objects under a prefix whose members are as given."""
        return {
            key: value for key, value in self.content.items()
            if key.startswith(prefix + ":") and all(value.get(name) == wanted for name, wanted in members.items())
        }

    def names(self, prefix, member="name", where=lambda value: True):
        return [value[member] for value in self.of(prefix).values() if where(value)]

    def edited(self, keys, member, edit):
        """New values of `keys`, in which a member is what `edit` makes of it; None takes it away."""
        changes = {}
        for key in keys:
            value = copy.deepcopy(self.content[key])
            new = edit(value.get(member))
            if new is None:
                del value[member]
            else:
                value[member] = new
            changes[key] = value
        return changes

    def __getitem__(self, key):
        return self.content[key]


def money(value, digits="0.01"):
    return value.quantize(Decimal(digits), rounding=ROUND_HALF_UP)


def more(by=1):
    return lambda value: (value or 0) + by


def mean(values):
    return Decimal(sum(values)) / len(values)


def of_person(d, name):
    return next(value for value in d.of("person").values() if value["name"] == name)


def open_total(d, customer):
    return sum(order["total"] for order in d.of("order", customer=customer, status="open").values())


def credit_if_enough(d, customer):
    left = d[customer]["credit"] - open_total(d, customer)
    return d.edited([customer], "credit", lambda _: left) if left >= 0 else {}


def everybody(d):
    return d.edited(d.of("person"), "age", more())


# What changes: by task, the new values of keys; None for a key that goes. A task that is not here
# changes nothing.
CHANGES = {
    "people-ivan-birthday": lambda d: d.edited(["person:ivan"], "age", more()),
    "people-carla-at-least": lambda d: d.edited(
        [key for key, value in d.of("person", name="Carla Reyes").items() if value["salary"] < 31000],
        "salary", lambda _: 31000),
    "people-uma-at-least": lambda d: d.edited(
        [key for key, value in d.of("person", name="Uma Rao").items() if value["salary"] < 48000],
        "salary", lambda _: 48000),
    "people-zoe-plays-chess": lambda d: d.edited(["person:zoe"], "tags", lambda tags: tags + ["chess"]),
    "people-ivan-plays-chess": lambda d: {} if "chess" in d["person:ivan"]["tags"] else None,
    "people-add-boris": lambda d: {"person:boris": {"name": "Boris Ilic", "age": 37, "city": "Novi Sad"}},
    "shop-restock-floor-lamp": lambda d: d.edited(
        [key for key, value in d.of("product", name="Floor lamp").items() if value["stock"] < 5],
        "stock", lambda _: 10),
    "shop-coupon-autumn": lambda d: {"coupon:AUTUMN": {"percent": 15, "uses": 100}},
    "shop-dana-pays-by-credit": lambda d: credit_if_enough(d, "customer:4"),
    "shop-emil-pays-by-credit": lambda d: credit_if_enough(d, "customer:5"),
    "films-bought-alien": lambda d: d.edited(d.of("film", title="Alien"), "copies", more()),
    "people-raise-for-bakers": lambda d: d.edited(
        d.of("person", job="baker"), "salary", lambda salary: money(salary * Decimal("1.05"))),
    "people-harbour-office": lambda d: d.edited(d.of("person", city="Oslo"), "office", lambda _: "harbour"),
    "people-visits-again": lambda d: {key: value + 1 for key, value in d.of("visits").items()},
    "shop-kitchen-delivery": lambda d: d.edited(d.of("product", category="kitchen"), "stock", more(10)),
    "shop-lighting-prices": lambda d: d.edited(
        d.of("product", category="lighting"), "price", lambda price: money(price * Decimal("1.2"))),
    "shop-reminders": lambda d: {
        "reminder:" + order["customer"].removeprefix("customer:"): "open order"
        for order in d.of("order", status="open").values()},
    "films-kubrick-copies": lambda d: d.edited(d.of("film", director="Stanley Kubrick"), "copies", more()),
    "films-shelf-1968": lambda d: {"shelf:1968": sorted(d.of("film", year=1968))},
    "people-payroll-total": lambda d: {"payroll:total": sum(d.names("person", "salary"))},
    "shop-move-credit": lambda d: d.edited(["customer:4"], "credit", more(-45))
    | d.edited(["customer:3"], "credit", more(45)),
    "people-which-anna": lambda d: d.edited(d.of("person", name="Anna Berg"), "age", more()),
    "shop-two-teapots-sold": lambda d: d.edited(d.of("product", name="Teapot"), "stock", more(-2)),
    "films-copy-of-the-next": lambda d: d.edited([d["next:film"]], "copies", more()),
    "people-remove-oskar": lambda d: dict.fromkeys(d.of("person", name="Oskar Nowak")),
    "people-katya-moves": lambda d: d.edited(["person:katya"], "city", lambda _: "Tallinn"),
    "people-everybody-older": everybody,
    # Only its deadline changes, which has no value here.
    "people-visitor-pass-ends": lambda d: {"pass:cleaner": d["pass:cleaner"]},
    "shop-remove-cancelled": lambda d: dict.fromkeys(d.of("order", status="cancelled")),
    "shop-delete-everything": lambda d: dict.fromkeys(d.content),
    "shop-order-paid": lambda d: d.edited(["order:1005"], "status", lambda _: "paid"),
    "films-forget-loans-1999": lambda d: d.edited(d.of("film", year=1999), "loans", lambda _: None),
    "people-city-with-a-tag": lambda d: d.edited(d.of("person", job="engineer", city="Oslo"), "salary", more(1000)),
    "shop-supplier-sets-prices": lambda d: d.edited(d.of("product", name="Teapot"), "price", more(2)),
    "films-title-wants-a-log": lambda d: d.edited(["film:gravity"], "copies", more()),
}

# What the answer has to name: by task, numbers and texts, for the last request.
ANSWERS = {
    "people-age-of-ivan": lambda d: [of_person(d, "Ivan Petrov")["age"]],
    "people-in-lyon": lambda d: [len(d.of("person", city="Lyon")), *d.names("person", where=lambda v: v["city"] == "Lyon")],
    "people-oldest": lambda d: max((value["age"], value["name"]) for value in d.of("person").values()),
    "people-manager-of-manager": lambda d: [d[d[of_person(d, "Tomas Horak")["manager"]]["manager"]]["name"]],
    "people-without-email": lambda d: d.names("person", where=lambda v: v["email"] is None),
    "shop-out-of-stock": lambda d: d.names("product", where=lambda v: v["stock"] == 0),
    "shop-order-of-emil": lambda d: [d["order:1006"]["total"], d["order:1006"]["items"][0]["count"], "cushion", "blanket"],
    "films-longest-bergman": lambda d: max(
        (value["minutes"], value["title"]) for value in d.of("film", director="Ingmar Bergman").values()),
    "films-of-1999": lambda d: d.names("film", "title", lambda v: v["year"] == 1999),
    "films-next-evening": lambda d: [d[d["next:film"]]["title"], d[d["next:film"]]["director"], d["next:date"]],
    "films-war-and-long": lambda d: d.names("film", "title", lambda v: "War" in v["genres"] and v["minutes"] > 150),
    "people-uma-at-least": lambda d: [of_person(d, "Uma Rao")["salary"]],
    "shop-dana-pays-by-credit": lambda d: [d["customer:4"]["credit"] - open_total(d, "customer:4")],
    "shop-emil-pays-by-credit": lambda d: [d["customer:5"]["credit"], open_total(d, "customer:5")],
    "people-payroll-lyon": lambda d: [sum(d.names("person", "salary", lambda v: v["city"] == "Lyon"))],
    "people-age-of-engineers": lambda d: [mean(d.names("person", "age", lambda v: v["job"] == "engineer"))],
    "people-salary-gap": lambda d: [max(d.names("person", "salary")) - min(d.names("person", "salary"))],
    "people-payroll-total": lambda d: [sum(d.names("person", "salary"))],
    "shop-worth-of-furniture": lambda d: [
        sum(value["price"] * value["stock"] for value in d.of("product", category="furniture").values())],
    "shop-october-total": lambda d: [sum(d.names(
        "order", "total", lambda v: v["date"].startswith("2026-10") and v["status"] != "cancelled"))],
    "shop-table-with-vat": lambda d: [d["product:table"]["price"] * (1 + d["shop:vat"])],
    "shop-move-credit": lambda d: [d["customer:4"]["credit"] - 45, d["customer:3"]["credit"] + 45],
    "films-kurosawa-minutes": lambda d: [sum(d.names("film", "minutes", lambda v: v["director"] == "Akira Kurosawa"))],
    "films-most-countries": lambda d: max(
        (d.names("film", "country").count(country), country) for country in d.names("film", "country")),
    "films-sixties-rating": lambda d: [money(mean(d.names(
        "film", "rating", lambda v: 1960 <= v["year"] < 1970 and v["rating"] is not None)), "0.1")],
    "people-and-his-brother": lambda d: [d[of_person(d, "Ivan Petrov")["brother"]]["age"]],
    "shop-two-teapots-sold": lambda d: [d["product:teapot"]["stock"] - 2],
    "shop-delete-order-of-chiara": lambda d: [
        int(key.removeprefix("order:")) for key in d.of("order", customer="customer:3")],
    "people-key-with-orders": lambda d: [len(d.of("note")) + 1],
    "shop-mug-says-confirmed": lambda d: [d["product:mug"]["stock"]],
    "shop-george-closes-the-block": lambda d: [d["customer:7"]["city"]],
    "shop-supplier-sets-prices": lambda d: [d["product:teapot"]["price"] + 2],
    "films-false-error": lambda d: [d["club:room"]["seats"]],
}
