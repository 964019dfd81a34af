"""The machine finds what it is there to find: bugs of the kind that lose messages, sown one at a time."""

from collections.abc import Callable
from dataclasses import replace
from uuid import uuid4

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RULE_MARKER, run_state_machine_as_test

from chat import events
from chat.events import PostedRow
from chat.live import bus, consumer, intake
from chat.live.hub import Hub
from chat.messages import presenters
from chat.messages.drafts import Draft
from chat.messages.services import Outcome, Posted, post_messages
from chat.models.messages import MessageQuerySet
from tests.model.machine import Protocol
from tests.rules.stream import Frame, Stream
from tests.threads import aside

SETTINGS = settings(
    max_examples=400,
    stateful_step_count=40,
    derandomize=True,
    database=None,
    deadline=None,
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],
)


class NotCommitted(Exception):
    """The end of a transaction that never happens."""


def ack_before_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every batch is announced, and then the transactions of some of them fail."""

    def post_early(drafts: list[Draft], **options: bool) -> list[Outcome]:
        posted: list[PostedRow] = []
        try:
            with transaction.atomic():
                outcomes = post_messages(drafts, **options)
                posted = [outcome.post for outcome in outcomes if isinstance(outcome, Posted)]
                if any(post.row["rev"] % 3 == 0 for post in posted):
                    raise NotCommitted
        except NotCommitted:
            events.messages_posted(posted)
        return outcomes

    monkeypatch.setattr(intake, "post_messages", post_early)


def no_dedupe(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was stored before is stored again, as if it were new."""
    seen: set[object] = set()

    def post_always(drafts: list[Draft], **options: bool) -> list[Outcome]:
        again = [replace(draft, client_id=uuid4()) if draft.client_id in seen else draft for draft in drafts]
        seen.update(draft.client_id for draft in drafts)
        return post_messages(again, **options)

    monkeypatch.setattr(intake, "post_messages", post_always)


def gap_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hub takes a missing number for one that was superseded, instead of asking the database."""
    on_row = Hub._on_row

    def pass_over(self: Hub, item: bus.Item) -> None:
        room = self.rooms.get(item["room_id"])
        for rev in range(room.rev + 1, item["rev"]) if room else ():
            on_row(self, {**item, "rev": rev, "seq": 0, "row": None, "origin": None})
        on_row(self, item)

    monkeypatch.setattr(Hub, "_on_row", pass_over)


def cursor_at_last_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client takes the last row of an answer for its end."""
    synced = Stream.synced

    def synced_to_the_row(self: Stream, frame: Frame) -> list[Frame]:
        last = frame["rows"][-1]["rev"] if frame["rows"] else self.cursor
        return synced(self, frame if frame["more"] else {**frame, "upto": last})

    monkeypatch.setattr(Stream, "synced", synced_to_the_row)


def upto_before_the_last_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server calls a page complete that is not the last."""
    catch_up = presenters.catch_up

    def whole(place: presenters.Membership, since: int) -> Frame:
        return {**catch_up(place, since), "more": False, "upto": place.room.last_rev}

    monkeypatch.setattr("chat.live.opening.catch_up", whole)


def hint_is_the_truth(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client shows whatever arrives, and takes its number for how far it is."""

    def jump(self: Stream, rev: int, row: dict | None) -> list[Frame]:
        self._show([row] if row else [])
        self.cursor = max(self.cursor, rev)
        return []

    monkeypatch.setattr(Stream, "changed", jump)


def newcomers_see_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server forgets where a member's time begins."""
    monkeypatch.setattr(MessageQuerySet, "visible_to", lambda self, membership: self.filter(room_id=membership.room_id))


def bare_number_for_a_message(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow reader is told only the number of what it missed."""

    def tell_number(self: consumer.MemberSocket) -> None:
        dirty, self._dirty = self._dirty or (), None
        for room in dirty:
            self.answer(events.advanced_frame(room.public_id, room.rev))

    monkeypatch.setattr(consumer.MemberSocket, "_catch_up", tell_number)


def overtaken_word_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hub believes a word about somebody's place that was overtaken on its way."""
    on_membership = Hub._on_membership

    def believe(self: Hub, item: bus.Item) -> None:
        newest = self.seen_version(item["membership_id"])
        on_membership(self, {**item, "version": max(newest, item["version"])})

    monkeypatch.setattr(Hub, "_on_membership", believe)


def narrowed(machine: type[Protocol], *rules: str) -> type[Protocol]:
    """The machine with these rules alone: what needs several rare things in a row is found sooner."""
    others = [name for name in vars(Protocol) if hasattr(vars(Protocol)[name], RULE_MARKER) and name not in rules]
    return type("Narrowed", (machine,), dict.fromkeys(others))


ALL: tuple[str, ...] = ()


@pytest.mark.parametrize(
    ("bug", "rules"),
    [
        (ack_before_commit, ALL),
        (no_dedupe, ("connect", "write", "settle", "resend")),
        (gap_skipped, ("connect", "write", "settle", "hint")),
        (upto_before_the_last_page, ALL),
        (hint_is_the_truth, ALL),
        (newcomers_see_everything, ALL),
        (bare_number_for_a_message, ("connect", "read", "write", "settle")),
        (cursor_at_last_row, ("connect", "drop", "settle", "wait", "change", "carol_comes_or_goes")),
        (overtaken_word_believed, ("connect", "hint", "carol_comes_or_goes")),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_the_machine_finds(
    protocol: type[Protocol],
    monkeypatch: pytest.MonkeyPatch,
    bug: Callable[[pytest.MonkeyPatch], None],
    rules: tuple[str, ...],
) -> None:
    bug(monkeypatch)
    machine = narrowed(protocol, *rules) if rules else protocol

    with pytest.raises(AssertionError):
        aside(lambda: run_state_machine_as_test(machine, settings=SETTINGS))
