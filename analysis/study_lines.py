"""The rows of a run as its page lists them: numbers as text, and where each row's numbers stand."""

from dataclasses import dataclass

from django.urls import reverse

from analysis.drawn import addresses
from analysis.models import Run
from analysis.provenance import origins
from analysis.report import Report, StudyRow
from reviews.models import Membership


@dataclass(frozen=True)
class StudyLine:
    """One row: ``key`` leaves it out of a what-if, ``href`` is the result that was pooled, ``source`` the first place
    its numbers were read from ("" where nobody said), ``remarks`` what was done to its data."""

    key: str
    row: StudyRow
    href: str
    source: str
    source_href: str
    remarks: tuple[str, ...]


def study_lines(membership: Membership, run: Run, report: Report) -> list[StudyLine]:
    """The rows that have an effect, in their order; one query, for the sources."""
    assert run.result is not None, "only a run with a result has a report"
    found, address = origins(membership, run), addresses(run)
    pairs = zip(run.snapshot["rows"], run.result["studies"], strict=True)
    drawn = [row for row, study in pairs if study["yi"] is not None]
    lines = []
    for row, told in zip(drawn, report.studies, strict=True):
        key = told.key
        source = found[key].source if key in found else None
        lines.append(
            StudyLine(
                key=str(key),
                row=told,
                href=address(key),
                source=str(source.place or "quote") if source else "",
                source_href=reverse("extraction:source", args=[run.review.slug, source.pk]) if source else "",
                remarks=_remarks(row, told),
            )
        )
    return lines


def _remarks(row: dict, told: StudyRow) -> tuple[str, ...]:
    found = ["as reported"] if told.as_reported else []
    found += [row["part"]] if row.get("part") else []
    found += ["converted"] if row.get("converted") else []
    return tuple(found)
