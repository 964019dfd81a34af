"""The addresses of files."""

from django.urls import path

from chat.attachments import views

urlpatterns = [
    path("r/<slug:public_id>/attachments/", views.attachments, name="room-attachments"),
    path("r/<slug:public_id>/media/", views.media, name="room-media"),
    path("f/<slug:public_id>/", views.upload, name="upload"),
    path("f/<slug:public_id>/<str:name>", views.file, name="file"),
]
