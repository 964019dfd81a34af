"""What a person can do about their own account, and what the owner can do about another's."""

import logging
import secrets
from collections.abc import Iterable
from datetime import time

from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress
from allauth.account.utils import user_pk_to_url_str
from allauth.usersessions.models import UserSession
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.urls import reverse

from accounts.models import User
from accounts.signals import access_changed, choices_changed, privacy_changed
from accounts.usernames import alternatives, normalize, refuse_reserved, username_key

log = logging.getLogger(__name__)

PROFILE = ("username", "display_name", "bio", "status_text", "time_zone")
PRIVACY = (
    "is_listed",
    "write_audience",
    "presence_audience",
    "last_seen_audience",
    "gives_receipts",
    "gives_typing",
)
NOTIFICATIONS = ("push_on", "push_previews", "quiet_from", "quiet_until")
COMPUTED = ("username_key", "name_key", "search_text")
SUGGESTIONS = 2
OWNER_LOCK = 0x6D796368  # any number, the same in every process


class UsernameTaken(Exception):
    """Somebody has this name, or one that looks like it."""


class OwnerExists(Exception):
    """The site is set up already."""


def display_name(user: User) -> str:
    """What allauth calls a person in its messages and mails."""
    return user.name


# --- Names ----------------------------------------------------------------------------------------------------------


def check_username(
    *, username: str, display_name: str = "", user: User | None = None, reserved_too: bool = False
) -> str:
    """`username` as it will be stored, free for `user` (None: somebody new) to take.

    Raises `ValidationError` with a sentence, and with two free names where this one is taken. `reserved_too` lets
    those who run the site be called what they are.
    """
    name = normalize(username)
    if user and name == user.username:
        return name
    User._meta.get_field("username").run_validators(name)
    if not reserved_too:
        refuse_reserved(name)
    holder = User.objects.named_like(name).exclude(pk=user and user.pk).first()
    if holder:
        raise ValidationError(taken_sentence(name, holder.username, display_name), code="taken")
    return name


def taken_sentence(name: str, holder: str, display_name: str = "") -> str:
    """Why `name` can't be had, and what could."""
    same = name.casefold() == holder.casefold()
    reason = f"“{name}” is taken." if same else f"“{name}” looks like “{holder}”, which is taken."
    free = [f"“{other}”" for other in free_usernames(wanted=name, name=display_name)]
    return f"{reason} {' and '.join(free)} {'are' if len(free) > 1 else 'is'} free." if free else reason


def free_usernames(*, wanted: str, name: str = "") -> list[str]:
    """Two usernames close to `wanted` that nobody has."""
    close = [other for other in alternatives(wanted, name) if _may_exist(other)]
    keys = {username_key(other) for other in close}
    taken = set(User.objects.filter(username_key__in=keys).values_list("username_key", flat=True))
    return [other for other in close if username_key(other) not in taken][:SUGGESTIONS]


def _may_exist(name: str) -> bool:
    try:
        User._meta.get_field("username").run_validators(name)
        refuse_reserved(name)
    except ValidationError:
        return False
    return True


# --- Profile --------------------------------------------------------------------------------------------------------


def change_profile(*, user: User, **fields: str) -> None:
    """Changes what others see of `user`: any of username, display_name, bio, status_text and time_zone.

    Raises `UsernameTaken` when somebody else was quicker.
    """
    unknown = fields.keys() - set(PROFILE)
    if unknown:
        raise TypeError(f"not part of a profile: {sorted(unknown)}")
    for field, value in fields.items():
        setattr(user, field, value)
    save_unique(user, update_fields=[*fields, *COMPUTED])
    log.info("profile changed user=%s", user.pk)


def save_unique(user: User, *, update_fields: list[str] | None = None) -> None:
    """Saves `user`. Raises `UsernameTaken` where the database says that the name went to somebody else."""
    try:
        with transaction.atomic():
            user.save(update_fields=update_fields)
    except IntegrityError:
        if not User.objects.named_like(user.username).exclude(pk=user.pk).exists():
            raise
        raise UsernameTaken(user.username) from None


def change_privacy(*, user: User, **choices: bool | str) -> None:
    """Changes who finds `user`, writes to them and sees what of them: any of `PRIVACY`."""
    unknown = choices.keys() - set(PRIVACY)
    if unknown:
        raise TypeError(f"not part of privacy: {sorted(unknown)}")
    before, reach = {name: getattr(user, name) for name in choices}, user.presence_reach
    for name, choice in choices.items():
        setattr(user, name, choice)
    user.save(update_fields=[*choices])
    changed = frozenset(name for name, choice in choices.items() if choice != before[name])
    log.info("privacy changed user=%s", user.pk)
    transaction.on_commit(lambda: choices_changed.send(sender=User, user=user, changed=changed), robust=True)
    announce_privacy_change(user=user, before=reach)


def change_keys(*, user: User, enter_sends: bool, letter_keys: bool) -> None:
    """Changes what Enter does while `user` writes, and whether single letters do anything."""
    user.enter_sends, user.letter_keys = enter_sends, letter_keys
    user.save(update_fields=["enter_sends", "letter_keys"])


def change_notifications(*, user: User, **choices: bool | time | None) -> None:
    """Changes whether `user` is told of messages while they are away, in which words and when not: `NOTIFICATIONS`."""
    unknown = choices.keys() - set(NOTIFICATIONS)
    if unknown:
        raise TypeError(f"not part of notifications: {sorted(unknown)}")
    for name, choice in choices.items():
        setattr(user, name, choice)
    user.save(update_fields=[*choices])
    log.info("notifications changed user=%s", user.pk)


