"""What automation tools did with records: left them unread, or cast one of their votes; now or at a moment."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q

from reviews.models import Review
from screening.models import Adjudication, AutomaticRemoval, Decision, RemovedRecord, Stage


def removed(review: Review, at: datetime | None = None) -> tuple[dict[int, int], dict[int, str]]:
    """The removal by which each record is (or was at ``at``) left unread, and the sentence of every removal."""
    rows = RemovedRecord.objects.filter(removal__review=review).order_by()
    rows = rows.filter(_stood(at), removal__created_at__lte=at) if at else rows.live()
    words = AutomaticRemoval.objects.filter(review=review).order_by("number").values_list("pk", "sentence")
    return dict(rows.values_list("record_id", "removal_id").iterator()), dict(words)


def voted_by_tool(review: Review, at: datetime | None = None) -> dict[int, bool]:
    """The records with a vote of a model at title and abstract that stands (or stood), and whether a person judged
    them, too: by a vote or as resolver."""
    here = Q(_stood(at), review=review, stage=Stage.TITLE_ABSTRACT)
    if at:
        here &= Q(created_at__lte=at)
    votes = Decision.objects.filter(here).order_by()
    tools = set(votes.exclude(model="").values_list("record_id", flat=True).iterator())
    if not tools:
        return {}
    words = Adjudication.objects.filter(here).order_by()
    judged = {*_records(votes.filter(model="")), *_records(words)}
    return {pk: pk in judged for pk in tools}


def _records(rows) -> Iterable[int]:
    return rows.values_list("record_id", flat=True).iterator()


def _stood(at: datetime | None) -> Q:
    return Q(withdrawn_at=None) | Q(withdrawn_at__gt=at) if at else Q(withdrawn_at=None)
