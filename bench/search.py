"""How fast one finds something among 1,000,000 messages: `DATABASE_URL=postgres://... python bench/search.py`.

Makes its own database beside the named one (its name with "test_" in front), fills it with rooms that talk in several
languages, asks many questions of every kind as a person in 200 rooms and as one in five, prints the times in
milliseconds, and removes the database.
"""

import argparse
import math
import os
import random
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from uuid import UUID, uuid4

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
os.environ["SEARCHES_PER_MINUTE"] = "1000000"

import django

django.setup()

from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import setup_test_environment  # noqa: E402

from accounts.models import Block, User  # noqa: E402
from chat.models import HiddenMessage, Membership, Message, MessageSearch, Room, SearchProgress  # noqa: E402
from chat.search import indexing  # noqa: E402
from chat.search.found import Cursor  # noqa: E402
from chat.search.words import fold  # noqa: E402

ROOMS = 3_000
PEOPLE = 400
BUSY, QUIET = 200, 5  # rooms of the two who ask
YEAR = timedelta(days=365)
END = datetime(2026, 11, 20, 12, tzinfo=UTC)
COMMON = "the to and of a in is it you that was for on are with as they be at this have from or had by"
SYLLABLES = {
    "latin": "ba be bi bo bu ca ce co da de di do fa fe fi ga ge go ha he hi la le li lo ma me mi mo na ne ni no pa pe"
    " pi po ra re ri ro sa se si so ta te ti to va ve vi",
    "cyrillic": "ба бе бо ва ве во га го да де до жа же за зо ка ки ко ла ле ло ма ме мо на не но па по ра ре ро са се"
    " со та те то",
    "arabic": "با بي بو تا تي تو جا دا دي را ري رو سا سي شا عا فا قا كا كي لا لي ما مي مو نا ني ها وا يا",
}
HAN = [chr(code) for code in range(0x4E00, 0x4E00 + 2500)]
LANGUAGES = ["latin"] * 14 + ["cyrillic"] * 2 + ["arabic"] * 2 + ["han"] * 2


class Speech:
    """Sentences whose words are as frequent as in life: the n-th most used is used 1/n times as often."""

    WORDS = 40_000

    def __init__(self, chance: random.Random, language: str) -> None:
        self.chance = chance
        self.blank = "" if language == "han" else " "
        parts = HAN if language == "han" else SYLLABLES[language].split()
        lengths = [1, 2, 2, 2, 3] if language == "han" else [2, 2, 3, 3, 4]
        made = ("".join(chance.choices(parts, k=chance.choice(lengths))) for _ in range(self.WORDS))
        self.words = [*(COMMON.split() if language == "latin" else []), *dict.fromkeys(made)]
        self.weights = list(accumulate(1 / rank for rank in range(1, len(self.words) + 1)))

    def sentence(self) -> str:
        """Three to some thirty words."""
        count = min(40, 3 + int(self.chance.expovariate(1 / 9)))
        return self.blank.join(self.chance.choices(self.words, cum_weights=self.weights, k=count))