def announce_privacy_change(*, user: User, before: int) -> None:
    """Tells whoever shows presence, once it is certain, if that of `user` reaches less far than `before`."""
    if user.presence_reach < before:
        _announce_hidden(user)


def _announce_hidden(user: User) -> None:
    transaction.on_commit(lambda: privacy_changed.send(sender=User, user=user), robust=True)


def set_avatar(*, user: User, picture: bytes) -> None:
    """Makes `picture` (a WebP of ours) the picture of `user` and forgets the one before."""
    storage = user.avatar.storage
    name = storage.save(f"avatars/{secrets.token_hex(16)}.webp", ContentFile(picture))
    try:
        _swap_avatar(user, name)
    except BaseException:
        storage.delete(name)
        raise
    log.info("picture changed user=%s", user.pk)


def remove_avatar(*, user: User) -> None:
    """Forgets the picture of `user`."""
    _swap_avatar(user, "")
    log.info("picture removed user=%s", user.pk)


@transaction.atomic
def _swap_avatar(user: User, name: str) -> None:
    """The row lock makes the old name certain, so that two swaps at once leave no file behind."""
    stored = User.objects.select_for_update().only("avatar").get(pk=user.pk)
    old = stored.avatar.name
    user.avatar.name = name
    user.save(update_fields=["avatar"])
    if old:
        transaction.on_commit(lambda: user.avatar.storage.delete(old))


# --- Access ---------------------------------------------------------------------------------------------------------


def announce_access_change(*, user: User, reason: str, session_key: str | None = None) -> None:
    """Tells whoever holds open connections of `user`, once it is certain, that they end: all, or one session's."""
    transaction.on_commit(
        lambda: access_changed.send(sender=User, user=user, reason=reason, session_key=session_key), robust=True
    )


def admit(*, user_id: int) -> None:
    """Makes a newcomer one of the members: no address to confirm stands between them and the others any more."""
    User.objects.filter(pk=user_id, must_verify_email=True).update(must_verify_email=False)


def replace_password(*, user: User, password: str | None) -> None:
    """Sets the password of `user` (None: no password) and ends all access by the old one. Nothing else is written.

    Who calls it says so by `announce_access_change` when the browser at hand has its new session.
    """
    user.set_password(password)
    _grow_epoch(user, password=user.password)


@transaction.atomic
def deactivate(*, user: User, by: User | None = None) -> None:
    """Ends everything that `user` has open and lets them in no more."""
    _grow_epoch(user, is_active=False)
    user.is_active = False
    sessions = UserSession.objects.filter(user=user)
    _end(sessions)
    log.info("deactivated user=%s by=%s", user.pk, by and by.pk)
    announce_access_change(user=user, reason="deactivated")
    _announce_hidden(user)


def reactivate(*, user: User, by: User | None = None) -> None:
    """Lets `user` in again."""
    user.is_active = True
    user.save(update_fields=["is_active"])
    log.info("reactivated user=%s by=%s", user.pk, by and by.pk)


def _grow_epoch(user: User, **changes: object) -> None:
    """Counts in the database: two changes at once, from rows read earlier, still count as two."""
    rows = User.objects.filter(pk=user.pk)
    rows.update(access_epoch=F("access_epoch") + 1, **changes)
    user.refresh_from_db(fields=["access_epoch"])


def end_sessions(*, user: User, sessions: Iterable[UserSession]) -> None:
    """Signs `user` out where these sessions are open."""
    ended = _end(sessions)
    log.info("sessions ended user=%s count=%s", user.pk, len(ended))
    for key in ended:
        announce_access_change(user=user, reason="signed_out", session_key=key)


def _end(sessions: Iterable[UserSession]) -> list[str]:
    keys = []
    for session in sessions:
        keys.append(session.session_key)
        session.end()
    return keys


def make_reset_link(*, user: User, by: User | None = None) -> str:
    """The path of a page where `user` chooses a new password: once, within a day. Logs who made it."""
    token = default_token_generator.make_token(user)
    log.warning("password reset link made for user=%s by=%s", user.pk, by.pk if by else "console")
    return reverse("account_reset_password_from_key", kwargs={"uidb36": user_pk_to_url_str(user), "key": token})


# --- The owner ------------------------------------------------------------------------------------------------------


def has_owner() -> bool:
    """Whether somebody was made owner already. Also when they may not act now: /setup/ is open once, not again."""
    return User.objects.filter(is_superuser=True).exists()


def make_owner(*, username: str, display_name: str, password: str, email: str = "") -> User:
    """Makes the site's first owner. Raises `OwnerExists` for all but the first, `UsernameTaken` on a taken name."""
    owner = User(username=username, display_name=display_name, email=email, is_staff=True, is_superuser=True)
    owner.set_password(password)  # slow on purpose, so before the lock
    with transaction.atomic():
        _lock_ownership()
        if has_owner():
            raise OwnerExists
        save_unique(owner)
        if email:
            EmailAddress.objects.create(user=owner, email=email, primary=True, verified=False)
    log.warning("owner made user=%s", owner.pk)
    return owner


def _lock_ownership() -> None:
    """One at a time until the transaction ends. SQLite's transactions already write one at a time."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [OWNER_LOCK])
