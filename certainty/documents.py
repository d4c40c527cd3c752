"""The summary of findings and the evidence profile as files: HTML that any program opens, CSV, and Word.

TABLES["summary"].build(review, comparison)    the plain data (certainty.tables)
FORMATS["docx"].write(table)                   bytes; the same table gives the same bytes
add_to(document, table)                        the table in a document that goes on (a report)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.template.loader import render_to_string
from django.utils.text import capfirst, slugify
from docx.document import Document

from certainty.rows import AbsoluteCell
from certainty.tables import (
    LOWERING,
    ProfileCell,
    ProfileRow,
    ProfileTable,
    SummaryRow,
    SummaryTable,
    evidence_profile,
    summary_of_findings,
)
from certainty.wording import NONE
from reviews.documents import word
from reviews.documents.word import Cell, Words
from reviews.downloads import csv_lines
from reviews.models import Review

AnyTable = SummaryTable | ProfileTable
MEANINGS = (
    "GRADE Working Group grades of evidence. High: we are very confident that the true effect lies close to the "
    "estimate. Moderate: it is probably close, but it may be substantially different. Low: it may be substantially "
    "different. Very low: it is likely to be substantially different."
)
NOTHING = "No finding is chosen for this table yet."


@dataclass(frozen=True)
class Kind:
    """One of the tables: its title, what it is, and what builds it."""

    title: str
    about: str
    build: Callable[[Review, str | None], AnyTable]
    only_summary: bool


TABLES: dict[str, Kind] = {
    "summary": Kind(
        "Summary of findings",
        "The main outcomes of a comparison: how many people, what effect, and how certain it is.",
        summary_of_findings,
        True,
    ),
    "profile": Kind(
        "Evidence profile",
        "Every finding of a comparison with what was decided in each domain, and why.",
        evidence_profile,
        False,
    ),
}


def as_csv(table: AnyTable) -> bytes:
    """A row for each outcome and baseline, with everything that the page shows."""
    return "".join(as_csv_of_all([table])).encode()


def as_csv_of_all(tables: Sequence[AnyTable]) -> Iterator[str]:
    """The same of several tables of one kind, as lines; with none, the header of the summary of findings."""
    header = _csv_header(any(isinstance(table, ProfileTable) for table in tables))
    return csv_lines(header, (row for table in tables for row in _csv_rows(table)))


def as_html(table: AnyTable) -> bytes:
    """A page by itself, without style: to be opened anywhere and pasted into a manuscript."""
    context = {"table": table, "meanings": MEANINGS, "profile": isinstance(table, ProfileTable)}
    return render_to_string("certainty/file.html", context).encode()


def as_docx(table: AnyTable) -> bytes:
    """A Word document, across the page."""
    return as_docx_of_all(table.title, [table])


def as_docx_of_all(title: str, tables: Sequence[AnyTable]) -> bytes:
    """A Word document with several tables, each under its heading."""
    document = word.new_document(title, landscape=True)
    for table in tables:
        word.heading(document, table.title)
        add_to(document, table)
    if not tables:
        word.heading(document, title)
        word.paragraph(document, NOTHING)
    return word.save(document)


class Format(NamedTuple):
    content_type: str
    write: Callable[[AnyTable], bytes]


FORMATS: dict[str, Format] = {
    "docx": Format(word.DOCX, as_docx),
    "csv": Format("text/csv; charset=utf-8", as_csv),
    "html": Format("text/html; charset=utf-8", as_html),
}


def file_name(review: Review, kind: str, table: AnyTable, extension: str) -> str:
    """Such as trd_summary_cbt-vs-usual-care.docx."""
    return "_".join(part for part in (review.slug, kind, table.key[:60]) if part) + f".{extension}"


def add_to(document: Document, table: AnyTable, caption: str = "") -> None:
    """The question, the table and its footnotes, at the end of a document whose page lies across."""
    for name, text in table.head:
        word.paragraph(document, [Words(f"{name}: ", bold=True), capfirst(text)])
    if not table.rows:
        word.paragraph(document, NOTHING)
        return
    add = _add_profile if isinstance(table, ProfileTable) else _add_summary
    add(document, table, caption)  # type: ignore[arg-type]
    lines: list[word.Content] = [[Words(mark, raised=True), f" {text}"] for mark, text in table.footnotes]
    if stale := [f"{row.outcome}: {' '.join(row.stale)}" for row in rows_in(table) if row.stale]:
        lines.append(f"Changed since it was rated. {'; '.join(stale)}")
    word.notes(document, [*lines, MEANINGS])


def shown_name(name: str, fallback: str) -> str:
    """A group's name in a narrow head."""
    return name if 0 < len(name) <= 40 else fallback


def _add_summary(document: Document, table: SummaryTable, caption: str) -> None:
    comparison = shown_name(table.comparison, "the comparison")
    intervention = shown_name(table.intervention, "the intervention")
    header = [f"With {comparison}", f"With {intervention}", "Difference"]
    word.table(
        document,
        header,
        [cells for row in table.rows for cells in _summary_cells(row)],
        widths=[19, 11, 13, 10, 12, 14, 11, 25],
        caption=caption,
        over=[
            [
                Cell("Outcome", down=2),
                Cell("Participants (studies)", down=2),
                Cell("Relative effect (95% CI)", down=2),
                Cell("Anticipated absolute effects (95% CI)", across=3, align="center"),
                Cell("Certainty of the evidence", down=2),
                Cell("What happens", down=2),
            ]
        ],
        summary=table.title,
    )


