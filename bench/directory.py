"""How fast the directory is among 100,000 people: `DATABASE_URL=postgres://... python bench/directory.py [people]`.

Makes its own database beside the named one (its name with "test_" in front), fills it, asks for each kind of page
many times, through the view as a browser would, prints the times in milliseconds with the indexes that Postgres used,
and removes the database.
"""

import os
import random
import statistics
import sys
import time
from collections.abc import Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
os.environ["SEARCHES_PER_MINUTE"] = "1000000"

import django

django.setup()

from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import setup_test_environment  # noqa: E402

from accounts.models import User  # noqa: E402
from chat.live import presence  # noqa: E402
from chat.people import services  # noqa: E402

ROUNDS = 60
FIRST = """
    Ada Aino Amira Ana Bo Bianca Cem Chloé Dua Dmitri Eli Élise Fay Farid Gil Grace Hana Hugo Ida Ivo Jonas Jun Kai
    Kwame Lena Luís Mae Mateo Noor Nils Omar Olga Priya Pål Quinn Rolf Rosa Sami Siân Tomás Tove Uma Vera Wen Yara
"""
LAST = """
    Berg Chen Costa Diaz Ek Fournier García Haddad Ivanova Jensen Kowalski Lindqvist Mensah Nasr Okoye Oliveira Pérez
    Quist Raman Saleh Tanaka Ueda Vogel Wójcik Xu Yılmaz Zhao
"""


def fill(count: int) -> None:
    """Makes `count` people: names repeat as in life, one in fifty isn't listed, the last 700 joined this week."""
    chance = random.Random(7)  # the same people in every run
    first, last = FIRST.split(), LAST.split()
    endings = ["", "", "son", "dóttir", "-Smith", " Jr"]
    people = (
        User(
            username=f"{chance.choice(first).lower()}.{number}",
            display_name=f"{chance.choice(first)} {chance.choice(last)}{chance.choice(endings)}",
            bio="Likes long walks and short meetings.",
            is_listed=chance.random() > 0.02,
        )
        for number in range(count)
    )
    for batch in batches(people, 5000):
        User.objects.bulk_create(batch)
    User.objects.exclude(pk__gt=User.objects.latest("pk").pk - 700).update(date_joined="2024-03-01T12:00Z")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE accounts_user")


def batches(people: Iterable[User], size: int) -> Iterable[list[User]]:
    """`people` in lists of `size`."""
    batch: list[User] = []
    for person in people:
        batch.append(person)
        if len(batch) == size:
            yield batch
            batch = []
    yield batch


def measure(viewer: User) -> None:
    """Asks for every kind of page and prints what it took."""
    client = Client()
    client.force_login(viewer)
    middle = User.objects.listed().by_name()[User.objects.listed().count() // 2]
    deep = services.Place.of(middle)
    asked = {
        "first page": {},
        "deep page (the middle)": {"after": deep},
        "new this week": {"show": "new"},
        "around now": {"show": "now"},
        "search: a first name": {"text": "noor"},
        "search: a rare prefix": {"text": "wójciks"},
        "search: two words": {"text": "kwame ok"},
        "search: one letter": {"text": "a"},
        "search: one letter, deep": {"text": "a", "after": deep},
        "search: a rare letter": {"text": "z"},
        "search: no match": {"text": "zzzzz"},
        "search: no match, one odd word": {"text": "noor zzzzz"},
    }
    print(f"{'page':32} {'p50':>7} {'p95':>7} ms   queries  indexes")
    for title, question in asked.items():
        times = sorted(timed(client, question) for _ in range(ROUNDS))
        p50, p95 = statistics.median(times), times[int(len(times) * 0.95) - 1]
        print(f"{title:32} {p50:7.1f} {p95:7.1f}      {queries(client, question):5}    {indexes(viewer, question)}")


def address(question: dict) -> dict[str, str]:
    """The question as the page's parameters."""
    return {{"text": "q"}.get(name, name): str(value) for name, value in question.items()}


def timed(client: Client, question: dict) -> float:
    """Milliseconds for one page."""
    start = time.perf_counter()
    response = client.get("/people/", address(question), headers={"HX-Request": "true"} if question else {})
    taken = (time.perf_counter() - start) * 1000
    if response.status_code != 200:
        sys.exit(f"{question}: {response.status_code}")
    return taken


def queries(client: Client, question: dict) -> int:
    """How many queries one page makes."""
    connection.force_debug_cursor = True
    before = len(connection.queries)
    timed(client, question)
    connection.force_debug_cursor = False
    return len(connection.queries) - before


def indexes(viewer: User, question: dict) -> str:
    """Which indexes Postgres reads for it, or "SEQ SCAN"."""
    plan = services.directory(viewer, **question).explain(analyze=True)
    words = {word.strip("()") for word in plan.replace("\n", " ").split()}
    named = sorted(word for word in words if word.startswith(("user_by_", "accounts_user_")))
    return ", ".join((["SEQ SCAN"] if "Seq Scan on accounts_user" in plan else []) + named)


def main() -> None:
    """Fills, measures, removes."""
    if connection.vendor != "postgresql":
        sys.exit("Set DATABASE_URL to a Postgres: the numbers are about its indexes.")
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    original = connection.settings_dict["NAME"]
    setup_test_environment()
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        fill(count)
        viewer = User.objects.filter(is_listed=True).first()
        presence.store().touch([(pk, "bench") for pk in User.objects.values_list("pk", flat=True)[100:400]], 3600)
        print(f"{count:,} people, {services.member_count():,} listed, Postgres {connection.pg_version // 10000}")
        measure(viewer)
    finally:
        connection.creation.destroy_test_db(original, verbosity=0)


if __name__ == "__main__":
    main()
