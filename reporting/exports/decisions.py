"""Votes, adjudications and outcomes from before as a table."""

from collections.abc import Iterable, Iterator

from reviews.downloads import csv_lines
from reviews.models import Membership
from screening.models import Adjudication, Decision, Placement

HEADER = [
    "record_id",
    "record",
    "stage",
    "kind",
    "person",
    "decision",
    "reason",
    "note",
    "protocol_version",
    "at",
    "withdrawn_at",
    "model",
]


def as_csv(membership: Membership) -> Iterable[str]:
    """Votes, adjudications and outcomes from before that the member may see; withdrawn ones too, with their time.

    ``kind`` tells a vote cast here from one that was taken over from a file ("earlier vote") and one that a model
    cast ("automated vote"), whose name and version are in ``model``.
    """
    return csv_lines(HEADER, rows(membership))


def rows(membership: Membership) -> Iterator[list]:
    votes = Decision.objects.visible_to(membership).select_related("record", "reviewer", "reason")
    for vote in votes.order_by("pk").iterator(chunk_size=500):
        yield [
            vote.record_id,
            vote.record.citation,
            vote.stage,
            _kind(vote),
            str(vote.reviewer),
            vote.vote,
            vote.reason.label if vote.reason else "",
            vote.note,
            vote.protocol_version,
            vote.created_at.isoformat(),
            vote.withdrawn_at.isoformat() if vote.withdrawn_at else "",
            vote.model,
        ]
    rulings = Adjudication.objects.visible_to(membership)
    for ruling in rulings.select_related("record", "adjudicator", "reason").order_by("pk"):
        yield [
            ruling.record_id,
            ruling.record.citation,
            ruling.stage,
            "adjudication",
            str(ruling.adjudicator),
            ruling.outcome or ("include" if ruling.included else "exclude"),
            ruling.reason.label if ruling.reason else "",
            ruling.comment,
            "",
            ruling.created_at.isoformat(),
            ruling.withdrawn_at.isoformat() if ruling.withdrawn_at else "",
            "",
        ]
    placed = Placement.objects.visible_to(membership)
    for one in placed.select_related("record", "intake__by", "reason").order_by("pk"):
        yield [
            one.record_id,
            one.record.citation,
            one.stage,
            "earlier review",
            str(one.intake.by),
            "include" if one.included else "exclude",
            one.reason.label if one.reason else "",
            one.intake.why,
            "",
            one.intake.created_at.isoformat(),
            one.withdrawn_at.isoformat() if one.withdrawn_at else "",
            "",
        ]


def _kind(vote: Decision) -> str:
    if vote.model:
        return "automated vote"
    return "earlier vote" if vote.intake_id else "vote"
