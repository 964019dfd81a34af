"""People, for those who run the site. Conversations are not to be found here."""

from typing import Any, cast

from allauth.account.admin import EmailAddressAdmin
from allauth.account.models import EmailAddress
from allauth.usersessions import admin as usersessions
from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm, AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from accounts import services
from accounts.models import User

admin.site.site_header = admin.site.site_title = settings.SITE_NAME
# A session ends by `services.end_sessions`, which closes its sockets; not by deleting a row.
admin.site.unregister(usersessions.UserSession)
admin.site.unregister([EmailAddress, Group])

RIGHTS = ("is_staff", "is_superuser", "groups", "user_permissions")


def _is_owner(request: HttpRequest) -> bool:
    return request.user.is_active and request.user.is_superuser


class _ChangedByOwners:
    """Staff may look, if they may that, and touch nothing: these rows decide who gets which rights."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Owners."""
        return _is_owner(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Owners."""
        return _is_owner(request)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Owners."""
        return _is_owner(request)


@admin.register(EmailAddress)
class AddressAdmin(_ChangedByOwners, EmailAddressAdmin):
    """Addresses: who confirms one gets a person's reset links."""

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Owners confirm addresses."""
        return super().get_actions(request) if _is_owner(request) else {}


@admin.register(Group)
class RightsAdmin(_ChangedByOwners, GroupAdmin):
    """Groups: who is in one has its rights."""


class _FreeUsername:
    """The database knows look-alikes; a form has to ask before."""

    cleaned_data: dict[str, Any]
    instance: User

    def clean_username(self) -> str:
        """The username as it will be stored. Raises `ValidationError`."""
        user = self.instance if self.instance.pk else None
        return services.check_username(username=self.cleaned_data["username"], user=user, reserved_too=True)


class PersonForm(_FreeUsername, UserChangeForm):
    """A person as staff see them."""


class NewPersonForm(_FreeUsername, AdminUserCreationForm):
    """A person whom staff let in."""


class PasswordByStaffForm(AdminPasswordChangeForm):
    """A new password for somebody else: whatever they have open ends."""

    def save(self, commit: bool = True) -> User:
        """Saves and says so."""
        user = super().save(commit)
        services.announce_access_change(user=user, reason="password_changed")
        return user


@admin.register(User)
class PersonAdmin(UserAdmin):
    """People are deactivated, not deleted: others keep their side of a conversation."""

    form = PersonForm
    add_form = NewPersonForm
    change_password_form = PasswordByStaffForm
    list_display = ("username", "display_name", "is_active", "is_staff", "is_superuser", "date_joined")
    list_filter = ("is_active", "is_staff", "is_superuser")
    search_fields = ("username", "display_name", "email")
    ordering = ("name_key", "pk")
    readonly_fields = ("last_login", "date_joined")
    actions = ("make_reset_link",)
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Profile", {"fields": ("display_name", "email", "bio", "status_text", "time_zone")}),
        ("Privacy", {"fields": ("is_listed", "presence_audience")}),
        ("Rights", {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"fields": ("username", "display_name", "usable_password", "password1", "password2")}),)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Staff with that right for members; owners for staff and owners too. Holds for the password's page as well."""
        out_of_reach = obj is not None and (obj.is_staff or obj.is_superuser) and not _is_owner(request)
        return not out_of_reach and super().has_change_permission(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """Nobody gives rights but owners."""
        return self.readonly_fields if _is_owner(request) else (*self.readonly_fields, *RIGHTS)

    def save_model(self, request: HttpRequest, obj: User, form: forms.ModelForm, change: bool) -> None:
        """Saves what was changed and no more; a person who is shut out loses what they have open."""
        if not change:
            services.save_unique(obj)
            return
        before = User.objects.get(pk=obj.pk).presence_reach
        columns = {field.name for field in obj._meta.concrete_fields} & set(form.changed_data)
        services.save_unique(obj, update_fields=[*columns, *services.COMPUTED])
        services.announce_privacy_change(user=obj, before=before)
        if "is_active" in columns:
            decide = services.reactivate if obj.is_active else services.deactivate
            decide(user=obj, by=cast(User, request.user))

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """A reset link opens any account, so only owners make them."""
        actions = super().get_actions(request)
        if not _is_owner(request):
            actions.pop("make_reset_link", None)
        return actions

    @admin.action(description="Make a password reset link (once, 24 hours)")
    def make_reset_link(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Shows a link for one chosen person, to be handed to them by a way the owner trusts."""
        if queryset.count() != 1:
            self.message_user(request, "Choose one person at a time.", messages.ERROR)
            return
        user = queryset.get()
        link = request.build_absolute_uri(services.make_reset_link(user=user, by=cast(User, request.user)))
        self.message_user(request, f"For {user}, once, within 24 hours: {link}", messages.SUCCESS)
