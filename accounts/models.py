"""Who is who. One table for people; everything about a person is a column of it."""

import zoneinfo
from datetime import datetime
from typing import ClassVar, NamedTuple

from django.conf import settings
from django.contrib.auth.models import AbstractUser, UserManager
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import connection, models
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import get_random_string

from accounts.fields import ComputedField, fold, search_words
from accounts.session_store import SessionStore
from accounts.usernames import UsernameValidator, username_key

HUES = 10  # the stylesheet's classes h0 to h9
SEARCH_WORDS = 5  # nobody's name has more; each costs a condition


def new_public_id() -> str:
    """An identifier that tells nothing: 16 letters and digits, 95 bits."""
    return get_random_string(16)


class Sender(NamedTuple):
    """What a write needs to know of a person, as of the lock."""

    pk: int
    public_id: str
    is_active: bool
    access_epoch: int


class PersonQuerySet(models.QuerySet):
    """Questions about people."""

    def hold(self, ids: set[int], *, wait: bool = True) -> dict[int, Sender]:
        """These people by id, their rows locked against change until the transaction ends, in ascending order.

        Shared on Postgres, so that a person may post into two rooms at once; a ban or a new password, which changes
        the row, comes wholly before such a post or wholly after it. Without `wait`, whom somebody else has locked is
        left out.
        """
        chosen = self.filter(pk__in=ids).order_by("pk").values_list(*Sender._fields)
        if connection.vendor != "postgresql":  # SQLite's one writer holds everything
            return {row[0]: Sender(*row) for row in chosen}
        sql, params = chosen.query.sql_with_params()
        with connection.cursor() as cursor:
            cursor.execute(f"{sql} FOR SHARE{'' if wait else ' SKIP LOCKED'}", params)
            return {row[0]: Sender(*row) for row in cursor.fetchall()}

    def standing(self, user_id: int, epoch: int | None) -> bool:
        """Whether this person may still act, with the access they came with (None: not asked)."""
        found = self.filter(pk=user_id, is_active=True)
        return (found if epoch is None else found.filter(access_epoch=epoch)).exists()

    def present(self) -> "PersonQuerySet":
        """Those who may act: not deactivated, their address confirmed where asked, no demo people outside a demo."""
        active = self.filter(is_active=True, must_verify_email=False)
        return active if settings.DEMO else active.filter(is_demo=False)

    def listed(self) -> "PersonQuerySet":
        """Those who appear in the directory."""
        return self.present().filter(is_listed=True)

    def named(self, username: str) -> "PersonQuerySet":
        """The one with this username, however it is typed."""
        return self.none() if "\0" in username else self.filter(username_key=username_key(username))

    def matching(self, text: str) -> "PersonQuerySet":
        """Those who have, for each word of `text`, a word in name or username that begins with it.

        `LIKE '% word%'` over one folded column: served by a trigram index on Postgres, a plain scan on SQLite.
        """
        found = self
        for word in fold(text.lstrip("@ ")).split()[:SEARCH_WORDS]:
            found = found.filter(search_text__contains=f" {word}")
        return found

    def by_name(self) -> "PersonQuerySet":
        """In the directory's order, which `after` continues."""
        return self.order_by("name_key", "pk")

    def after(self, name_key: str, pk: int) -> "PersonQuerySet":
        """Those who come later by name. The first condition says the same more broadly, for an index."""
        return self.filter(Q(name_key__gt=name_key) | Q(pk__gt=pk), name_key__gte=name_key)

    def owners(self) -> "PersonQuerySet":
        """Those who run the site."""
        return self.present().filter(is_superuser=True)

    def named_like(self, username: str) -> "PersonQuerySet":
        """Those whose username is the same to the eye: at most one."""
        return self.filter(username_key=username_key(username))


class PersonManager(UserManager.from_queryset(PersonQuerySet)):  # type: ignore[misc]
    """Finds people by name however it is typed."""

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(username_key=username_key(username or ""))


