"""Addresses as people outside get them."""

from django.conf import settings
from django.urls import reverse


def public_link(token: str) -> str:
    return settings.SITE_URL.rstrip("/") + reverse("public", args=[token])
