"""Rooms and who is in them."""

from functools import cache
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Subquery, When
from django.db.models.functions import Coalesce, Greatest, Least
from django.utils import timezone
from django.utils.functional import cached_property

from accounts.models import Block, User, new_public_id
from chat.models.messages import UNREAD_CAP, CountRows, HiddenMessage, Mention, Message, MessageQuerySet

REACH = 1_000  # how far back from a room's end somebody's words or mentions are looked for


class RoomQuerySet(models.QuerySet):
    """Questions about rooms. Each begins at the person who asks."""

    def visible_to(self, user: User) -> "RoomQuerySet":
        """The rooms `user` is in."""
        return self.filter(Exists(Membership.objects.active().filter(room=OuterRef("pk"), user=user)))

    def of_any(self, user_ids: set[int]) -> "RoomQuerySet":
        """The rooms that at least one of these people is in."""
        return self.filter(Exists(Membership.objects.active().filter(room=OuterRef("pk"), user__in=user_ids)))


class Room(models.Model):
    """A place where people talk, and the one counter that orders everything shared in it."""

    class Kind(models.TextChoices):
        DIRECT = "direct", "One to one"
        GROUP = "group", "Group"
        SUPPORT = "support", "Support"

    public_id = models.CharField(max_length=16, unique=True, default=new_public_id, editable=False)
    kind = models.CharField(max_length=8, choices=Kind)
    # "3:17" for the room of users 3 and 17: the database refuses a second room for a pair, whoever races.
    pair_key = models.CharField(max_length=41, unique=True, null=True, blank=True, editable=False)
    last_rev = models.BigIntegerField(default=0, editable=False)
    last_message_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Of groups: a one-to-one room is named after the other one.
    name = models.CharField(max_length=60, blank=True)
    topic = models.CharField(max_length=240, blank=True)
    avatar = models.ImageField(upload_to="rooms/", blank=True)
    is_open = models.BooleanField("anybody who is signed in may join", default=False)
    shows_history = models.BooleanField("newcomers see what was said before", default=True)
    is_announcement = models.BooleanField("only owners and moderators write", default=False)
    members_invite = models.BooleanField("members may invite others", default=True)
    member_count = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # What a hub without Redis asks for: "which rooms changed in the last ten seconds?"
    changed_at = models.DateTimeField(default=timezone.now, db_index=True, editable=False)

    objects = RoomQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="direct", pair_key__isnull=False) | (~Q(kind="direct") & Q(pair_key__isnull=True)),
                name="room_pair_key_iff_direct",
            ),
            models.CheckConstraint(condition=~Q(kind="group") | ~Q(name=""), name="room_group_has_name"),
        ]
        indexes = [models.Index(fields=["name"], condition=Q(is_open=True), name="room_open")]

    def __str__(self) -> str:
        return f"{self.kind} {self.public_id}"

    @staticmethod
    def pair_key_of(one: User, other: User) -> str:
        """The key of the two people's room, the same from either side."""
        low, high = sorted([one.pk, other.pk])
        return f"{low}:{high}"

    @property
    def pair(self) -> list[int]:
        """The ids of the two whose one-to-one room this is; none for other rooms."""
        return [int(user_id) for user_id in (self.pair_key or "").split(":") if user_id]


# Made once: to put such an expression together takes longer than to ask it, and every socket that opens asks.


@cache
def _unread() -> CountRows:
    return CountRows(unread_messages().order_by().values("pk")[:UNREAD_CAP])


def unread_messages() -> MessageQuerySet:
    """The messages that the membership of the outer query hasn't read: of others, not removed, not of the blocked."""
    first = Least(Coalesce(OuterRef("unread_from_seq"), OuterRef("read_seq") + 1), OuterRef("read_seq") + 1)
    return _told_by_others().filter(seq__gte=first)


def _told_by_others() -> MessageQuerySet:
    blocked = Block.objects.filter(blocker=OuterRef(OuterRef("user")), blocked=OuterRef("sender"))
    hidden = HiddenMessage.objects.filter(user=OuterRef(OuterRef("user")), message=OuterRef("pk"))
    told = Message.objects.filter(kind=Message.Kind.TEXT, removed_at=None, room=OuterRef("room"))
    visible = told.filter(~Exists(blocked), ~Exists(hidden), seq__gte=OuterRef("visible_from_seq"))
    return visible.exclude(sender=OuterRef("user"))


