"""The PRISMA 2020 flow diagram: counts in, boxes out. No Django.

`flow` lays out the official template for a new review or an updated one (with the columns of previous studies and of
other methods when there are any); `prisma_csv` writes the file that the R package PRISMA2020 and its web page read.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from reporting.counts import FlowCounts, total_of
from reporting.flow_sheet import OTHER_FILL, Arm, Box, BoxLine, Note, Row, draw
from reporting.prisma2020 import HEADER, ROWS
from reviews.figures.layout import Figure, LayoutError

BOX_KEYS = (
    "identified",
    "removed",
    "screened",
    "excluded",
    "sought",
    "not_retrieved",
    "assessed",
    "excluded_reports",
    "set_aside",
    "other_identified",
    "other_sought",
    "other_not_retrieved",
    "other_assessed",
    "other_excluded_reports",
    "other_set_aside",
    "included",
    "previous",
    "total",
)
LINE_KEYS = (
    "databases",
    "registers",
    "duplicates",
    "automation",
    "other_removed",
    "websites",
    "organisations",
    "citations",
    "other_sources",
    "other_duplicates",
    "other_excluded",
    "other_awaiting_screening",
    "studies",
    "reports",
    "awaiting_screening",
    "awaiting_full_text",
    "other_awaiting_full_text",
    "previous_studies",
    "previous_reports",
    "carried",
    "other_carried",
    "excluded_before",
    "awaiting_classification",
    "ongoing",
    "not_sought",
    "other_awaiting_classification",
    "other_ongoing",
    "other_not_sought",
)
LIST_KEYS = ("databases", "registers", "reasons", "other_reasons")


def flow(
    counts: FlowCounts,
    *,
    hrefs: Mapping[str, str] | None = None,
    other_methods: bool | None = None,
    title: str = "PRISMA 2020 flow diagram",
    figure_id: str = "flow",
) -> Figure:
    """The official diagram; `other_methods` adds the second column (None: when it has counts).

    Reports awaiting classification and of ongoing studies have a box at the right of their own, when there are any.
    With previous studies it is the diagram for an updated review: their box at the left, totals at the bottom.

    `hrefs` links what the diagram shows by key: a box (BOX_KEYS), a line of a box or a note (LINE_KEYS), or one
    source or reason as `databases:NAME`, `registers:NAME`, `reasons:LABEL`, `other_reasons:LABEL`. A key whose
    box is not in this diagram is passed over; an unknown one raises `LayoutError`. Box and note elements have the
    id `<figure_id>-<key>`.
    """
    links = dict(hrefs or {})
    unknown = sorted(key for key in links if key.split(":")[0] not in {*BOX_KEYS, *LINE_KEYS, *LIST_KEYS})
    if unknown:
        raise LayoutError(f"The flow diagram has no box or line '{unknown[0]}' to link.")
    with_other = counts.has_other_methods if other_methods is None else other_methods
    studies = "new studies" if counts.has_previous else "studies"
    arms = [
        Arm(header=f"Identification of {studies} via databases and registers", rows=_main_rows(counts, links))
    ]
    if with_other:
        header = f"Identification of {studies} via other methods"
        arms.append(Arm(header=header, rows=_other_rows(counts, links), fill=OTHER_FILL))
    aside = [_set_aside(counts, prefix, links) for prefix in ("", "other_")[: len(arms)]]
    if any(aside):
        arms = [replace(arm, rows=[*arm.rows, Row(None, box)]) for arm, box in zip(arms, aside, strict=True)]
    return draw(
        arms,
        _included(counts, links),
        previous=_previous(counts, links),
        total=_total(counts, links),
        title=title,
        desc=_desc(counts),
        notes=_notes(counts, links),
        figure_id=figure_id,
    )


def _set_aside(counts: FlowCounts, prefix: str, links: Mapping[str, str]) -> Box | None:
    if not getattr(counts, f"{prefix}set_aside"):
        return None
    lines = [
        _line(text, getattr(counts, key), links, key, indent=0)
        for text, key in (
            ("Reports awaiting classification", f"{prefix}awaiting_classification"),
            ("Reports of ongoing studies", f"{prefix}ongoing"),
        )
        if getattr(counts, key)
    ]
    return _box(f"{prefix}set_aside", "", lines, links)


def _included(counts: FlowCounts, links: Mapping[str, str]) -> Box:
    words = ("Studies included in review", "Reports of included studies")
    if counts.has_previous:
        words = ("New studies included in review", "Reports of new included studies")
    return _two_lines("included", words, ("studies", counts.studies), ("reports", counts.reports), links)


def _previous(counts: FlowCounts, links: Mapping[str, str]) -> Box | None:
    if not counts.has_previous:
        return None
    words = (
        "Studies included in previous version of review",
        "Reports of studies included in previous version of review",
    )
    numbers = ("previous_studies", counts.previous_studies), ("previous_reports", counts.previous_reports)
    return _two_lines("previous", words, *numbers, links)


def _total(counts: FlowCounts, links: Mapping[str, str]) -> Box | None:
    if not counts.has_previous:
        return None
    words = ("Total studies included in review", "Reports of total included studies")
    return _two_lines("total", words, ("", counts.total_studies), ("", counts.total_reports), links)


def _two_lines(
    box_id: str, words: tuple[str, str], one: tuple[str, int], two: tuple[str, int], links: Mapping[str, str]
) -> Box:
    lines = [
        _line(f"{text}\n", n, links, key, indent=0) for text, (key, n) in zip(words, (one, two), strict=True)
    ]
    return _box(box_id, "", lines, links)


def _main_rows(counts: FlowCounts, links: Mapping[str, str]) -> list[Row]:
    sources = [
        _line("Databases", total_of(counts.databases), links, "databases"),
        *_named(counts.databases, links, "databases"),
        _line("Registers", total_of(counts.registers), links, "registers"),
        *_named(counts.registers, links, "registers"),
    ]
    removed = [
        _line("Duplicate records removed", counts.duplicates, links, "duplicates"),
        _line("Records marked as ineligible by automation tools", counts.automation, links, "automation"),
        _line("Records removed for other reasons", counts.other_removed, links, "other_removed"),
    ]
    return [
        Row(
            _box("identified", "Records identified from:", sources, links),
            _box("removed", "Records removed before screening:", removed, links),
        ),
        Row(
            _counted("screened", "Records screened", counts.screened, links),
            _counted("excluded", "Records excluded", counts.excluded, links),
        ),
        *_report_rows("", (counts.sought, counts.not_retrieved, counts.assessed), counts.reasons, links),
    ]


def _other_rows(counts: FlowCounts, links: Mapping[str, str]) -> list[Row]:
    sources = [
        _line("Websites", counts.websites, links, "websites"),
        _line("Organisations", counts.organisations, links, "organisations"),
        _line("Citation searching", counts.citations, links, "citations"),
    ]
    if counts.other_sources:
        sources.append(_line("Other sources", counts.other_sources, links, "other_sources"))
    numbers = (counts.other_sought, counts.other_not_retrieved, counts.other_assessed)
    return [
        Row(_box("other_identified", "Records identified from:", sources, links)),
        Row(None),
        *_report_rows("other_", numbers, counts.other_reasons, links),
    ]


def _report_rows(
    prefix: str, numbers: tuple[int, int, int], reasons: Sequence[tuple[str, int]], links: Mapping[str, str]
) -> list[Row]:
    sought, not_retrieved, assessed = numbers
    excluded = _named(reasons, links, f"{prefix}reasons", indent=1) or [BoxLine("(n\xa0=\xa00)")]
    return [
        Row(
            _counted(f"{prefix}sought", "Reports sought for retrieval", sought, links),
            _counted(f"{prefix}not_retrieved", "Reports not retrieved", not_retrieved, links),
        ),
        Row(
            _counted(f"{prefix}assessed", "Reports assessed for eligibility", assessed, links),
            _box(f"{prefix}excluded_reports", "Reports excluded:", excluded, links),
        ),
    ]


def _box(box_id: str, heading: str, lines: Sequence[BoxLine], links: Mapping[str, str]) -> Box:
    return Box(id=box_id, heading=heading, lines=tuple(lines), href=links.get(box_id, ""))


def _counted(box_id: str, heading: str, n: int, links: Mapping[str, str]) -> Box:
    return _box(box_id, heading, [BoxLine(_n(n))], links)


def _line(text: str, n: int, links: Mapping[str, str], key: str, indent: int = 1) -> BoxLine:
    return BoxLine(f"{text} {_n(n)}", indent=indent, href=links.get(key, ""))


def _named(
    pairs: Sequence[tuple[str, int]], links: Mapping[str, str], key: str, indent: int = 2
) -> list[BoxLine]:
    return [_line(name, n, links, f"{key}:{name}", indent) for name, n in pairs]


def _notes(counts: FlowCounts, links: Mapping[str, str]) -> list[Note]:
    extra = counts.extra_reports
    notes = [Note(text, id=name, href=links.get(name, "")) for name, text in counts.pending]
    if extra:
        more, fewer = "beyond one per record", "Included records without a report of their own"
        notes.append(
            Note(f"Reports sought include {extra:,} {more}." if extra > 0 else f"{fewer}: {-extra:,}.")
        )
    for name, where in (("carried", ""), ("other_carried", " (other methods)")):
        if n := getattr(counts, name):
            text = (
                f"Reports sought{where} include {n:,} that came in at full text and were not screened here."
            )
            notes.append(Note(text, id=name, href=links.get(name, "")))
    for name, where in (("not_sought", ""), ("other_not_sought", " (other methods)")):
        if n := getattr(counts, name):
            text = f"Included on title and abstract{where}, report not sought: {n:,}."
            notes.append(Note(text, id=name, href=links.get(name, "")))
    if n := counts.excluded_before:
        text = f"Not counted: {n:,} {'record' if n == 1 else 'records'} excluded before this review."
        notes.append(Note(text, id="excluded_before", href=links.get("excluded_before", "")))
    for name, what in (
        ("other_duplicates", "removed as duplicates"),
        ("other_excluded", "excluded on title and abstract"),
    ):
        if n := getattr(counts, name):
            text = f"Identified via other methods and not sought: {n:,} {what}."
            notes.append(Note(text, id=name, href=links.get(name, "")))
    source = "Template: Page MJ, et al. The PRISMA 2020 statement. BMJ 2021;372:n71. doi:10.1136/bmj.n71."
    return [*notes, Note(source)]


def _desc(counts: FlowCounts) -> str:
    return (
        f"{counts.identified:,} records identified from databases and registers, {counts.removed:,} removed before "
        f"screening, {counts.screened:,} screened, {counts.excluded:,} excluded. {counts.sought:,} reports sought, "
        f"{counts.not_retrieved:,} not retrieved, {counts.assessed:,} assessed, "
        f"{total_of(counts.reasons):,} excluded. "
        f"Other methods: {counts.other_identified:,} records identified, {counts.other_assessed:,} reports assessed. "
        f"{counts.studies:,} studies with {counts.reports:,} reports included."
        + (
            f" {counts.previous_studies:,} studies with {counts.previous_reports:,} reports were included before."
            if counts.has_previous
            else ""
        )
        + "".join(
            f" {n:,} {words}."
            for n, words in (
                (
                    counts.awaiting_classification + counts.other_awaiting_classification,
                    "reports await classification",
                ),
                (counts.ongoing + counts.other_ongoing, "reports of ongoing studies"),
            )
            if n
        )
        + "".join(f" {sentence}" for _, sentence in counts.pending)
    )


def prisma_csv(counts: FlowCounts) -> str:
    """The R package's CSV: header and 34 rows, CRLF line ends.

    Commas and semicolons in names become ' /' (the package splits at them). The boxes of a meta-analysis are
    NA, as are previous studies and other methods when there are none: the package then leaves them out. It has no
    row for `other_sources`, nor for reports awaiting classification and of ongoing studies.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(HEADER)
    values = _csv_values(counts)
    for row in ROWS:
        writer.writerow([*row, values.get(row[0], 0)])
    return out.getvalue()


