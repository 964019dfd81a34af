"""Addresses of people, and of what they let each other do."""

from django.urls import path

from chat.people import views

urlpatterns = [
    path("people/", views.directory, name="people"),
    path("people/@<str:username>/", views.profile, name="person"),
    path("people/@<str:username>/message/", views.message, name="person-message"),
    path("people/@<str:username>/block/", views.block, name="person-block"),
    path("requests/", views.waiting, name="requests"),
    path("r/<slug:public_id>/request/", views.answer_request, name="request-answer"),
    path("r/<slug:public_id>/messages/<int:seq>/", views.reveal, name="room-message"),
    path("r/<slug:public_id>/close/", views.close, name="room-close"),
]