@cache
def _mentioned() -> Subquery:
    named = Mention.objects.filter(Q(user=OuterRef(OuterRef("user"))) | Q(user=None), message=OuterRef("pk"))
    near = _told_by_others().filter(Exists(named), seq__gt=OuterRef("room__last_rev") - REACH)
    return Subquery(near.order_by("-seq").values("seq")[:1])


@cache
def _latest(column: str) -> Subquery:
    hidden = HiddenMessage.objects.filter(user=OuterRef(OuterRef("user")), message=OuterRef("pk"))
    visible = Message.objects.filter(
        ~Exists(hidden), kind=Message.Kind.TEXT, room=OuterRef("room"), seq__gte=OuterRef("visible_from_seq")
    )
    return Subquery(visible.order_by("-seq").values(column)[:1])


class MembershipQuerySet(models.QuerySet):
    """Questions about who is in a room."""

    def active(self) -> "MembershipQuerySet":
        """Those who are in the room now, or are asked whether they want to be."""
        return self.filter(state__in=Membership.INSIDE)

    def accepted(self) -> "MembershipQuerySet":
        """Those who are in the room now because they want to be."""
        return self.filter(state=Membership.State.MEMBER)

    def of(self, user: User) -> "MembershipQuerySet":
        """`user`'s own."""
        return self.active().filter(user=user)

    def in_rooms_of(self, user_id: int) -> "MembershipQuerySet":
        """Everybody's in the rooms that this person is in."""
        mine = Membership.objects.active().filter(user=user_id)
        return self.active().filter(room__in=mine.values("room"))

    def showing_themselves(self) -> "MembershipQuerySet":
        """Those who chose the room's company: in a one-to-one room, who has written in it; in a group, who lately has
        said or done something there, as coming in by oneself is.

        Anybody can open a room with anybody, and put people into a group: that must not tell them anything.
        """
        theirs = Message.objects.filter(room=OuterRef("room"), sender=OuterRef("user"))
        lately = theirs.filter(seq__gt=OuterRef("room__last_rev") - REACH)
        direct = Q(room__kind=Room.Kind.DIRECT)
        return self.filter((direct & Exists(theirs)) | (~direct & Exists(lately)))

    def posting(self, room_ids: set[int], user_ids: set[int]) -> dict[tuple[int, int], tuple[str, int]]:
        """Of those inside now, by (room id, user id): what stands between them and a message, and the first place they
        may see.
        """
        inside = self.active().filter(room__in=room_ids, user__in=user_ids)
        columns = inside.values_list("room_id", "user_id", "posting", "visible_from_seq")
        return {(room_id, user_id): (posting, floor) for room_id, user_id, posting, floor in columns}

    def placed(self, rooms: set[str], user_ids: set[int]) -> set[tuple[str, int]]:
        """Which (public id of a room, user id) of all combinations are inside now; asks nothing for no rooms."""
        inside = self.active().filter(room__public_id__in=rooms, user__in=user_ids)
        return set(inside.values_list("room__public_id", "user_id")) if rooms else set()

    def with_unread(self) -> "MembershipQuerySet":
        """Adds `unread`: messages of others after the read pointer, counted by index up to `UNREAD_CAP`."""
        return self.annotate(unread=_unread())

    def with_latest(self) -> "MembershipQuerySet":
        """Adds `last_id`, `last_seq` and `last_sender_id` of the newest message this member may see, if any."""
        return self.annotate(last_id=_latest("pk"), last_seq=_latest("seq"), last_sender_id=_latest("sender_id"))

    def mentions(self) -> dict[int, int]:
        """The place of the newest message that names each of these members, by the membership's id."""
        named = self.annotate(mention_seq=_mentioned()).filter(mention_seq__isnull=False)
        return dict(named.values_list("pk", "mention_seq"))

    def newest_first(self) -> "MembershipQuerySet":
        """As the inbox shows them: pinned ones, then by the newest message, a group at first by when they joined."""
        pinned = Case(When(pinned_at__isnull=False, then=0), default=1)
        said, joined = F("room__last_message_at"), F("joined_at")
        heard = Case(When(room__kind=Room.Kind.GROUP, then=Greatest(joined, Coalesce(said, joined))), default=said)
        return self.order_by(pinned, heard.desc(nulls_last=True), "-room_id")


