"""Labels and notes, as far as the member may see them."""

from collections.abc import Iterable, Iterator

from reviews.downloads import csv_lines
from reviews.models import Membership
from screening.models import Labelling, Note

HEADER = ["note_id", "record_id", "record", "stage", "author", "for", "answers", "text", "at", "changed_at"]


def as_csv(membership: Membership) -> Iterable[str]:
    """One row per note: one's own, also private ones, questions and answers, and the team's on complete records."""
    return csv_lines(HEADER, rows(membership))


def labels_of(membership: Membership) -> dict[int, list[str]]:
    """For each record the names of the shared labels on it, each once, in the order of the labels."""
    uses = Labelling.objects.live().visible_to(membership).filter(label__owner=None)
    found: dict[int, dict[str, None]] = {}
    for pk, name in uses.order_by("label__order", "label", "pk").values_list("record", "label__name"):
        found.setdefault(pk, {})[name] = None
    return {pk: list(names) for pk, names in found.items()}


def notes_of(membership: Membership) -> dict[int, list[str]]:
    """For each record the notes for the team, oldest first: "Ana Silva: text"."""
    notes = Note.objects.live().visible_to(membership).filter(audience=Note.Audience.TEAM)
    found: dict[int, list[str]] = {}
    for note in notes.select_related("author").order_by("pk").iterator(chunk_size=500):
        found.setdefault(note.record_id, []).append(f"{note.author}: {note.text}")
    return found


def rows(membership: Membership) -> Iterator[list]:
    notes = Note.objects.live().visible_to(membership).select_related("record", "author", "asked")
    for note in notes.order_by("pk").iterator(chunk_size=500):
        yield [
            note.pk,
            note.record_id,
            note.record.citation,
            note.stage,
            str(note.author),
            str(note.asked) if note.asked else note.audience,
            note.parent_id,
            note.text,
            note.created_at.isoformat(),
            note.changed_at.isoformat() if note.changed_at else "",
        ]
