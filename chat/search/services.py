"""Finding messages, people and rooms, for one person.

The newest messages are looked through first: a word that everybody uses is there. What is rarer is found by the index.
"""

from datetime import datetime

from django.db.models import Max, Q, QuerySet, Sum

from accounts.models import User
from chat.models import Membership, Message, MessageSearch, Room, SearchProgress
from chat.people.services import directory
from chat.search.found import EPOCH, Cursor, Found, Hit, Key
from chat.search.indexing import unindexed, words_of
from chat.search.query import Query
from chat.search.scope import Scope, named_places, scope_of
from chat.search.words import fold, snippet, without_markup

PAGE = 20
STRETCH = 10_000  # messages of the whole site that are looked through before the index is asked
SHORT_REACH = 50_000  # messages of one's rooms that are looked through for one or two letters
TAIL = 20_000  # messages of the whole site that may wait for the index and are found all the same,
TAIL_MINE = 2_000  # and of these as many of one's rooms
PEOPLE = ROOMS = 6


def search_messages(user: User, query: Query, *, before: Cursor | None = None, limit: int = PAGE) -> Found:
    """The newest messages that `user` may see and `query` asks for, from `before` on. At most `limit`.

    Only of rooms they are in now and from where they may look back, nothing hidden, removed, or of people they blocked.
    """
    scope = scope_of(user, query)
    if query.is_empty or scope.is_void:
        return Found([])
    newest = Message.objects.aggregate(newest=Max("pk"))["newest"] or 0
    keys = set(_waiting(scope, before, newest)) | set(_indexed(scope, before, newest, limit + 1))
    found = sorted(keys, reverse=True)
    page = found[:limit]
    return Found(_hits(scope, page), Cursor(*page[-1]) if len(found) > limit else None)


def search_people(user: User, query: Query) -> list[User]:
    """People of the directory whose names have the words, by name."""
    return list(directory(user, text=" ".join(query.terms))[:PEOPLE]) if _is_words(query) else []


def search_rooms(user: User, query: Query) -> list[Membership]:
    """The user's own places in rooms whose names have the words, those last spoken in first."""
    if not _is_words(query):
        return []
    places = Membership.objects.accepted().filter(user=user, room__kind=Room.Kind.GROUP).select_related("room")
    named = [place for place in places if all(term in fold(place.room.name) for term in query.terms)]
    return sorted(named, key=lambda place: place.room.last_message_at or EPOCH, reverse=True)[:ROOMS]


def _is_words(query: Query) -> bool:
    return query == Query(terms=query.terms) and bool(query.terms)


# --- Where messages are looked for ----------------------------------------------------------------------------------


def _indexed(scope: Scope, before: Cursor | None, newest: int, count: int) -> list[Key]:
    """The first `count` in the index: in the newest stretch of it, and if that isn't enough, anywhere."""
    stretch = _written_at((before.pk if before else newest) - STRETCH)
    found = list(_select(scope, before, Q(said_at__gte=stretch))[:count])
    if len(found) < count:
        reach = Q(said_at__gte=_short_reach(scope, newest)) if scope.query.is_short else Q()
        found += _select(scope, before, Q(said_at__lt=stretch) & reach)[: count - len(found)]
    return found


def _select(scope: Scope, before: Cursor | None, where: Q) -> QuerySet:
    rows = MessageSearch.objects.matching(scope.terms).filter(where, scope.conditions("message__"))
    rows = rows.filter(scope.when("said_at"), room__in=scope.rooms)
    if before:
        rows = rows.filter(Q(said_at__lt=before.said_at) | Q(pk__lt=before.pk), said_at__lte=before.said_at)
    return rows.order_by("-said_at", "-pk").values_list("said_at", "pk")


def _written_at(number: int) -> datetime:
    """When the first message from this number on was written."""
    later = Message.objects.filter(pk__gte=number).order_by("pk")
    return later.values_list("created_at", flat=True).first() or EPOCH


def _short_reach(scope: Scope, newest: int) -> datetime:
    """When the oldest of the newest `SHORT_REACH` messages of one's rooms was said.

    To order hundreds of thousands takes long, so it is looked for first where it should be if one's rooms always had
    the same part of what was said, or twice as far back.
    """
    mine = Room.objects.filter(pk__in=scope.rooms).aggregate(count=Sum("last_rev"))["count"] or 0
    if mine <= SHORT_REACH:
        return EPOCH
    said = MessageSearch.objects.filter(room__in=scope.rooms).order_by("-said_at", "-pk")
    place = said.values_list("said_at", flat=True)
    near = _written_at(newest - 2 * newest * SHORT_REACH // mine)
    for some in (place.filter(said_at__gte=near), place):
        oldest = some[SHORT_REACH - 1 : SHORT_REACH].first()
        if oldest:
            return oldest
    return EPOCH


def _waiting(scope: Scope, before: Cursor | None, newest: int) -> list[Key]:
    """What isn't in the index yet: what was said, and edited, since the job looked last."""
    progress = SearchProgress.objects.first() or SearchProgress()
    lowest = max(progress.done, newest - TAIL)
    late = unindexed().filter(pk__gt=lowest)
    # An edit takes the old words from the index at once: what is there again has its new ones, and needn't be read.
    edited = unindexed().filter(edited_at__gte=progress.changes_at)
    found: list[Message] = []
    for some in (late, edited):
        mine = some.filter(scope.conditions(), scope.when("created_at"), room__in=scope.rooms)
        found += mine.order_by("-pk").prefetch_related("attachments")[:TAIL_MINE]
    keys = [(message.created_at, message.pk) for message in found if _has_words(message, scope)]
    return [key for key in keys if before is None or key < (before.said_at, before.pk)]


def _has_words(message: Message, scope: Scope) -> bool:
    words = words_of(message)
    return all(term in words for term in scope.terms)


# --- What is shown --------------------------------------------------------------------------------------------------


def _hits(scope: Scope, keys: list[Key]) -> list[Hit]:
    """The messages of these keys, in their order. What was edited since it was indexed must still have the words."""
    rows = Message.objects.filter(scope.conditions(), pk__in=[pk for _, pk in keys], room__in=scope.rooms)
    messages = {row.pk: row for row in rows.select_related("sender").prefetch_related("attachments")}
    places = {place.room_id: place for place in named_places(scope.user, {row.room_id for row in messages.values()})}
    chosen = [messages[pk] for _, pk in keys if pk in messages]
    return [_hit(message, places[message.room_id], scope) for message in chosen if _has_words(message, scope)]


def _hit(message: Message, place: Membership, scope: Scope) -> Hit:
    files = [snippet(file.name, scope.query.terms) for file in message.attachments.all()]
    body = without_markup(message.body) if message.html else message.body
    return Hit(message, place, snippet(body, scope.query.terms), files)
