"""The job that keeps what is searched: everything once, whoever is late, killed or doubled."""

from collections.abc import Callable
from datetime import timedelta
from importlib import import_module
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from accounts.models import User
from chat.models import Attachment, Message, MessageSearch, Room, SearchProgress
from chat.rooms.services import open_direct_room
from chat.search import indexing
from chat.search.indexing import bring_up_to_date, index_batch, look_again
from chat.search.tasks import check_index, index_messages
from mychat import recurring
from tests.ops.test_jobs import eventually
from tests.search.helpers import found, index, say
from tests.servers import Site
from tests.threads import aside, together

pytestmark = pytest.mark.django_db


def words() -> list[str]:
    """What is in the index, in the order of the messages."""
    return list(MessageSearch.objects.order_by("pk").values_list("words", flat=True))


def a_minute_later() -> None:
    """Lets the progress think that a minute has gone by."""
    SearchProgress.objects.update(looked_at=timezone.now() - timedelta(seconds=61))


def test_new_messages_are_indexed_once(alice: User, room: Room) -> None:
    say(room, alice, "Ein Wort", "und **noch** eins")
    assert index() == 2
    assert index() == 0
    assert words() == ["ein wort", "und noch eins"]
    row = MessageSearch.objects.select_related("message").earliest("pk")
    assert (row.room_id, row.said_at) == (room.pk, row.message.created_at)


def test_events_and_removed_messages_have_no_words(alice: User, room: Room) -> None:
    say(room, alice, "kept", "removed", "renamed")
    Message.objects.filter(body="removed").update(removed_at=timezone.now())
    Message.objects.filter(body="renamed").update(kind="event", event={"what": "renamed"})
    assert index() == 1
    assert words() == ["kept"]


def test_names_and_descriptions_of_files_are_words(alice: User, room: Room) -> None:
    message = say(room, alice, "see here")
    Attachment.objects.create(
        room=room, uploader=alice, message=message, kind="image", name="Größe.jpg", alt="A red boat", mime="x/y", size=1
    )
    index()
    assert words() == ["see here\ngrosse.jpg\na red boat"]
    assert found(alice, '"here grosse"') == []


def test_a_long_backlog_goes_in_batches_and_survives_a_restart(
    alice: User, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "BATCH", 4)
    monkeypatch.setattr(indexing, "BATCH_SQLITE", 4)
    say(room, alice, *[f"word {number}" for number in range(10)])
    SearchProgress.objects.create(pk=1, settled=Message.objects.latest("pk").pk)
    count, last = index_batch()
    assert (count, len(words())) == (4, 4)
    progress = SearchProgress.objects.get()
    assert progress.done == last  # who comes next, in whatever process, goes on from here
    assert bring_up_to_date(seconds=10) == 6
    assert words() == [f"word {number}" for number in range(10)]


def test_a_message_that_is_committed_late_is_indexed(alice: User, room: Room) -> None:
    first = say(room, alice, "early number, late commit")
    say(room, alice, "late number, early commit")
    late = Message.objects.get(pk=first.pk)
    Message.objects.filter(pk=first.pk).delete()  # nobody can see it yet
    index()
    assert words() == ["late number, early commit"]
    late.save(force_insert=True)
    assert index() == 1
    assert words() == ["early number, late commit", "late number, early commit"]


def test_what_is_older_than_a_minute_is_done_with(alice: User, room: Room) -> None:
    message = say(room, alice, "one")
    index()
    assert SearchProgress.objects.get().done < message.pk
    for _ in range(2):
        a_minute_later()
        index()
    assert SearchProgress.objects.get().done == message.pk
    assert index() == 0


def test_looking_again_finds_what_went_missing(alice: User, room: Room) -> None:
    say(room, alice, "one", "two")
    for _ in range(3):
        index()
        a_minute_later()
    MessageSearch.objects.filter(words="one").delete()
    assert index() == 0
    check_index.call()
    assert index() == 1
    assert words() == ["one", "two"]


def test_edited_messages_are_indexed_again_and_only_those(alice: User, room: Room) -> None:
    message = say(room, alice, "before")
    say(room, alice, "untouched")
    index()
    Message.objects.filter(pk=message.pk).update(body="After", edited_at=timezone.now())
    assert index() == 1
    assert words() == ["after", "untouched"]
    assert index() == 0