def fill(count: int) -> tuple[User, User]:
    """Makes people, rooms of which few are busy, and `count` messages. Returns who is in many rooms, and who in few."""
    chance = random.Random(11)  # the same talk in every run
    people = User.objects.bulk_create(User(username=f"p{n}", display_name=f"Person {n}") for n in range(PEOPLE))
    rooms = Room.objects.bulk_create(Room(kind="group", name=f"Room {n}") for n in range(ROOMS))
    order = list(range(ROOMS))
    chance.shuffle(order)
    busy, quiet = people[0], people[1]
    members = {(room.pk, person.pk) for room in rooms for person in chance.sample(people[2:], 6)}
    members |= {(rooms[n].pk, busy.pk) for n in (*range(20), *chance.sample(range(20, ROOMS), BUSY - 20))}
    members |= {(rooms[n].pk, quiet.pk) for n in (50, 500, 1000, 1500, 2000)}
    Membership.objects.bulk_create(Membership(room_id=room, user_id=user) for room, user in members)
    write(chance, count, rooms, people)
    Message.objects.filter(pk__in=chance.sample(range(1, count + 1), min(count, 300))).update(pinned_at=END)
    Membership.objects.filter(
        user=busy, pk__gt=Membership.objects.filter(user=busy).order_by("pk")[BUSY // 2].pk
    ).update(visible_from_seq=20)
    HiddenMessage.objects.bulk_create(
        HiddenMessage(user=busy, message_id=number) for number in chance.sample(range(1, count + 1), min(count, 500))
    )
    Block.objects.create(blocker=busy, blocked=people[-1])
    SearchProgress.objects.create(pk=1, done=count, settled=count, newest=count)
    return busy, quiet


def write(chance: random.Random, count: int, rooms: list[Room], people: list[User]) -> None:
    """The messages and their words, by COPY: the job would take as long as it is meant to."""
    speeches = {language: Speech(chance, language) for language in dict.fromkeys(LANGUAGES)}
    language = [speeches[chance.choice(LANGUAGES)] for _ in rooms]
    weights = list(accumulate(1 / rank for rank in range(1, ROOMS + 1)))
    seqs = [0] * ROOMS
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX search_by_words")
    for begin in range(0, count, 50_000):
        lines = []
        for number in range(begin, min(begin + 50_000, count)):
            place = chance.choices(range(ROOMS), cum_weights=weights)[0]
            seqs[place] += 1
            sender = people[chance.randrange(40 if place % 2 else PEOPLE)]
            body = language[place].sentence()
            if chance.random() < 0.03:
                body += f" https://example.com/{number}"
            said_at = END - YEAR * (1 - number / count)
            lines.append((number + 1, rooms[place].pk, seqs[place], sender.pk, UUID(int=number), body, said_at))
        copy(lines)
    Room.objects.bulk_update([*map(counted, rooms, seqs)], ["last_rev"])
    with connection.cursor() as cursor:
        cursor.execute("SELECT setval('chat_message_id_seq', %s)", [count])
        cursor.execute(
            "CREATE INDEX search_by_words ON chat_messagesearch USING gin (room_id, words gin_trgm_ops)"
            " WITH (fastupdate = off)"
        )
        cursor.execute("VACUUM ANALYZE")


def counted(room: Room, messages: int) -> Room:
    """The room, knowing how many messages it has."""
    room.last_rev = messages
    return room


MESSAGES = "COPY chat_message (id, room_id, seq, rev, sender_id, client_id, body, created_at) FROM STDIN"
WORDS = "COPY chat_messagesearch (message_id, room_id, said_at, words) FROM STDIN"


def copy(lines: list[tuple]) -> None:
    """Puts messages and their words into the database."""
    with connection.cursor() as cursor:
        with cursor.copy(MESSAGES) as rows:
            for number, room, seq, sender, client_id, body, said_at in lines:
                rows.write_row((number, room, seq, seq, sender, client_id, body, said_at))
        with cursor.copy(WORDS) as rows:
            for number, room, _, _, _, body, said_at in lines:
                rows.write_row((number, room, said_at, fold(body)))


class Asker:
    """Thinks of questions: words as they were really said, each time others."""

    def __init__(self, chance: random.Random, count: int) -> None:
        self.chance = chance
        numbers = chance.sample(range(1, count + 1), min(count, 5000))
        said = list(Message.objects.filter(pk__in=numbers).values_list("body", flat=True))
        self.latin = [body for body in said if body.split()[0].isascii()]
        self.han = [body for body in said if body[0] in HAN and len(body) > 6]
        self.other = [body for body in said if not body.isascii() and body[0] not in HAN]
        self.vocabulary = Speech(random.Random(11), "latin").words
        self.rooms = list(Room.objects.values_list("public_id", flat=True)[:20])

    def word(self, texts: list[str]) -> str:
        """A word of three letters or more that somebody said."""
        while True:
            words = [word for word in self.chance.choice(texts).split() if len(word) > 2 and "/" not in word]
            if words:
                return self.chance.choice(words)

    def part(self, texts: list[str], length: int) -> str:
        """So many letters out of what somebody said."""
        body = self.chance.choice([text for text in texts if len(text.split("http")[0]) > length])
        body = body.split("http")[0]
        place = self.chance.randrange(len(body) - length)
        return body[place : place + length]

    def phrase(self) -> str:
        """Two words in a row, as somebody said them."""
        words = self.chance.choice([text for text in self.latin if len(text.split()) > 3]).split()[:4]
        place = self.chance.randrange(2)
        return f'"{words[place]} {words[place + 1]}"'

    def questions(self) -> dict[str, Callable[[], dict[str, str]]]:
        """Every kind of question, and how to think of one."""
        chance, latin = self.chance, self.latin

        def typed(think: Callable[[], str]) -> Callable[[], dict[str, str]]:
            return lambda: {"q": think()}

        middle = str(Cursor(END - YEAR / 2, Message.objects.latest("pk").pk // 2))
        return {
            "a common word": typed(lambda: chance.choice(COMMON.split())),
            "a word": typed(lambda: self.word(latin)),
            "a word, from the middle on": lambda: {"q": self.word(latin), "older": middle},
            "a rare word": typed(lambda: chance.choice(self.vocabulary[15_000:])),
            "no such word": typed(lambda: "".join(chance.choices("qwxzjk", k=6))),
            "two words": typed(lambda: f"{self.word(latin)} {self.word(latin)}"),
            "a phrase": typed(self.phrase),
            "four letters of a word": typed(lambda: self.word(latin)[:4]),
            "a word in Cyrillic or Arabic": typed(lambda: self.word(self.other)),
            "three characters in Chinese": typed(lambda: self.part(self.han, 3)),
            "two characters in Chinese": typed(lambda: self.part(self.han, 2)),
            "two letters": typed(lambda: self.part(latin, 2).strip() or "la"),
            "two letters nobody wrote": typed(lambda: "".join(chance.choices("qwxzjk", k=2))),
            "from: somebody": typed(lambda: f"from:p{chance.randrange(PEOPLE)}"),
            "from: somebody, and a word": typed(lambda: f"from:p{chance.randrange(PEOPLE)} {self.word(latin)}"),
            "in: a room, and a word": typed(lambda: f"in:{chance.choice(self.rooms)} {self.word(latin)}"),
            "before: a day, and a word": typed(lambda: f"before:2026-0{chance.randint(1, 9)}-01 {self.word(latin)}"),
            "has: link": typed(lambda: "has:link"),
            "has: link, and a word": typed(lambda: f"has:link {self.word(latin)}"),
            "has: pin": typed(lambda: "has:pin"),
        }


def measure(client: Client, asker: Asker, rounds: int) -> list[float]:
    """Asks every kind of question `rounds` times, prints what it took, returns all times in milliseconds."""
    print(f"{'':32} {'p50':>7} {'p95':>7} {'worst':>7} ms   found")
    everything: list[float] = []
    for title, think in asker.questions().items():
        answers = [timed(client, think()) for _ in range(rounds)]
        times = sorted(taken for taken, _ in answers)
        print(f"{title:32} {statistics.median(times):7.1f} {p95(times):7.1f} {times[-1]:7.1f}", end="      ")
        print(f"{statistics.mean(found for _, found in answers):5.1f}")
        everything += times
    print(f"{'all':32} {statistics.median(everything):7.1f} {p95(sorted(everything)):7.1f} {max(everything):7.1f}")
    return everything


def p95(times: list[float]) -> float:
    """What 95 of 100 of the sorted times don't exceed."""
    return times[max(0, math.ceil(len(times) * 0.95) - 1)]


def timed(client: Client, question: dict[str, str]) -> tuple[float, int]:
    """Milliseconds for one page of results, and how many messages it has."""
    start = time.perf_counter()
    response = client.get("/search/", question, headers={"HX-Request": "true"})
    taken = (time.perf_counter() - start) * 1000
    if response.status_code != 200:
        sys.exit(f"{question}: {response.status_code}")
    return taken, response.content.count(b'class="hit"')


def index_more(count: int) -> float:
    """Lets the job index `count` more messages. Returns how many it writes in a second while it writes."""
    newest = Message.objects.latest("pk")
    copies = list(Message.objects.filter(pk__gt=newest.pk - count))
    for number, message in enumerate(copies, start=1):
        message.pk, message.client_id, message.created_at = newest.pk + number, uuid4(), END
        message.seq = message.rev = 1_000_000 + number
    Message.objects.bulk_create(copies)
    began, since, written = time.perf_counter(), newest.pk, 0
    while since is not None:
        some, since = indexing.index_batch(since)
        written += some
    return written / (time.perf_counter() - began)


def main() -> None:
    """Fills, measures, removes."""
    if connection.vendor != "postgresql":
        sys.exit("Set DATABASE_URL to a Postgres: the numbers are about its indexes.")
    parser = argparse.ArgumentParser(description="How fast search is.")
    parser.add_argument("messages", type=int, nargs="?", default=1_000_000)
    parser.add_argument("--rounds", type=int, default=40)
    options = parser.parse_args()
    original = connection.settings_dict["NAME"]
    setup_test_environment()
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        people = fill(options.messages)
        print(f"{options.messages:,} messages in {ROOMS:,} rooms, Postgres {connection.pg_version // 10000}")
        asker = Asker(random.Random(5), options.messages)
        for person in people:
            mine = MessageSearch.objects.filter(room__memberships__user=person)
            print(f"\nsomebody in {person.memberships.count()} rooms with {mine.count():,} messages")
            client = Client()
            client.force_login(person)
            measure(client, asker, options.rounds)
        print(f"\nthe job indexes {index_more(5_000):,.0f} messages a second")
    finally:
        connection.creation.destroy_test_db(original, verbosity=0)


if __name__ == "__main__":
    main()
