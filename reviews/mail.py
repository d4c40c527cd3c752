"""The e-mails of this room."""

import logging
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse

from reviews.models import Invitation

log = logging.getLogger(__name__)


def invitation_link(token: str) -> str:
    return settings.SITE_URL.rstrip("/") + reverse("reviews:accept_invitation", args=[token])


def reaches_people() -> bool:
    """Whether e-mails leave this machine: False while they are only printed or dropped."""
    return not settings.EMAIL_BACKEND.endswith((".console.EmailBackend", ".dummy.EmailBackend"))


def send_invitation(invitation: Invitation, token: str) -> bool:
    """Send the invitation's link; False if the mail server did not take it or there is none to take it."""
    words = {"invitation": invitation, "review": invitation.review, "link": invitation_link(token)}
    return send_words("reviews/email/invitation", words, invitation.email) and reaches_people()


def send_words(template: str, words: dict[str, Any], to: str) -> bool:
    """Send ``<template>.txt`` under ``<template>_subject.txt``; False if the mail server did not take it."""
    subject = " ".join(render_to_string(f"{template}_subject.txt", words).split())
    try:
        sent = send_mail(
            subject, render_to_string(f"{template}.txt", words), from_email=None, recipient_list=[to]
        )
    except (SMTPException, OSError) as error:
        log.warning("an e-mail (%s) was not sent: %s", template, error)
        return False
    return bool(sent)
