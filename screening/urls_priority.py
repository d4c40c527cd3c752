"""Addresses of the place "Priority": the order of screening, when to stop, replays, automation."""

from django.urls import path

from screening.views import priority

urlpatterns = [
    path("priority/", priority.priority, name="priority"),
]
