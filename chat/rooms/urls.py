"""The addresses of groups. Part of `chat/urls.py`, before the rooms' own."""

from django.urls import path

from chat.rooms import group_views as groups
from chat.rooms import member_views as members

urlpatterns = [
    path("rooms/", groups.open_groups, name="rooms"),
    path("r/new/", groups.new, name="group-new"),
    path("r/join/<str:token>/", members.invited, name="invited"),
    path("r/<slug:public_id>/join/", groups.join, name="group-join"),
    path("r/<slug:public_id>/leave/", groups.leave, name="group-leave"),
    path("r/<slug:public_id>/settings/", groups.settings, name="group-settings"),
    path("r/<slug:public_id>/picture/", groups.picture, name="group-picture"),
    path("r/<slug:public_id>/picture/remove/", groups.remove_picture, name="group-picture-remove"),
    path("r/<slug:public_id>/picture/<str:version>/", groups.avatar, name="group-avatar"),
    path("r/<slug:public_id>/members/", members.roll, name="group-members"),
    path("r/<slug:public_id>/members/<slug:person>/", members.member, name="group-member"),
    path("r/<slug:public_id>/invites/", members.make_invite, name="group-invites"),
    path("r/<slug:public_id>/invites/<int:number>/", members.revoke_invite, name="group-invite-revoke"),
    path("r/<slug:public_id>/people/", members.people, name="room-people"),
    path("r/<slug:public_id>/messages/<int:seq>/seen/", members.seen, name="message-seen"),
]
