"""The e-mails of this room."""

import logging
from smtplib import SMTPException

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
    subject = " ".join(render_to_string("reviews/email/invitation_subject.txt", words).split())
    try:
        sent = send_mail(
            subject,
            render_to_string("reviews/email/invitation.txt", words),
            from_email=None,
            recipient_list=[invitation.email],
        )
    except (SMTPException, OSError) as error:
        log.warning("the e-mail of invitation %s was not sent: %s", invitation.pk, error)
        return False
    return bool(sent) and reaches_people()
