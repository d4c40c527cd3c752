"""What the screen shows of each record: everything its pane needs, for many records in a fixed number of queries.

A pane is complete by itself, so that the browser can hold the next ones and show them without asking again.
"""

from collections.abc import Iterable

from django.http import HttpRequest
from django.template.loader import get_template

from records.models import Record
from reviews.models import Criterion, ExclusionReason, Membership, Review
from screening import likeliness
from screening.earlier import hide_decisions, shown_on
from screening.forms import VoteForm, present_reasons
from screening.models import Decision, Stage, Verdict
from screening.remarks import beside, labels_on, notes_on
from screening.retraction_flags import flag
from screening.services.places import house_of
from screening.services.stage_settings import settings_of
from screening.set_aside import included_studies_of

#: What the page needs of a record beside its own columns.
BESIDE = ("review", "search", "batch", "full_text")


def common(review: Review, stage: Stage) -> dict:
    """What all panes of a stage share."""
    settings = settings_of(review, stage)
    reasons = list(present_reasons(review))
    criteria = list(review.criteria.filter(retired_at=None))
    return {
        "stage": stage,
        "stage_settings": settings,
        "reasons": reasons,
        "criteria": criteria,
        "answers_offered": [("yes", "Yes"), ("no", "No"), ("unclear", "Unclear")],
        "questions": questions(criteria, reasons) if settings.ask_criteria else [],
        "quorum": house_of(review, stage).quorum,
        "reason_required": stage == Stage.FULL_TEXT or settings.reason_required,
        "names_hidden": settings.authors_hidden or settings.journal_hidden,
    }


def panes(
    membership: Membership,
    stage: Stage,
    records: Iterable[Record],
    shared: dict,
    form: VoteForm | None = None,
    *,
    drawn_now: bool = False,
) -> list[dict]:
    """The contexts of ``screening/_pane.html``, one for each record; ``form`` is a refused one to be shown again.

    ``drawn_now``: they come from ``queue.ahead`` at this moment, so they are open and without a vote of one's own.
    Only what ``membership`` may see: one's own vote, the outcome once it is told, remarks and labels by their rules.
    """
    records = [hide_decisions(record) for record in records]
    flag(records)
    seem = included_studies_of(membership.review, records) if stage == Stage.FULL_TEXT else {}
    pks = [record.pk for record in records]
    verdicts, own = ({}, {}) if drawn_now else _standing(membership, stage, pks)
    earlier = shown_on(membership, records)
    labels, notes = labels_on(membership, records), notes_on(membership, records, stage)
    around, says = beside(membership), likeliness.shown_on(membership, stage, pks)
    return [
        around
        | {
            "earlier": earlier.get(record.pk, []),
            "labels": labels.get(record.pk, []),
            "notes": notes.get(record.pk, []),
            "seems_of": seem.get(record.pk),
            "says": says.get(record.pk),
        }
        | _pane(record, verdicts.get(record.pk), own.get(record.pk), shared, form)
        for record in records
    ]


def _standing(membership: Membership, stage: Stage, pks: list[int]) -> tuple[dict, dict]:
    """The verdicts and one's own live votes, by record."""
    verdicts = Verdict.objects.at(stage).filter(record__in=pks)
    own = Decision.objects.live().at(stage).filter(record__in=pks, reviewer=membership.user)
    return {row.record_id: row for row in verdicts}, {row.record_id: row for row in own}


def questions(criteria: Iterable[Criterion], reasons: list[ExclusionReason]) -> list[dict]:
    """Each criterion as a question: the answer that excludes, and the reason it names, or one named like its element.

    "Wrong population" is the reason of a criterion on the population; one without such a reason proposes no reason.
    """
    return [
        {
            "criterion": each,
            "fails": "no" if each.kind == Criterion.Kind.INCLUDE else "yes",
            "reason": each.reason_id
            or next((reason.pk for reason in reasons if each.element in reason.label.casefold()), None),
        }
        for each in criteria
    ]


def _pane(
    record: Record,
    verdict: Verdict | None,
    own: Decision | None,
    shared: dict,
    form: VoteForm | None,
) -> dict:
    full = verdict is not None and verdict.votes >= shared["quorum"]
    return {
        "record": record,
        "own": own,
        "settled": verdict if verdict and verdict.is_settled else None,
        "taken": own is None and full,
        "form": form or VoteForm(review=record.review, initial={"note": own.note} if own else None),
    }


def drawn(request: HttpRequest, shared: dict, contexts: Iterable[dict]) -> list[dict]:
    """Panes as the browser holds them: ``[{"record": id, "html": ...}]``."""
    template = get_template("screening/_pane.html")
    return [
        {"record": each["record"].pk, "html": template.render(shared | each, request)} for each in contexts
    ]
