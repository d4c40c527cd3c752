"""E-mails to people who were asked or mentioned, if they want them."""

from django.conf import settings
from django.urls import reverse

from reviews.mail import send_words
from reviews.models import Membership
from screening.models import Mention, Note


def mail_notice(pk: int) -> bool:
    """Tell one person by e-mail of a question, answer or mention; False if none was sent.

    Nothing is sent to somebody who does not want it (their preferences), who saw it already, who left, or who may
    not read the note yet. The e-mail holds neither the note nor the record: it says who wrote, and where to read it.
    """
    mention = Mention.objects.select_related("user", "note__author", "note__review").filter(pk=pk).first()
    if mention is None or not mention.user.is_active or not mention.user.preferences.get("notice_email"):
        return False
    member = Membership.objects.present().filter(review=mention.note.review, user=mention.user).first()
    if member is None or not Mention.objects.unseen().visible_to(member).filter(pk=pk).exists():
        return False
    note = mention.note
    asks = note.audience == Note.Audience.ASKED and note.parent_id is None
    words = {
        "note": note,
        "what": "asks you something about" if asks else "wrote to you about",
        "link": settings.SITE_URL.rstrip("/") + reverse("screening:asked", args=[note.review.slug]),
    }
    return send_words("screening/email/notice", words, mention.user.email)
