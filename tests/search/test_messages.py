"""What a person finds, and what they don't, whether the job has been there or not."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from accounts.models import Block, User
from chat.models import Attachment, HiddenMessage, Membership, Message, MessageSearch, Room
from chat.rooms.services import open_direct_room
from chat.search import services
from chat.search.found import Cursor
from chat.search.query import parse
from chat.search.services import search_messages
from tests.factories import make_user
from tests.search.helpers import found, index, make_group, say

pytestmark = pytest.mark.django_db

TALK = [
    "The quick brown fox jumps over the lazy dog",
    "Élise isst Größe 42 in **Überlingen**",
    "我们明天在会议室开会",
    "Привет, Ёлка уже стоит",
    "اَلْعَرَبِيَّةُ لُغَةٌ جَمِيلَةٌ",
    "שָׁלוֹם לכולם",
    "내일 회의실에서 만나요",
    "แมวกินปลา",
    "ｗｉｄｅ letters and ﬁne ones",
    "100% of 5_000 c:\\temp 'quoted' \"twice\"",
    "don’t worry 🎉🎉",
]


@pytest.fixture
def talk(room: Room, alice: User, bob: User, indexed: bool) -> Room:
    """A room in which a lot of languages are spoken."""
    say(room, bob, *TALK)
    if indexed:
        index()
    return room


@pytest.mark.parametrize(
    ("typed", "places"),
    [
        ("fox", [0]),
        ("FOX", [0]),
        ("quick dog", [0]),
        ("dog quick", [0]),
        ("uick bro", [0]),
        ('"brown fox"', [0]),
        ('"fox brown"', []),
        ('"over the lazy"', [0]),
        ("elise", [1]),
        ("GROSSE", [1]),
        ("uberling", [1]),
        ('"in überlingen"', [1]),
        ("会议室", [2]),
        ("会议", [2]),
        ("会", [2]),
        ("елка", [3]),
        ("ПРИВЕТ", [3]),
        ("العربية", [4]),
        ("שלום", [5]),
        ("회의실", [6]),
        ("กิน", [7]),
        ("wide fine", [8]),
        ("100%", [9]),
        ("5_0", [9]),
        ("5x0", []),
        ("%", [9]),
        ("\\temp", [9]),
        ("c:\\", [9]),
        ("'quoted'", [9]),
        ("don't", [10]),
        ("🎉", [10]),
        ("qu", [9, 0]),
        ("absent", []),
        ("'; drop table", []),
        ("'' OR 1=1", []),
        ("a*b NEAR(c)", []),
        ("fox absent", []),
    ],
)
def test_words_phrases_and_substrings_are_found_in_any_script(
    alice: User, talk: Room, typed: str, places: list[int]
) -> None:
    assert found(alice, typed) == [TALK[place] for place in places]


def test_nothing_asked_is_nothing_found(alice: User, talk: Room) -> None:
    assert found(alice, "") == found(alice, "**") == found(alice, "from:") == []


def test_a_hit_says_who_where_and_when_with_its_match(alice: User, bob: User, talk: Room) -> None:
    (hit,) = search_messages(alice, parse("lazy")).hits
    assert hit.message.sender == bob
    assert (hit.place.room, hit.place.user_id, hit.message.seq) == (talk, alice.pk, 1)
    assert [other.user for other in hit.place.others] == [bob]
    assert ("lazy", True) in hit.text.pieces


# --- Whose messages -------------------------------------------------------------------------------------------------


def test_an_outsider_finds_nothing(eve: User, talk: Room) -> None:
    assert found(eve, "fox") == []
    assert found(eve, f"in:{talk.public_id} fox") == []
    assert found(eve, "from:bob") == []


@pytest.mark.parametrize("state", [Membership.State.LEFT, Membership.State.REMOVED, Membership.State.DECLINED,
                                   Membership.State.REQUEST])  # fmt: skip
def test_who_is_not_a_member_now_finds_nothing(alice: User, talk: Room, state: str) -> None:
    Membership.objects.filter(room=talk, user=alice).update(state=state)
    assert found(alice, "fox") == []


def test_only_what_was_said_since_one_may_look_back_is_found(alice: User, bob: User, talk: Room) -> None:
    Membership.objects.filter(room=talk, user=alice).update(visible_from_seq=2)
    assert found(alice, "fox") == []
    assert found(alice, "elise") == [TALK[1]]
    assert found(bob, "fox") == [TALK[0]]


def test_hidden_messages_are_found_by_the_others_only(alice: User, bob: User, talk: Room) -> None:
    HiddenMessage.objects.create(user=alice, message=Message.objects.get(room=talk, seq=1))
    assert found(alice, "fox") == []
    assert found(bob, "fox") == [TALK[0]]


def test_removed_messages_are_found_by_nobody(alice: User, bob: User, talk: Room) -> None:
    message = Message.objects.get(room=talk, seq=1)
    Message.objects.filter(pk=message.pk).update(removed_at=timezone.now(), body="")
    assert found(alice, "fox") == found(bob, "fox") == []
    assert found(alice, "from:bob fox") == []
    MessageSearch.objects.filter(message=message).delete()
    assert found(alice, "fox") == []


def test_blocked_people_are_not_found(alice: User, bob: User, talk: Room) -> None:
    Block.objects.create(blocker=alice, blocked=bob)
    assert found(alice, "fox") == found(alice, "from:bob") == found(alice, "qu") == []
    assert found(bob, "fox") == [TALK[0]]


def test_events_are_not_found(alice: User, talk: Room) -> None:
    Message.objects.filter(room=talk, seq=1).update(kind="event", event={"what": "renamed"})
    assert found(alice, "fox") == []


def test_an_edited_message_is_found_by_its_new_words_only(alice: User, talk: Room) -> None:
    Message.objects.filter(room=talk, seq=1).update(body="A slow red hen", edited_at=timezone.now())
    assert found(alice, "fox") == []
    MessageSearch.objects.filter(room=talk, message__seq=1).delete()  # as `edit_message` does
    assert found(alice, "red hen") == ["A slow red hen"]


# --- Operators ------------------------------------------------------------------------------------------------------


@pytest.fixture
def rooms(alice: User, bob: User, eve: User, indexed: bool) -> dict[str, Room]:
    """Three rooms of Alice's where tea is spoken of."""
    club = make_group("Book club", alice, bob, eve)
    talk = open_direct_room(opener=alice, other=bob)
    notes = open_direct_room(opener=alice, other=alice)
    say(club, bob, "tea from Bob", "https://example.com/tea has a link")
    say(club, eve, "tea from Eve")
    say(talk, alice, "tea from Alice")
    say(talk, bob, "tea for two")
    say(notes, alice, "buy tea")
    say(notes, alice, "see www.example.com")
    Message.objects.filter(body="tea for two").update(pinned_at=timezone.now())
    for name, kind in (("Plan for tea.pdf", "file"), ("teapot.jpg", "image")):
        message = say(talk, bob, f"here is {kind}")
        Attachment.objects.create(
            room=talk, uploader=bob, message=message, kind=kind, name=name, mime="x/y", size=1, file=name
        )
    if indexed:
        index()
    return {"club": club, "talk": talk, "notes": notes}


