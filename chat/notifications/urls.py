"""Addresses of notifications."""

from django.urls import path

from chat.notifications import views

urlpatterns = [
    path("api/push/key", views.key, name="push-key"),
    path("api/push/subscribe", views.subscribe, name="push-subscribe"),
    path("api/push/unsubscribe", views.unsubscribe, name="push-unsubscribe"),
    path("api/push/test", views.test, name="push-test"),
    path("api/notices/<int:notice_id>/seen", views.seen, name="notice-seen"),
    path("me/browsers/<int:browser_id>/remove/", views.remove_browser, name="browser-remove"),
]
