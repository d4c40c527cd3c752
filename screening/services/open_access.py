"""Asking Unpaywall which reports may be read freely; off unless the server's NETWORK_IMPORTS says otherwise.

Licence, version, host and address are kept with the report. The PDF itself is fetched only if OPEN_ACCESS_PDFS allows
it, too, and only for a report that has none.
"""

import io
from functools import partial

from django.conf import settings
from django.core.files import File
from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from records.services.from_network import require_network
from records.sources.web import NoAnswer
from reviews.audit import record_event
from reviews.errors import Refused
from reviews.jobs import Progress, enqueue
from reviews.models import Job, Review, User
from reviews.permissions import Permission
from screening.fetching import CannotGet, get
from screening.models import FullText
from screening.services.full_texts import attach_full_text
from screening.services.guards import NotEligible, require
from screening.unpaywall import Unpaywall

TASK = "screening.open_access"
BUSY = "Unpaywall is busy: another try in a moment"
#: What fits into the time one job may take.
MOST = 1_000
MOST_WITH_PDFS = 100


def askable(review: Review) -> QuerySet[FullText]:
    """Reports in hand of nobody that have a DOI and were not asked for yet, or long ago found closed."""
    current = FullText.objects.current().filter(review=review, file="")
    return current.exclude(record__doi="").filter(Q(open_access={}) | Q(open_access__open=False))


def request_open_access(*, review: Review, by: User) -> Job:
    """Queue the look-up of all reports without PDF. Raises NetworkOff or NotEligible."""
    require(review, by, Permission.MANAGE_FULL_TEXT)
    require_network()
    if not settings.CONTACT_EMAIL:
        raise NotEligible(
            "Unpaywall answers only those who give an e-mail address. Whoever runs this server sets CONTACT_EMAIL "
            "(see operations.md)."
        )
    if not askable(review).exists():
        raise NotEligible("No report without PDF has a DOI that could be asked for.")
    waiting = review.jobs.unfinished().filter(task=TASK).first()
    return waiting or enqueue(
        review=review, task=TASK, label="Looking for open-access reports", params={}, by=by
    )


def look_up(*, review: Review, by: User, progress: Progress) -> dict:
    """Ask for each report in turn; what was found before a failure stays."""
    require(review, by, Permission.MANAGE_FULL_TEXT)
    require_network()
    site = Unpaywall(email=settings.CONTACT_EMAIL, wait=partial(progress.wait, message=BUSY))
    most = MOST_WITH_PDFS if settings.OPEN_ACCESS_PDFS else MOST
    asked = list(askable(review).select_related("record").order_by("open_access__found_at", "pk")[:most])
    found = stored = 0
    for number, full_text in enumerate(asked, 1):
        progress.step(number - 1, len(asked), f"{found} open so far")
        try:
            answer = site.find(full_text.record.doi)
        except NoAnswer as error:
            raise NotEligible(f"{error} {number - 1} of {len(asked)} reports were asked for.") from error
        answer |= {"doi": full_text.record.doi, "found_at": timezone.now().isoformat(timespec="seconds")}
        found += answer["open"]
        if answer["open"] and answer["pdf"] and settings.OPEN_ACCESS_PDFS:
            answer["stored"] = _store(full_text, answer["pdf"], by)
            stored += answer["stored"] == "yes"
        with transaction.atomic():
            progress.hold()
            FullText.objects.filter(pk=full_text.pk).update(open_access=answer)
    record_event(
        review=review,
        actor=by,
        verb="screening.open_access",
        sentence=f"asked Unpaywall for {len(asked)} reports: {found} open access, {stored} PDFs attached",
        detail={"asked": len(asked), "open": found, "stored": stored},
    )
    url = reverse("screening:open_access", args=[review.slug])
    return {
        "asked": len(asked),
        "open": found,
        "stored": stored,
        "url": url,
        "label": f"{found} open: show them",
    }


def _store(full_text: FullText, url: str, by: User) -> str:
    """ "yes", or the sentence that says why the PDF could not be had."""
    try:
        data = get(url, most=settings.UPLOAD_LIMIT_BYTES)
        name = f"{full_text.record.citation}.pdf"
        attach_full_text(
            review=full_text.review, record=full_text.record, file=File(io.BytesIO(data), name), by=by
        )
    except (CannotGet, Refused) as error:
        return str(error)[:300]
    return "yes"