@pytest.mark.parametrize(
    ("typed", "bodies"),
    [
        ("tea from:eve", {"tea from Eve"}),
        ("tea from:@Eve", {"tea from Eve"}),
        ("tea from:me", {"tea from Alice", "buy tea"}),
        ("tea from:eve from:me", {"tea from Eve", "tea from Alice", "buy tea"}),
        ("tea from:nobody", set()),
        ("from:eve", {"tea from Eve"}),
        ('tea in:"book CLUB"', {"tea from Bob", "https://example.com/tea has a link", "tea from Eve"}),
        ("from in:club", {"tea from Bob", "tea from Eve"}),
        ("tea in:@bob", {"tea from Alice", "tea for two", "here is file", "here is image"}),
        ("tea in:notes", {"buy tea"}),
        ("tea in:elsewhere", set()),
        ("tea in:**", set()),
        ("has:link", {"https://example.com/tea has a link", "see www.example.com"}),
        ("has:link tea", {"https://example.com/tea has a link"}),
        ("tea has:pin", {"tea for two"}),
        ("has:file", {"here is file", "here is image"}),
        ("has:image", {"here is image"}),
        ("teapot", {"here is image"}),
        ("plan.pdf", set()),
        ('"plan for"', {"here is file"}),
        ("tea before:2020-01-01", set()),
        ("tea from:eve after:2020-01-01", {"tea from Eve"}),
    ],
)
def test_operators_narrow_what_is_found(alice: User, rooms: dict[str, Room], typed: str, bodies: set[str]) -> None:
    assert set(found(alice, typed)) == bodies


