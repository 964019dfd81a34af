"""A week of talk. Each line is when, who, what: `6d 09:12` is six days ago at that time, `35m` so many minutes ago.

A line that begins with `new` hasn't been read by the other one yet; `¶` begins a new line. Behind what was said, in
braces, may stand what came of it: `{reply 2}` answers the line two before, `{❤️ ida noor}` are reactions, `{pin}` pins,
`{file boat.webp}` sends that one of FILES.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

NOTES = re.compile(r"(?:^| )\{([^}]+)\}")
FILES = {  # what they show, for those who can't see it
    "boat.webp": "The hull of a wooden boat on trestles in front of a red barn, planks leaning beside it",
    "cutting-list.pdf": "",
    "four-hundred.webp": "A child’s drawing: a boat with a tower of people on it, under a large sun",
    "lake.webp": "A still lake at dusk, snow on the hills and a small red cabin by the shore",
    "tomatoes.webp": "Red and orange tomatoes spread out on a table",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One thing somebody said."""

    who: str
    text: str
    at: datetime
    unread: bool
    answers: int = 0  # so many lines before
    pinned: bool = False
    reactions: tuple[tuple[str, str], ...] = ()  # (emoji, who)
    files: tuple[str, ...] = ()


def lines(script: str, now: datetime) -> Iterator[Line]:
    """The lines of a script, placed in time as seen from `now`."""
    for raw in script.strip().splitlines():
        when, who, text = raw.split(" | ", 2)
        at = moment(when.removeprefix("new ").strip(), now)
        said = NOTES.sub("", text).replace("¶", "\n")
        yield Line(who.strip(), said, at, when.startswith("new "), **noted(NOTES.findall(text)))


def noted(notes: list[str]) -> dict[str, Any]:
    """What the braces say."""
    found: dict[str, Any] = {}
    reactions: list[tuple[str, str]] = []
    files: list[str] = []
    for note in notes:
        word, *rest = note.split()
        if word == "reply":
            found["answers"] = int(rest[0])
        elif word == "pin":
            found["pinned"] = True
        elif word == "file":
            files += rest
        else:
            reactions += [(word, who) for who in rest]
    return found | {"reactions": tuple(reactions), "files": tuple(files)}


def moment(when: str, now: datetime) -> datetime:
    """`6d 09:12` or `35m` as seen from `now`."""
    if when.endswith("m"):
        return now - timedelta(minutes=int(when[:-1]))
    days, clock = when.split()
    day = now.date() - timedelta(days=int(days.removesuffix("d")))
    return datetime.combine(day, time.fromisoformat(clock), tzinfo=now.tzinfo)


IDA_NOOR = """
6d 08:41 | noor | Good morning! Is the boat a boat yet?
6d 08:44 | ida | It has a front. That’s most of a boat. {😂 noor}
6d 08:44 | ida | The rest is planks leaning on a wall, looking at me.
6d 08:52 | noor | My tomatoes look at me like that too
5d 17:20 | ida | Question for the physicist: if I steam an oak plank for an hour, how long until it stops bending?
5d 17:33 | noor | Shorter than it takes to walk from the steamer to the boat, I’d guess. A minute or two? {reply 1}
5d 17:34 | noor | Put the steamer next to the boat.
5d 17:41 | ida | … I’ve carried eleven planks across the yard. *Running.* {😮 noor}
5d 17:41 | noor | You should have asked on Monday 😄
3d 12:05 | noor | My class wants to know how many people it carries. They’re doing Archimedes this week.
3d 12:30 | ida | Five, if nobody sings {❤️ noor}
3d 12:31 | ida | For the class:¶- 4.2 m long¶- 1.5 m wide in the middle¶- about **120 kg** {pin}
3d 12:31 | ida | Let them work it out, I’d like to know as well
3d 15:02 | noor | Twenty-six answers, from two to 400. The 400 comes with a drawing. {file four-hundred.webp} {😂 ida}
3d 15:03 | ida | Please frame it
1d 18:44 | ida | {file cutting-list.pdf}
1d 18:47 | ida | First row of planks is on. It looks like a bowl. A very wide bowl. {file boat.webp}
1d 19:10 | noor | Bring soup on Sunday then, I bring the class
new 96m | noor | Are we still on for Sunday?
new 95m | noor | The forecast says sun until four: https://weather.example. I’d bring two people who hold planks.
new 41m | noor | Also: what do you eat? I have a lot of tomatoes. {file tomatoes.webp}
"""

IDA_TOMAS = """
6d 19:15 | tomas | Ida! Do you still have the folding chairs from midsummer?
6d 19:40 | ida | Forty-one of them. One has gone its own way.
6d 19:42 | tomas | I need thirty on Saturday, for a wedding in a field. I can pay in music.
6d 19:42 | ida | Deal. Come with the big car, they don’t fold as much as the name says
4d 09:05 | tomas | Got them. Your dog let me in and then didn’t let me out, which is a strange kind of guard dog
4d 09:21 | ida | She likes company. How long were you there?
4d 09:22 | tomas | Forty minutes. We’ve talked about a lot.
2d 11:30 | tomas | Thirty chairs back, clean and dry. I’ve put them behind the barn under the roof
2d 11:48 | ida | Thank you! How was it?
2d 11:49 | tomas | It rained at just the right moment, everybody moved together, and nobody stopped dancing until three
2d 11:50 | ida | You have a recording?
2d 11:50 | tomas | I have one of the rain
58m | ida | Would you play when the boat goes into the water? In spring. Or the spring after that.
new 22m | tomas | I’ll write a piece for it. “The front of a boat”, for accordion and hammer.
"""

