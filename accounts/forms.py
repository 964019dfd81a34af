"""What people type about their accounts."""

import zoneinfo
from functools import cache
from typing import Any

from allauth.account.forms import (
    AddEmailForm,
    ChangePasswordForm,
    LoginForm,
    ReauthenticateForm,
    ResetPasswordForm,
    ResetPasswordKeyForm,
    SetPasswordForm,
    SignupForm,
)
from django import forms
from django.conf import settings
from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError

from accounts import services
from accounts.models import User
from accounts.names import LinesField, NameField, clean_line
from accounts.requests import MemberRequest
from accounts.setup import is_setup_code
from accounts.uploads import BadPicture, reencode

PASSWORD_HINT = "At least 10 characters; a few plain words work well."  # noqa: S105
NAME_HINT = "Shown to people you talk with. A nickname is fine."
USERNAME_ATTRS = {
    "autocomplete": "username",
    "autocapitalize": "none",
    "autocorrect": "off",
    "spellcheck": "false",
    "maxlength": "32",
}


class UsernameField(forms.CharField):
    """A username as typed; the form decides whether it can be had."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs=dict(USERNAME_ATTRS))
        super().__init__(**{"label": "Username", "max_length": 150, "widget": widget, **kwargs})


def _plain(form: forms.Form) -> None:
    """Takes allauth's placeholders away: a label says it, and stays."""
    for field in form.fields.values():
        field.widget.attrs.pop("placeholder", None)


# --- Coming in ------------------------------------------------------------------------------------------------------


class SignInForm(LoginForm):
    """Username, or email address where the site has mail, and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(self)
        self.fields["login"] = forms.CharField(  # longer than a name: it is found however it is typed
            label="Email or username" if settings.HAS_MAIL else "Username",
            max_length=254,
            widget=forms.TextInput(attrs=dict(USERNAME_ATTRS)),
            error_messages={"required": "Please enter your username."},
        )
        self.fields["password"].help_text = ""
        self.fields["password"].error_messages["required"] = "Please enter your password."
        self.fields["remember"].label = "Keep me signed in on this device"
        self.fields["remember"].initial = True


class SignUpForm(SignupForm):
    """A name, a username, an address where the site has mail, and a password."""

    display_name = NameField(help_text=NAME_HINT)
    field_order = ("display_name", "username", "email", "password1")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(self)
        self.fields["username"].widget.attrs.update(USERNAME_ATTRS)
        self.fields["username"].error_messages["required"] = "Please choose a username."
        self.fields["password1"].help_text = PASSWORD_HINT

    def clean_username(self) -> str:
        """The username as it will be stored. Raises `ValidationError` with free ones where it's taken."""
        name = self.cleaned_data.get("display_name", "")
        return services.check_username(username=self.cleaned_data["username"], display_name=name)

    def refuse_username(self) -> None:
        """Says that somebody took the username between the check and the saving."""
        name = self.cleaned_data["username"]
        self.add_error("username", services.taken_sentence(name, name, self.cleaned_data["display_name"]))


