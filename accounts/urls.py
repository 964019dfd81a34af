"""Addresses of accounts. The first block stands before allauth's own, which it wraps under the same paths."""

from allauth.account import views as allauth
from django.urls import path, re_path

from accounts.views import avatars, entrance, settings
from accounts.views.setup import setup

app_name = "accounts"
IN_SETTINGS = {"nav": "settings"}

urlpatterns = [
    path("accounts/", entrance.index, name="index"),
    path("accounts/login/", entrance.SignIn.as_view(), name="sign-in"),
    path("accounts/signup/", entrance.SignUp.as_view(), name="sign-up"),
    path("accounts/password/change/", entrance.ChangePassword.as_view(extra_context=IN_SETTINGS), name="password"),
    path("accounts/password/set/", entrance.SetPassword.as_view(extra_context=IN_SETTINGS), name="password-set"),
    path("accounts/password/reset/", entrance.forgot, name="forgot"),
    path("accounts/password/reset/done/", entrance.needs_mail(allauth.password_reset_done), name="forgot-done"),
    path("accounts/email/", entrance.needs_mail(entrance.Addresses.as_view(extra_context=IN_SETTINGS)), name="address"),
    path("accounts/confirm-email/", entrance.needs_mail(allauth.email_verification_sent), name="address-sent"),
    re_path(
        r"^accounts/confirm-email/(?P<key>[-:\w]+)/$",
        entrance.needs_mail(allauth.confirm_email),
        name="address-confirm",
    ),
    path("accounts/sessions/", entrance.index, name="sessions"),
    path("demo/", entrance.demo_sign_in, name="demo"),
    path("setup/", setup, name="setup"),
    path("me/", settings.page, name="settings"),
    path("me/profile/", settings.profile, name="profile"),
    path("me/avatar/", settings.picture, name="picture"),
    path("me/avatar/remove/", settings.remove_picture, name="picture-remove"),
    path("me/privacy/", settings.privacy, name="privacy"),
    path("me/notifications/", settings.notifications, name="notifications"),
    path("me/appearance/", settings.appearance, name="appearance"),
    path("me/sessions/end/", settings.end_session, name="session-end"),
    path("me/sessions/end-others/", settings.end_other_sessions, name="sessions-end"),
    path("avatars/<slug:public_id>/<slug:version>.webp", avatars.avatar, name="avatar"),
]