def test_an_edit_that_the_job_overlapped_is_not_lost(alice: User, room: Room) -> None:
    """Its time was taken before the round, its text came after."""
    message = say(room, alice, "before")
    began = timezone.now()
    index()
    index()
    Message.objects.filter(pk=message.pk).update(body="After", edited_at=began)
    assert index() == 1
    assert words() == ["after"]


def test_words_written_over_a_removal_go_with_the_next_round(alice: User, room: Room) -> None:
    message = say(room, alice, "secret")
    index()
    Message.objects.filter(pk=message.pk).update(body="", removed_at=timezone.now())  # its words were deleted...
    assert words() == ["secret"]  # ...but a round that had read it before wrote them again
    assert found(alice, "secret") == []
    index()
    assert words() == []


def test_looking_again_forgets_what_was_removed_long_ago(alice: User, room: Room) -> None:
    say(room, alice, "secret")
    index()
    Message.objects.update(removed_at=timezone.now() - timedelta(days=3))
    index()
    look_again()
    assert words() == []


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_jobs_at_once_write_everything_once(alice: User, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexing, "BATCH", 5)
    room = open_direct_room(opener=alice, other=bob)
    say(room, alice, *[f"word {number}" for number in range(60)])
    together(4, lambda _: bring_up_to_date(seconds=20))
    index()
    assert sorted(words()) == sorted(f"word {number}" for number in range(60))


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_who_does_not_get_the_progress_ends_at_once(alice: User, bob: User) -> None:
    room = open_direct_room(opener=alice, other=bob)
    say(room, alice, "word")
    index()
    say(room, alice, "more")
    with transaction.atomic():
        SearchProgress.objects.select_for_update().get()
        assert aside(lambda: bring_up_to_date(seconds=20)) == 0
    assert index() == 1


@pytest.mark.postgres
def test_postgres_has_words_and_rooms_in_one_index(alice: User, room: Room) -> None:
    say(room, alice, *[f"word {number}" for number in range(50)])
    index()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        assert "search_by_words" in MessageSearch.objects.matching(("word",)).explain()
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'search_by_words'")
        assert "(room_id, words gin_trgm_ops)" in cursor.fetchone()[0]


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("refused", "left"),
    [(["BY_ROOM"], "USING gin (words gin_trgm_ops)"), (["BY_ROOM", "BY_WORDS"], None)],
    ids=["btree_gin", "pg_trgm"],
)
def test_without_an_extension_search_works_all_the_same(
    alice: User, room: Room, monkeypatch: pytest.MonkeyPatch, refused: list[str], left: str | None
) -> None:
    migration = import_module("chat.migrations.0007_search")
    for way in refused:
        monkeypatch.setattr(migration, way, ["CREATE EXTENSION not_to_be_had"])
    with connection.schema_editor() as editor:
        migration.remove(None, editor)
        migration.create(None, editor)
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'search_by_words'")
        found_index = cursor.fetchone()
    assert left in found_index[0] if left else found_index is None
    say(room, alice, "Größe")
    index()
    assert found(alice, "gross") == ["Größe"]


def test_sqlite_without_full_text_reads_the_words(alice: User, room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chat.models.search.has_full_text", lambda database: False)
    say(room, alice, "Größe", "other")
    index()
    assert found(alice, "gross") == ["Größe"]


def test_a_job_that_comes_often_leaves_no_records(alice: User, room: Room) -> None:
    name = index_messages.module_path
    recurring.recur.enqueue(name)
    DBTaskResult.objects.update(status="SUCCESSFUL", finished_at=timezone.now())
    recurring.recur.call(name)
    left = DBTaskResult.objects.get()
    assert (left.status, left.args_kwargs["args"]) == ("READY", [name])


@pytest.mark.site
@pytest.mark.django_db(transaction=True)
def test_one_command_indexes_too(make_site: Callable[..., Site], alice: User, bob: User, tmp_path: Path) -> None:
    room = open_direct_room(opener=alice, other=bob)
    make_site(env={"WORKER": ""})
    say(room, alice, "indexed by the job")
    eventually(lambda: words() == ["indexed by the job"], 60)