def _summary_cells(row: SummaryRow) -> Iterator[Sequence[Any]]:
    """A row for each baseline, the other cells over all of them."""
    many = len(row.absolute)
    first: list[Any] = [
        Cell([Words(row.outcome, bold=True), f"\n{row.follow_up}" if row.follow_up else ""], down=many),
        Cell(row.people, down=many),
        Cell(row.relative or NONE, down=many),
    ]
    last = [Cell(_certainty(row), down=many), Cell(_happens(row), down=many)]
    yield [*first, *_absolute_cells(row, row.absolute[0]), *last]
    for one in row.absolute[1:]:
        yield _absolute_cells(row, one)


def _absolute_cells(row: SummaryRow, one: AbsoluteCell) -> list[Any]:
    if not one.difference:
        return [Cell(row.narrative or one.why or row.reason or NONE, across=3)]
    label = [Words(f"{one.label}\n", italic=True)] if one.label else []
    return [[*label, one.comparator or NONE, *_raised(one.marks)], one.intervention or NONE, one.difference]


def _certainty(row: SummaryRow) -> list[Any]:
    return [f"{row.symbol}\n" if row.symbol else "", row.certainty, *_raised(row.marks)]


def _happens(row: SummaryRow) -> str:
    return "\n".join(text for text in (row.statement, row.comments) if text) or NONE


def _raised(marks: Sequence[str]) -> list[Words]:
    return [Words(", ".join(marks), raised=True)] if marks else []


def _add_profile(document: Document, table: ProfileTable, caption: str) -> None:
    header = [
        "Outcome",
        "Studies",
        *table.domains,
        "Other",
        shown_name(table.intervention, "Intervention"),
        shown_name(table.comparison, "Comparison"),
        "Relative effect (95% CI)",
        "Absolute effect (95% CI)",
        "Certainty",
        "Importance",
    ]
    word.table(
        document,
        header,
        [_profile_cells(row) for row in table.rows],
        widths=[11.5, 8, 7, 12, 11, 10.5, 10.5, 6.5, 10.5, 8.5, 9.5, 12, 9, 10.5],
        caption=caption,
        summary=table.title,
    )


def _profile_cells(row: ProfileRow) -> list[Any]:
    summary = row.summary
    return [
        [Words(summary.outcome, bold=True), f"\n{summary.follow_up}" if summary.follow_up else ""],
        f"{summary.studies} {row.designs}" if summary.studies else NONE,
        *(_domain(cell) for cell in row.domains),
        _domain(row.other),
        row.with_intervention,
        row.with_comparison,
        *_effect(summary),
        f"{summary.symbol}\n{summary.certainty}" if summary.symbol else summary.certainty,
        summary.importance,
    ]


def _effect(row: SummaryRow) -> list[Any]:
    if not row.relative:
        return [Cell(row.narrative or row.reason or NONE, across=2)]
    return [row.relative, "\n".join(_labelled(one) for one in row.absolute if one.difference) or NONE]


def _labelled(one: AbsoluteCell) -> str:
    return f"{one.label}: {one.difference}" if one.label else one.difference


def _domain(cell: ProfileCell) -> list[Any]:
    return [cell.words, *_raised(cell.marks)]


def rows_in(table: AnyTable) -> list[SummaryRow]:
    """The outcomes of either table."""
    return [one.summary if isinstance(one, ProfileRow) else one for one in table.rows]


def _csv_header(of_profile: bool) -> list[str]:
    header = ["intervention", "comparison", "outcome", "follow_up", "importance", "participants", "studies"]
    header += ["relative_effect", "baseline", "with_comparison", "with_intervention", "difference"]
    if of_profile:
        domains = [slugify(name).replace("-", "_") for name in LOWERING]
        header += [*domains, "other_considerations", "events_intervention", "events_comparison"]
    return [*header, "certainty", "reasons", "statement", "comments", "changed_since"]


def _csv_rows(table: AnyTable) -> Iterator[list[Any]]:
    notes = dict(table.footnotes)
    for one in table.rows:
        row = one.summary if isinstance(one, ProfileRow) else one
        marks, middle = list(row.marks), []
        if isinstance(one, ProfileRow):
            cells = [*one.domains, one.other]
            middle = [*(cell.words for cell in cells), one.with_intervention, one.with_comparison]
            marks = list(dict.fromkeys(mark for cell in cells for mark in cell.marks))
        for cell in row.absolute:
            yield [
                *(table.intervention, table.comparison, row.outcome, row.follow_up, row.importance),
                *(row.participants, row.studies, row.relative or row.narrative or row.reason),
                *(cell.label, cell.comparator, cell.intervention, cell.difference),
                *middle,
                row.certainty,
                " ".join(notes[mark] for mark in marks),
                *(row.statement, row.comments, " ".join(row.stale)),
            ]