def _csv_values(counts: FlowCounts) -> dict[str, int | str]:
    values: dict[str, int | str] = {
        "previous_studies": counts.previous_studies if counts.has_previous else "NA",
        "previous_reports": counts.previous_reports if counts.has_previous else "NA",
        "database_results": total_of(counts.databases),
        "database_specific_results": _csv_list(counts.databases),
        "register_results": total_of(counts.registers),
        "register_specific_results": _csv_list(counts.registers),
        "duplicates": counts.duplicates,
        "excluded_automatic": counts.automation,
        "excluded_other": counts.other_removed,
        "records_screened": counts.screened,
        "records_excluded": counts.excluded,
        "dbr_sought_reports": counts.sought,
        "dbr_notretrieved_reports": counts.not_retrieved,
        "dbr_assessed": counts.assessed,
        "dbr_excluded": _csv_list(counts.reasons),
        "new_studies": counts.studies,
        "new_reports": counts.reports,
        "total_studies": counts.total_studies,
        "total_reports": counts.total_reports,
        "total_studies_ma": "NA",
        "total_reports_ma": "NA",
    }
    other: dict[str, int | str] = {
        "website_results": counts.websites,
        "organisation_results": counts.organisations,
        "citations_results": counts.citations,
        "other_sought_reports": counts.other_sought,
        "other_notretrieved_reports": counts.other_not_retrieved,
        "other_assessed": counts.other_assessed,
        "other_excluded": _csv_list(counts.other_reasons),
    }
    return values | (other if counts.has_other_methods else dict.fromkeys(other, "NA"))


def _csv_list(pairs: Sequence[tuple[str, int]]) -> int | str:
    """'name, n; name, n', or 0 for none. A first letter that a spreadsheet takes for a formula is dropped."""
    told = "; ".join(f"{re.sub('[,;]', ' /', ' '.join(name.split()))}, {n}" for name, n in pairs)
    return told.lstrip("=+-@ ") or 0


def _n(n: int) -> str:
    return f"(n\xa0=\xa0{n:,})"