def test_a_room_is_named_by_its_id_too(alice: User, rooms: dict[str, Room]) -> None:
    assert found(alice, f"in:{rooms['notes'].public_id} tea") == ["buy tea"]


def test_days_are_the_persons_own(alice: User, room: Room, indexed: bool) -> None:
    say(room, alice, "late tea", "early tea")
    eve_of_november = datetime(2026, 10, 31, 23, 30, tzinfo=UTC)
    Message.objects.filter(body="late tea").update(created_at=eve_of_november)
    Message.objects.filter(body="early tea").update(created_at=eve_of_november + timedelta(hours=1))
    if indexed:
        index()
    with timezone.override("UTC"):
        assert found(alice, "tea before:2026-11-01") == ["late tea"]
        assert found(alice, "tea after:2026-11-01") == ["early tea"]
    with timezone.override("Europe/Berlin"):  # half past midnight there
        assert found(alice, "tea after:2026-11-01") == ["early tea", "late tea"]


# --- Order and pages ------------------------------------------------------------------------------------------------


def test_pages_have_everything_once_newest_first(
    alice: User, bob: User, room: Room, indexed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "STRETCH", 3)  # so that what is older must come from the index
    other = make_group("Others", alice, bob)
    for number in range(30):
        say(room if number % 3 else other, bob, f"number {number}")
        if indexed and number == 24:
            index()
    Message.objects.filter(body="number 7").update(created_at=timezone.now() - timedelta(days=9))
    MessageSearch.objects.filter(words="number 7").update(said_at=timezone.now() - timedelta(days=9))
    seen: list[str] = []
    cursor = None
    for _ in range(8):
        page = search_messages(alice, parse("number"), before=cursor, limit=4)
        seen += [hit.message.body for hit in page.hits]
        cursor = Cursor.read(str(page.next)) if page.next else None
        say(room, bob, "number one more, said meanwhile")
        if cursor is None:
            break
    assert seen == [f"number {number}" for number in range(29, -1, -1) if number != 7] + ["number 7"]


@pytest.mark.parametrize("text", ["", ".", "1", "1.", ".1", "a.b", "1.2.3", "-1.5", "9" * 30 + ".1", "٣.٣"])
def test_what_is_no_cursor_is_none(text: str) -> None:
    assert Cursor.read(text) is None


def test_short_words_look_through_the_newest_of_ones_rooms(
    alice: User, bob: User, eve: User, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "SHORT_REACH", 5)
    monkeypatch.setattr(services, "STRETCH", 1)
    elsewhere = make_group("Elsewhere", bob, eve)
    say(room, bob, "xy the oldest")
    say(room, bob, "filler", "filler", "filler", "xy newer")
    say(elsewhere, bob, *["not hers"] * 20)
    index()
    assert found(alice, "xy") == ["xy newer", "xy the oldest"]
    say(room, bob, "filler")
    index()
    assert found(alice, "xy") == ["xy newer"]


def test_rooms_and_people_are_found_by_their_names(alice: User, bob: User, eve: User) -> None:
    make_user("elise", display_name="Élise Fournier")
    club = make_group("Café Élite", alice)
    make_group("Élite of others", bob)
    assert [place.room for place in services.search_rooms(alice, parse("elite caf"))] == [club]
    assert [person.username for person in services.search_people(alice, parse("eli"))] == ["elise"]
    assert services.search_people(alice, parse("eli from:bob")) == []
    assert services.search_rooms(alice, parse("")) == []
