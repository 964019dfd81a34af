"""The addresses of messages."""

from django.urls import path

from chat.messages import views

urlpatterns = [
    path("r/<slug:public_id>/messages/", views.messages, name="room-messages"),
    path("r/<slug:public_id>/messages/<int:seq>/edits/", views.edits, name="message-edits"),
    path("r/<slug:public_id>/pins/", views.pins, name="room-pins"),
    path("starred/", views.starred, name="starred"),
]