class OwnerForm(forms.Form):
    """The set-up code and the first owner."""

    code = forms.CharField(
        label="Set-up code",
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
        help_text="It’s in the log of the deployment (the release step), or in the variable SETUP_CODE.",
    )
    display_name = NameField(help_text=NAME_HINT)
    username = UsernameField()
    email = forms.EmailField(
        label="Email", required=False, max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
    password = forms.CharField(
        label="Password",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=PASSWORD_HINT,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not settings.HAS_MAIL:
            del self.fields["email"]

    def clean_code(self) -> str:
        """The code, when it's the right one."""
        code = self.cleaned_data["code"]
        if not is_setup_code(code):
            raise ValidationError("That isn’t the code.")
        return code

    def clean_username(self) -> str:
        """The username as it will be stored. Owners may be called "admin" or "root": they are."""
        return services.check_username(username=self.cleaned_data["username"], reserved_too=True)

    def clean_email(self) -> str:
        """The address in small letters, as everywhere."""
        return self.cleaned_data["email"].lower()

    def clean_password(self) -> str:
        """A password that isn't easily guessed."""
        password = self.cleaned_data["password"]
        password_validation.validate_password(password, User(username=self.cleaned_data.get("username", "")))
        return password


# --- Settings -------------------------------------------------------------------------------------------------------


@cache
def zone_names() -> frozenset[str]:
    """Every time zone a browser may name."""
    return frozenset(zoneinfo.available_timezones())


@cache
def zone_choices() -> tuple[Any, ...]:
    """The zones people choose from, by continent."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for name in sorted(zone_names()):
        area, _, place = name.partition("/")
        if place and area not in {"Etc", "SystemV", "US", "posix", "right"}:
            groups.setdefault(area, []).append((name, place.replace("_", " ").replace("/", " – ")))
    return ("", f"The site’s own ({settings.TIME_ZONE})"), ("UTC", "UTC"), *groups.items()


class ProfileForm(forms.Form):
    """What others see of a person."""

    display_name = NameField(label="Name")
    username = UsernameField()
    bio = LinesField(
        label="About",
        required=False,
        max_length=240,
        widget=forms.Textarea(attrs={"rows": "3", "data-letters": "240"}),
        help_text="At most 240 characters.",
    )
    status_text = forms.CharField(
        label="Status", required=False, max_length=80, help_text="What you’re up to, in a few words."
    )
    time_zone = forms.ChoiceField(
        label="Time zone",
        required=False,
        choices=zone_choices,
        widget=forms.Select(attrs={"data-zone": settings.TIME_ZONE}),
    )

    def __init__(self, user: User, data: Any = None) -> None:
        self.user = user
        super().__init__(data, initial={name: getattr(user, name) for name in services.PROFILE}, auto_id="profile_%s")

    def clean_username(self) -> str:
        """The username as it will be stored. Raises `ValidationError` with free ones where it's taken."""
        name = self.cleaned_data.get("display_name", "")
        return services.check_username(username=self.cleaned_data["username"], display_name=name, user=self.user)

    def clean_status_text(self) -> str:
        """The status on one line."""
        return clean_line(self.cleaned_data["status_text"])

    def refuse_username(self) -> None:
        """Says that somebody took the username between the check and the saving."""
        name = self.cleaned_data["username"]
        self.add_error("username", services.taken_sentence(name, name, self.cleaned_data["display_name"]))


class AvatarForm(forms.Form):
    """A new picture; `cleaned_data["picture"]` is it, made anew."""

    picture = forms.FileField(
        label="Picture",
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp,image/gif"}),
        allow_empty_file=True,
        error_messages={"required": "Please choose a picture first."},
    )

    def __init__(self, *args: Any, may_try: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "picture_%s", **kwargs})
        self.may_try = may_try

    def clean_picture(self) -> bytes:
        """The picture as a small WebP. Raises `ValidationError` for what isn't one, unread when it's one too many."""
        if not self.may_try:
            raise ValidationError("That’s a lot of pictures. Please wait ten minutes and try again.", code="slow_down")
        try:
            return reencode(self.cleaned_data["picture"])
        except BadPicture as error:
            raise ValidationError(str(error)) from None


class PrivacyForm(forms.Form):
    """Who writes to a person, who finds them, and what others see of them."""

    write_audience = forms.ChoiceField(label="Who may write to me", choices=User.WriteAudience.choices)
    presence_audience = forms.ChoiceField(label="Who sees when I’m online", choices=User.PresenceAudience.choices)
    last_seen_audience = forms.ChoiceField(label="Who sees when I was last here", choices=User.PresenceAudience.choices)
    gives_receipts = forms.BooleanField(label="Tell others what I’ve read", required=False)
    gives_typing = forms.BooleanField(label="Tell others when I’m typing", required=False)
    is_listed = forms.BooleanField(label="List me in the directory", required=False)

    def __init__(self, user: User, data: Any = None) -> None:
        initial = {name: getattr(user, name) for name in services.PRIVACY}
        super().__init__(data, initial=initial, auto_id="privacy_%s")


class NotificationsForm(forms.Form):
    """Whether a person is told of messages while they are away, in which words, and when not."""

    push_on = forms.BooleanField(label="Tell me of messages while I’m away", required=False)
    push_previews = forms.BooleanField(label="Show what was written", required=False)
    quiet_from = forms.TimeField(label="From", required=False)
    quiet_until = forms.TimeField(label="Until", required=False)

    def __init__(self, user: User, data: Any = None) -> None:
        initial = {name: getattr(user, name) for name in services.NOTIFICATIONS}
        super().__init__(data, initial=initial, auto_id="notifications_%s")
        for name in ("quiet_from", "quiet_until"):
            self.fields[name].widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")

    def clean(self) -> dict[str, Any]:
        """Both hours or neither."""
        cleaned = super().clean() or {}
        begin, end = cleaned.get("quiet_from"), cleaned.get("quiet_until")
        if (begin is None) != (end is None) and not self.errors:
            self.add_error("quiet_until" if end is None else "quiet_from", "Quiet hours need a beginning and an end.")
        return cleaned


class AppearanceForm(forms.Form):
    """Light or dark, or as the device has it, and how keys work."""

    theme = forms.ChoiceField(choices=[("system", "System"), ("light", "Light"), ("dark", "Dark")])
    enter_sends = forms.BooleanField(label="Enter sends a message", required=False)
    letter_keys = forms.BooleanField(label="Single letters are shortcuts", required=False)

    def __init__(self, request: MemberRequest, data: Any = None) -> None:
        theme = request.COOKIES.get("theme", "")
        initial = {
            "theme": theme if theme in {"light", "dark"} else "system",
            "enter_sends": request.user.enter_sends,
            "letter_keys": request.user.letter_keys,
        }
        super().__init__(data, initial=initial)


# --- allauth's other forms, without placeholders and lists of rules ---------------------------------------------------


class _OurWords:
    """Labels say what a field is; one sentence says what a password needs."""

    labels: dict[str, str] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(self)  # type: ignore[arg-type]
        for name, field in self.fields.items():  # type: ignore[attr-defined]
            field.label = self.labels.get(name, field.label)
            field.help_text = PASSWORD_HINT if name == "password1" else ""


class ChooseAddressForm(_OurWords, AddEmailForm):
    """The address a person wants to be reached by."""

    labels = {"email": "New address"}


class ChangePassword(_OurWords, ChangePasswordForm):
    """The old password and, twice, the new one."""

    labels = {"oldpassword": "Current password", "password1": "New password", "password2": "New password again"}


class SetPassword(_OurWords, SetPasswordForm):
    """A first password, twice."""

    labels = {"password1": "New password", "password2": "New password again"}


class ForgotPasswordForm(_OurWords, ResetPasswordForm):
    """The address a reset link goes to."""


class NewPasswordForm(_OurWords, ResetPasswordKeyForm):
    """A new password by a reset link, twice."""

    labels = {"password1": "New password", "password2": "New password again"}


class ConfirmItsYouForm(_OurWords, ReauthenticateForm):
    """The password once more before something that matters."""