IDA_WEN = """
5d 21:02 | wen | I’m planning the night train to Vienna. Do you want a postcard with a bridge or with a cake?
5d 21:10 | ida | Is there one with a cake on a bridge?
5d 21:10 | wen | I’ll look for it.
2d 07:55 | wen | Woke up somewhere flat. There’s a heron next to the rails, waiting for the next one. {file lake.webp}
2d 08:20 | ida | Which line is it on?
2d 08:21 | wen | The blue one. Obviously.
1d 16:40 | wen | Found it. The cake has the shape of a bridge, I hope that counts.
1d 17:02 | ida | That counts twice
"""

IDA_KWAME = """
4d 10:12 | kwame | Your dog is fine. She ate a glove, not a sock, that’s better than it sounds.
4d 10:15 | ida | It was Tomás’s glove, I think. Does he want it back?
4d 10:16 | kwame | He does not.
4d 10:16 | kwame | Light food until Thursday. No planks.
3d 18:30 | ida | She’s hungry and says you’re cruel
3d 18:41 | kwame | They all say that. Then they come back for the biscuits.
180m | kwame | How’s the patient?
172m | ida | Running in circles around the boat. Thank you for Sunday night, really.
new 150m | kwame | Good. I was awake anyway, there were goats.
"""

NOOR_KWAME = """
3d 14:20 | noor | Would you tell my class about your work? Half of them want to be vets since the school rabbit
3d 14:55 | kwame | Happy to. Do they know that it’s mostly paperwork and being stepped on?
3d 14:56 | noor | They’re fourteen, they know about being stepped on
1d 09:30 | kwame | Thursday at ten works. I can bring a skeleton of a goat. Its name is Kevin.
1d 09:31 | noor | Then I won’t have to teach anything that day. Perfect.
"""

TOMAS_WEN = """
2d 20:14 | wen | There’s an accordion museum two streets from my hotel. It’s closed on every day that I’m here.
2d 20:31 | tomas | That’s how you know it’s a real one
2d 20:32 | wen | I’ve taken a picture of the door for you
"""

JONAS_IDA = """
new 35m | jonas | Hello Ida, Wen says you build boats. I have a barn, two left hands and a lot of time.
"""

ALLOTMENT = """
4d 18:02 | kwame | The water comes back on Saturday. Bring hoses, and somebody who knows which way the tap turns {pin}
4d 18:20 | noor | Left. It has always been left. {👍 kwame ida wen}
4d 18:21 | kwame | It broke when somebody turned it left {reply 1} {😂 ida wen noor}
3d 09:40 | amira | Is anybody’s basil still alive? Mine looks at the floor
3d 10:05 | noor | Cut it back by half, it’s asking for it
3d 10:06 | noor | > asking for it¶I mean the basil
1d 17:12 | wen | I’ve drawn a map of who planted what. The corner by the tap says **“hope”**. {❤️ noor amira ida}
1d 17:30 | ida | That’s mine. It’s beans. {reply 1} {😂 wen}
new 75m | kwame | @ida is the padlock code still the old one? The goat people are coming at six
new 74m | kwame | Also: `1-8-7-3` doesn’t open it any more, in case you’re trying from memory
new 20m | amira | I have bread. I’ll be at the gate from half past five {🍞 kwame noor}
"""

BOOK_CLUB = """
5d 20:15 | amira | Next book: *The Summer Book*. Two weeks, then bread at my place
5d 20:40 | ida | I’ve read it. I’ll read it again. {👍 amira}
5d 21:02 | tomas | Is there an accordion in it?
5d 21:03 | amira | There’s an island in it {reply 1}
2d 22:10 | wen | Finished it between Linz and Vienna. I cried at the bathrobe.
2d 22:12 | amira | ~~No spoilers~~ everybody cries at the bathrobe {❤️ wen ida}
"""

RUNNERS = """
6d 08:00 | wen | Sunday’s route: eight kilometres, flat, and there’s a bakery at seven
6d 08:30 | jonas | What happens at eight? {😂 wen kwame}
2d 07:10 | kwame | I can’t on Sunday, a goat is expecting
1d 19:00 | wen | Route for Sunday is up. Same bakery, other direction
"""

FILMS = """
3d 19:20 | amira | Tuesday: something with subtitles and no happy end
3d 19:25 | tomas | I’m in if there’s music
"""

IDA_NOTES = """
6d 07:30 | ida | Buy: copper nails (500), tar, a second pair of gloves
4d 20:05 | ida | Plank 7 is the bent one. Use it at the stern.
1d 07:02 | ida | Ask Kwame about the invoice
"""

ROOMS = [
    ("ida", "noor", IDA_NOOR),
    ("ida", "tomas", IDA_TOMAS),
    ("ida", "wen", IDA_WEN),
    ("ida", "kwame", IDA_KWAME),
    ("noor", "kwame", NOOR_KWAME),
    ("tomas", "wen", TOMAS_WEN),
    ("ida", "ida", IDA_NOTES),
]

# Name, topic, whether anybody may join, who founded it, the others, and what they said.
GROUPS = [
    ("Allotment 14", "Water, weeds and who has the key", False, "kwame", ["ida", "noor", "wen", "amira"], ALLOTMENT),
    ("Book club", "Slowly, and with bread", False, "amira", ["ida", "tomas", "wen"], BOOK_CLUB),
    ("Harbour runners", "Sundays at nine, nobody is left behind", True, "wen", ["kwame", "jonas", "ida"], RUNNERS),
    ("Film Tuesday", "One film, one vote each", True, "amira", ["tomas"], FILMS),
]
# Who wrote to somebody they don't know yet.
REQUESTS = [("jonas", "ida", JONAS_IDA)]
