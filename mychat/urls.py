"""Every address of the site."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

from mychat import views

# Staff come in by the sign-in page, which counts attempts; the admin's own form doesn't.
admin.site.login = secure_admin_login(admin.site.login)

urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("", include("accounts.urls")),  # before allauth: wraps some of its pages
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("", include("chat.urls")),
]

handler400 = "mychat.views.bad_request"
handler403 = "mychat.views.forbidden"
handler404 = "mychat.views.not_found"
handler429 = "mychat.views.too_many"
handler500 = "mychat.views.server_error"
