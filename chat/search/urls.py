"""Where one searches."""

from django.urls import path

from chat.search import views

urlpatterns = [
    path("search/", views.search, name="search"),
    path("search/messages.json", views.messages, name="search-messages"),
]
