"""A checklist to hand in: as a Word document, and as a table with what the application knows."""

from collections.abc import Iterable, Sequence

from reporting.checklists.base import Checklist
from reporting.checklists.filling import Line, filled
from reviews.documents import word
from reviews.downloads import csv_lines
from reviews.models import Review

FORMATS = {"docx": word.DOCX, "csv": "text/csv; charset=utf-8"}
HEADER = ["section", "item", "topic", "what_to_report", "location", "said_by", "known_here", "to_do"]
OWN_WORDS = (
    "What to report is put in short words here; the official wording is at the address above. Locations that nobody "
    "wrote are proposed by the application: they name parts of its Word report, so replace them by pages."
)


def file_name(review: Review, checklist: Checklist, extension: str) -> str:
    return f"{review.slug}_checklist_{checklist.key}.{extension}"


def file_of(review: Review, checklist: Checklist, extension: str) -> bytes:
    """The filled-in checklist in one of FORMATS; the same answers and data give the same bytes."""
    lines = filled(review, checklist)
    return as_docx(review, checklist, lines) if extension == "docx" else "".join(as_csv(lines)).encode()


def as_csv(lines: Sequence[Line]) -> Iterable[str]:
    """A row for each item. ``said_by``: team, application (proposed) or empty; ``to_do``: what is lacking yet."""
    return csv_lines(HEADER, map(_row, lines))


def _row(line: Line) -> list[str]:
    item = line.item
    return [
        item.section,
        item.number,
        item.topic,
        item.text,
        line.location,
        "team" if line.is_own else "application" if line.location else "",
        " ".join(fact.words for fact in line.facts if not fact.lacking),
        " ".join(fact.words for fact in line.facts if fact.lacking),
    ]


def as_docx(review: Review, checklist: Checklist, lines: Sequence[Line]) -> bytes:
    """Section, number, what to report, and where it is reported: the columns that journals ask for."""
    name = f"{checklist.name} checklist"
    document = word.new_document(f"{name}: {review.title}", landscape=True)
    word.title(document, name, review.title)
    word.paragraph(document, [f"{checklist.reference}. ", word.Words(checklist.url, href=checklist.url)])
    word.notes(document, [OWN_WORDS])
    rows: list[word.Row] = []
    section = ""
    for line in lines:
        if line.item.section != section:
            section = line.item.section
            rows.append(word.group_row(section, 4))
        rows.append([line.item.topic, line.item.number, line.item.text, line.location])
    header = ["Topic", "Item", "What to report", "Where it is reported"]
    word.table(document, header, rows, widths=[22, 6, 42, 30], summary=name)
    return word.save(document)