class User(AbstractUser):
    """A member, a moderator or the owner of the site."""

    class PresenceAudience(models.TextChoices):
        EVERYONE = "everyone", "Every member"
        SHARED = "shared", "People I share a room with"
        NOBODY = "nobody", "Nobody"

    class WriteAudience(models.TextChoices):
        EVERYONE = "everyone", "Everybody; strangers ask first"
        SHARED = "shared", "People I share a room with"
        NOBODY = "nobody", "Nobody"

    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]

    public_id = models.CharField(max_length=16, unique=True, default=new_public_id, editable=False)
    username = models.CharField(
        max_length=32,
        unique=True,
        validators=[UsernameValidator()],
        error_messages={"unique": "That username is taken."},
    )
    username_key = ComputedField(max_length=96, unique=True, compute=lambda user: username_key(user.username))
    display_name = models.CharField("name", max_length=60)
    name_key = ComputedField(max_length=160, compute=lambda user: fold(user.name))
    search_text = ComputedField(max_length=320, compute=lambda user: search_words(user.name, user.username))
    bio = models.CharField("about", max_length=240, blank=True)
    status_text = models.CharField("status", max_length=80, blank=True)
    avatar = models.ImageField(upload_to="avatars/", blank=True)
    time_zone = models.CharField(max_length=64, blank=True)
    is_listed = models.BooleanField("list me in the directory", default=True)
    presence_audience = models.CharField(
        "who sees when I’m online",
        max_length=8,
        choices=PresenceAudience,
        default=PresenceAudience.EVERYONE,
    )
    write_audience = models.CharField(
        "who may write to me",
        max_length=8,
        choices=WriteAudience,
        default=WriteAudience.EVERYONE,
    )
    last_seen_audience = models.CharField(
        "who sees when I was last here",
        max_length=8,
        choices=PresenceAudience,
        default=PresenceAudience.SHARED,
    )
    last_seen_at = models.DateTimeField(null=True, editable=False)
    # Reciprocal: who doesn't tell isn't told.
    gives_receipts = models.BooleanField("tell others when I’ve read their messages", default=True)
    gives_typing = models.BooleanField("tell others when I’m typing", default=True)
    enter_sends = models.BooleanField("Enter sends a message", default=True)
    letter_keys = models.BooleanField("single letters work on a message", default=True)
    push_on = models.BooleanField("tell me about messages while I’m away", default=True)
    push_previews = models.BooleanField("show what was written", default=True)
    # Of every day, in the person's zone; both or neither. From 22:00 until 07:30 goes over midnight.
    quiet_from = models.TimeField("from", null=True, blank=True)
    quiet_until = models.TimeField("until", null=True, blank=True)
    is_demo = models.BooleanField(default=False, editable=False)
    # Signed up while the site had mail: no way in before the address is confirmed. Earlier members are only asked.
    must_verify_email = models.BooleanField(default=False, editable=False)
    # Grows with every change that ends this person's access (password, deactivation). A socket remembers
    # the number it was opened with, so one that outlived the change can neither write nor stay.
    access_epoch = models.PositiveIntegerField(default=0, editable=False)

    objects: ClassVar[PersonManager] = PersonManager()

    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        # The directory's two orders, of those who are in it. What searches it is in a migration, for Postgres only.
        indexes = [
            models.Index(fields=["name_key", "id"], condition=Q(is_active=True, is_listed=True), name="user_by_name"),
            models.Index(fields=["date_joined"], condition=Q(is_active=True, is_listed=True), name="user_by_arrival"),
        ]

    def __str__(self) -> str:
        return self.username

    @property
    def name(self) -> str:
        """What others see: the display name, or the username where none was chosen."""
        return self.display_name or self.username

    @property
    def initials(self) -> str:
        """One or two letters for a person without a picture."""
        words = self.name.split()
        return (words[0][:1] + words[-1][:1] if len(words) > 1 else self.name[:2]).upper()

    @property
    def hue(self) -> int:
        """Which of the stylesheet's colours is this person's."""
        return (self.pk or 0) % HUES

    @property
    def presence_reach(self) -> int:
        """How far it shows that they are here: 2 to every member, 1 to people met in a room, 0 to nobody.

        Who isn't in the directory shows it to people met in a room at most. Who takes no messages from anybody shows
        it to nobody, as to somebody they blocked: else the two could be told apart.
        """
        if self.presence_audience == self.PresenceAudience.NOBODY or self.write_audience == self.WriteAudience.NOBODY:
            return 0
        return 2 if self.presence_audience == self.PresenceAudience.EVERYONE and self.is_listed else 1

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        """The chosen time zone, or the site's."""
        try:
            return zoneinfo.ZoneInfo(self.time_zone or timezone.get_default_timezone_name())
        except (zoneinfo.ZoneInfoNotFoundError, ValueError):  # zones disappear between versions of the database
            return zoneinfo.ZoneInfo(timezone.get_default_timezone_name())

    def is_quiet_at(self, moment: datetime) -> bool:
        """Whether this person wants to be left in peace at that moment."""
        begin, end = self.quiet_from, self.quiet_until
        if begin is None or end is None or begin == end:
            return False
        now = moment.astimezone(self.zone).time()
        return begin <= now < end if begin < end else now >= begin or now < end

    def set_password(self, raw_password: str | None) -> None:
        """Sets the password and ends every access that was opened with the old one."""
        super().set_password(raw_password)
        self.access_epoch += 1

    def check_password(self, raw_password: str | None) -> bool:
        """Whether this is the password. A hash that is renewed on the way is no change of password."""
        epoch = self.access_epoch
        matches = super().check_password(raw_password)
        self.access_epoch = epoch
        return matches

    async def acheck_password(self, raw_password: str | None) -> bool:
        """`check_password`, awaited."""
        epoch = self.access_epoch
        matches = await super().acheck_password(raw_password)
        self.access_epoch = epoch
        return matches


class BlockQuerySet(models.QuerySet):
    """Questions about blocks."""

    def blocked_ids(self) -> models.QuerySet:
        """The public ids of those who are blocked."""
        return self.values_list("blocked__public_id", flat=True)


class Block(models.Model):
    """One person wants nothing to do with another. Enforced at every door; the other isn't told."""

    blocker = models.ForeignKey(User, on_delete=models.CASCADE, related_name="blocks", db_index=False)
    blocked = models.ForeignKey(User, on_delete=models.CASCADE, related_name="blocked_by")
    created_at = models.DateTimeField(default=timezone.now)

    objects = BlockQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["blocker", "blocked"], name="block_once")]

    def __str__(self) -> str:
        return f"{self.blocker_id} blocks {self.blocked_id}"


class Session(AbstractBaseSession):
    """A browser's session, as Django's own, with the person it signs in."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="+")

    @classmethod
    def get_session_store_class(cls) -> type[SessionStore]:
        """Who reads and writes these rows."""
        return SessionStore
