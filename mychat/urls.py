"""Every address of the site but the two a platform asks (`probes.py`)."""

from allauth.account.decorators import secure_admin_login
from csp.decorators import csp_replace
from django.contrib import admin
from django.urls import include, path

from mychat import installable

# Staff come in by the sign-in page, which counts attempts; the admin's own form doesn't.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
# The admin's own jQuery hands strings to the HTML parser: its pages do without trusted types.
untyped = csp_replace({"require-trusted-types-for": None, "trusted-types": None})
guarded = admin.site.admin_view
admin.site.admin_view = lambda view, cacheable=False: untyped(guarded(view, cacheable))  # type: ignore[method-assign]

urlpatterns = [
    path("", include("accounts.urls")),  # before allauth: wraps some of its pages
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("", include("chat.urls")),
    path("manifest.webmanifest", installable.manifest, name="manifest"),
    path("sw.js", installable.worker, name="worker"),
    path("offline/", installable.offline, name="offline"),
]

handler400 = "mychat.views.bad_request"
handler403 = "mychat.views.forbidden"
handler404 = "mychat.views.not_found"
handler429 = "mychat.views.too_many"
handler500 = "mychat.views.server_error"
