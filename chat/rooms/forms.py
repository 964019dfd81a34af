"""What people say about their groups."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from accounts.models import User
from accounts.names import NameField, clean_line
from accounts.usernames import username_key
from chat.models import Membership, Room
from chat.people.services import shares_room_with
from chat.rooms.groups import SETTINGS
from chat.rooms.members import AT_ONCE, addable_by

KNOWN = 100  # people offered by a tick; anybody else by username
DAYS = ((1, "a day"), (7, "a week"), (30, "30 days"))
USES = ((0, "any number of people"), (1, "one person"), (10, "10 people"), (100, "100 people"))


class PeopleForm(forms.Form):
    """People to bring in: ticked, or by username."""

    usernames = forms.CharField(
        label="By username",
        required=False,
        max_length=1000,
        help_text="For people you haven’t talked with: several with commas between.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )

    def __init__(self, user: User, data: Any = None, *, room: Room | None = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.user, self.room = user, room
        self.fields["people"] = forms.ModelMultipleChoiceField(
            addable_by(user), required=False, to_field_name="public_id"
        )
        self.ticked = set(data.getlist("people")) if data else set()

    @property
    def known(self) -> list[User]:
        """Whom the form offers to tick: people one shares a room with who aren't in this one."""
        near = addable_by(self.user).filter(shares_room_with(self.user.pk))
        if self.room:
            near = near.exclude(pk__in=Membership.objects.active().filter(room=self.room).values("user"))
        return list(near.by_name()[:KNOWN])

    def clean_usernames(self) -> list[User]:
        """The people behind the usernames. Raises `ValidationError` with the first who can't be added."""
        words = self.cleaned_data["usernames"].replace(",", " ").split()
        names = {username_key(word.lstrip("@")): word for word in words}
        found = addable_by(self.user).filter(username_key__in=list(names)[: AT_ONCE + 1])
        people = {one.username_key: one for one in found}
        for key, word in names.items():
            if key not in people:
                raise ValidationError(f"“{word}” can’t be added. Check the spelling; some people don’t want to be.")
        return list(people.values())

    def picked(self) -> list[User]:
        """Everybody chosen, once."""
        everybody = [*self.cleaned_data["people"], *self.cleaned_data["usernames"]]
        return list({one.pk: one for one in everybody}.values())


class NameAndTopic(forms.Form):
    """What a group is called and what it is about."""

    name = NameField(label="Name", widget=forms.TextInput(attrs={"autocomplete": "off"}))
    topic = forms.CharField(
        label="Topic",
        required=False,
        max_length=240,
        help_text="What the room is for, in a sentence.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean_topic(self) -> str:
        """The topic on one line."""
        return clean_line(self.cleaned_data["topic"])


class NewGroupForm(PeopleForm, NameAndTopic):
    """A group to be."""

    is_open = forms.ChoiceField(choices=(("", "Private"), ("on", "Open")), required=False)

    def clean_is_open(self) -> bool:
        """Whether anybody may join."""
        return bool(self.cleaned_data["is_open"])


class SettingsForm(NameAndTopic):
    """A group's settings; of a moderator only the topic counts."""

    is_open = forms.BooleanField(required=False)
    shows_history = forms.BooleanField(required=False)
    members_invite = forms.BooleanField(required=False)
    is_announcement = forms.BooleanField(required=False)

    def __init__(self, room: Room, data: Any = None, *, all_of_it: bool = True) -> None:
        super().__init__(data, initial={name: getattr(room, name) for name in SETTINGS})
        if not all_of_it:
            for name in set(SETTINGS) - {"topic"}:
                self.fields[name].disabled = True


class InviteForm(forms.Form):
    """How long a link works, and for how many."""

    days = forms.TypedChoiceField(label="Works for", choices=DAYS, coerce=int, initial=7)
    uses = forms.TypedChoiceField(label="Lets in", choices=USES, coerce=int)

    def clean_uses(self) -> int | None:
        """For how many, or None for any number."""
        return self.cleaned_data["uses"] or None
