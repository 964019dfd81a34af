"""The chat's addresses."""

from django.urls import path

from chat.attachments import urls as attachments
from chat.live import views as live
from chat.messages import urls as messages
from chat.notifications import urls as notifications
from chat.people import urls as people
from chat.rooms import urls as groups
from chat.rooms import views as rooms
from chat.search import urls as search

app_name = "chat"

urlpatterns = [
    *attachments.urlpatterns,
    *groups.urlpatterns,
    *messages.urlpatterns,
    *notifications.urlpatterns,
    *people.urlpatterns,
    *search.urlpatterns,
    path("", rooms.home, name="home"),
    path("r/<slug:public_id>/", rooms.room, name="room"),
    path("r/<slug:public_id>/<str:slug>/", rooms.room, name="room-slug"),
    path("api/commands/", live.commands, name="commands"),
    path("api/session", rooms.session, name="session"),
    path("api/switch", rooms.switch, name="switch"),
]