class Membership(models.Model):
    """One person's place in one room: how far they got, and what is theirs alone."""

    class Role(models.TextChoices):
        OWNER = "owner", "Owner"
        MODERATOR = "moderator", "Moderator"
        MEMBER = "member", "Member"

    class State(models.TextChoices):
        REQUEST = "request", "Asked"  # a stranger wrote; they haven't answered
        MEMBER = "member", "Member"
        DECLINED = "declined", "Declined"
        LEFT = "left", "Left"
        REMOVED = "removed", "Removed"

    INSIDE = (State.MEMBER, State.REQUEST)

    class Posting(models.TextChoices):
        """What stands between this member and a message of theirs.

        Follows from blocks, closed rooms, requests and the room's rules. Kept here, and renewed under the room's lock
        whenever one of them changes, so that posting asks one row.
        """

        FREE = "free", "They may write"
        ASKING = "asking", "The other one hasn’t answered yet: three messages at most"
        ASKED = "asked", "They haven’t answered the other one’s request"
        REFUSED = "refused", "The other one takes no messages; why isn’t told"
        BLOCKING = "blocking", "They blocked the other one themselves"
        READING = "reading", "Only owners and moderators write here"

    class Level(models.TextChoices):
        ALL = "all", "Every message"
        MENTIONS = "mentions", "Only when I’m mentioned"
        NOTHING = "nothing", "Nothing"

    # What the querysets and presenters below add to a loaded row.
    unread: int
    last_id: int | None
    last_seq: int | None
    last_sender_id: int | None
    others: "list[Membership]"
    latest: dict[str, Any] | None
    by: User | None
    mention_seq: int | None

    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=9, choices=Role, default=Role.MEMBER)
    state = models.CharField(max_length=8, choices=State, default=State.MEMBER)
    posting = models.CharField(max_length=8, choices=Posting, default=Posting.FREE, editable=False)
    declined_at = models.DateTimeField(null=True, editable=False)
    is_closed = models.BooleanField(default=False, editable=False)  # they take no more messages here
    # Pointers into the room: they only grow, so reports may come twice, late and in any order.
    recv_seq = models.BigIntegerField(default=0, editable=False)  # a device of theirs has it
    read_seq = models.BigIntegerField(default=0, editable=False)  # they have read it: the private truth
    shown_read_seq = models.BigIntegerField(default=0, editable=False)  # what others are told
    unread_from_seq = models.BigIntegerField(null=True, editable=False)  # "mark as unread from here"
    pushed_seq = models.BigIntegerField(default=0, editable=False)  # up to here a notification went out
    mailed_seq = models.BigIntegerField(default=0, editable=False)  # up to here a mail went out
    visible_from_seq = models.BigIntegerField(default=0, editable=False)  # older messages are not theirs to see
    # Theirs alone, the same on all their devices.
    level = models.CharField(max_length=8, choices=Level, default=Level.ALL)
    muted_until = models.DateTimeField(null=True, blank=True)
    pinned_at = models.DateTimeField(null=True, blank=True)
    archived_seq = models.BigIntegerField(null=True, editable=False)  # put away when the room was this far
    draft = models.JSONField(null=True, blank=True)  # {"body", "at", "reply_to"?}
    version = models.BigIntegerField(default=0, editable=False)  # grows with every change of this row
    joined_at = models.DateTimeField(default=timezone.now, editable=False)
    changed_at = models.DateTimeField(default=timezone.now, db_index=True, editable=False)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["room", "user"], name="membership_once")]
        indexes = [models.Index(fields=["user", "state"], name="membership_by_user")]

    def __str__(self) -> str:
        return f"{self.user} in {self.room}"

    @cached_property
    def blocked_people(self) -> frozenset[str]:
        """The public ids of whom this member blocked, as of the first time that is asked."""
        return frozenset(Block.objects.filter(blocker=self.user_id).blocked_ids())

    @property
    def is_inside(self) -> bool:
        """Whether they may read the room now."""
        return self.state in self.INSIDE

    @property
    def is_muted(self) -> bool:
        """Whether they want to hear nothing of the room now."""
        return self.muted_until is not None and self.muted_until > timezone.now()

    @property
    def shows_progress(self) -> bool:
        """Whether others are told how far they get: not before they accepted a request, not once they shut the other
        out, and not if they don't want it. Needs `.user`.
        """
        unanswered_or_shut = self.posting in {self.Posting.ASKED, self.Posting.BLOCKING, self.Posting.REFUSED}
        return self.user.gives_receipts and not unanswered_or_shut

    @property
    def moderates(self) -> bool:
        """Whether they keep order here."""
        return self.role in {self.Role.OWNER, self.Role.MODERATOR}


class Invite(models.Model):
    """A link that lets whoever has it into a group."""

    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="invites")
    token = models.CharField(max_length=32, unique=True, editable=False)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(null=True)
    uses_left = models.PositiveIntegerField(null=True)

    def __str__(self) -> str:
        return f"invite {self.pk} into {self.room}"
