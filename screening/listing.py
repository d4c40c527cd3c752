"""What one row of the list of records shows: what the person may see of it, in a fixed number of queries."""

from collections.abc import Sequence

from django.db.models import Prefetch

from records.models import Record
from reviews.models import Membership
from screening.likeliness import shown_on, stages_shown
from screening.models import Decision, Labelling, Stage, Verdict, left_unread
from screening.retraction_flags import notices


def rows(membership: Membership, ids: Sequence[int]) -> list[Record]:
    """The records with these ids in this order, with ``stages``, ``own_decisions``, ``labels_shown``, ``vote_at``,
    and ``says`` for each stage that shows scores.
    """
    own = Decision.objects.live().filter(reviewer=membership.user).select_related("reason")
    shown = Verdict.objects.visible_to(membership, of_unique=True).select_related("reason")
    uses = Labelling.objects.live().visible_to(membership).select_related("label")
    found = (
        Record.objects.unique()
        .annotate(is_left_unread=left_unread())
        .filter(review=membership.review, pk__in=ids)
        .select_related("search", "full_text")
        .defer("raw", "extra", "original")
        .prefetch_related(
            Prefetch("verdicts", shown, to_attr="shown_verdicts"),
            Prefetch("decisions", own, to_attr="own_decisions"),
            Prefetch("labellings", uses, to_attr="uses"),
            notices(),
        )
    )
    by_id = {record.pk: _prepared(record) for record in found}
    says = [shown_on(membership, stage, ids) for stage in stages_shown(membership)]
    for pk, record in by_id.items():
        record.says = [likely.get(pk) for likely in says]  # type: ignore[attr-defined]
    return [by_id[pk] for pk in ids if pk in by_id]


def _prepared(record: Record) -> Record:
    """The verdict of each stage that may be shown, whether the record is there, and where the list's keys vote."""
    shown = {verdict.stage: verdict for verdict in record.shown_verdicts}  # type: ignore[attr-defined]
    first, second = shown.get(Stage.TITLE_ABSTRACT), shown.get(Stage.FULL_TEXT)
    included = first is not None and first.state == Verdict.State.INCLUDED
    record.stages = [(Stage.TITLE_ABSTRACT, first, True), (Stage.FULL_TEXT, second, included)]  # type: ignore[attr-defined]
    labels = {use.label for use in record.uses}  # type: ignore[attr-defined]
    record.labels_shown = sorted(labels, key=lambda label: (label.order, label.name))  # type: ignore[attr-defined]
    at = Stage.TITLE_ABSTRACT if first is None or not first.is_settled else None
    if record.is_left_unread:  # type: ignore[attr-defined]
        at = None
    if included and not (second and second.is_settled):
        at = Stage.FULL_TEXT
    record.vote_at = at  # type: ignore[attr-defined]
    return record
