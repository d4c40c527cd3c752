"""The PRISMA 2020 flow diagram: counts in, boxes out. No Django.

`FlowCounts` holds the numbers and knows which of them contradict each other; `flow` lays out the official
template for a new review (with the column of other methods when there are any); `prisma_csv` writes the file
that the R package PRISMA2020 and its web page read.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

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
    "other_identified",
    "other_sought",
    "other_not_retrieved",
    "other_assessed",
    "other_excluded_reports",
    "included",
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
)
LIST_KEYS = ("databases", "registers", "reasons", "other_reasons")


@dataclass(frozen=True, kw_only=True)
class FlowCounts:
    """The numbers of a flow diagram: records (database entries), reports (documents), studies (what was done).

    Lists are pairs of a name and a number, in the order to print.
    """

    # Identification via databases and registers: records per source, as found.
    databases: Sequence[tuple[str, int]] = ()
    registers: Sequence[tuple[str, int]] = ()
    # Records removed before screening.
    duplicates: int = 0
    automation: int = 0  # marked as ineligible by automation tools
    other_removed: int = 0
    # Title and abstract screening: records with a final verdict, and how many of them were excluded.
    screened: int = 0
    excluded: int = 0
    # Full text: reports sought, not retrieved, assessed, and excluded per reason.
    sought: int = 0
    not_retrieved: int = 0
    assessed: int = 0
    reasons: Sequence[tuple[str, int]] = ()
    # Reports beyond one per included record (negative: records without a report of their own).
    extra_reports: int = 0

    # Identification via other methods.
    websites: int = 0
    organisations: int = 0
    citations: int = 0
    other_sources: int = 0
    # Of those, what went no further; the official template has no box for it, so a note under the diagram says it.
    other_duplicates: int = 0
    other_excluded: int = 0
    other_awaiting_screening: int = 0
    other_sought: int = 0
    other_not_retrieved: int = 0
    other_assessed: int = 0
    other_reasons: Sequence[tuple[str, int]] = ()

    # Included.
    studies: int = 0
    reports: int = 0

    # Not decided yet, while the review is in progress. Records here are not in `screened`; reports here are in
    # `sought`, but not yet in `not_retrieved` or `assessed`.
    awaiting_screening: int = 0
    awaiting_full_text: int = 0
    other_awaiting_full_text: int = 0

    @property
    def identified(self) -> int:
        return _sum(self.databases) + _sum(self.registers)

    @property
    def removed(self) -> int:
        return self.duplicates + self.automation + self.other_removed

    @property
    def other_identified(self) -> int:
        return self.websites + self.organisations + self.citations + self.other_sources

    @property
    def has_other_methods(self) -> bool:
        return bool(self.other_identified or self.other_sought or self.other_assessed)

    @property
    def pending(self) -> list[tuple[str, str]]:
        """What is not decided yet: field names with a sentence each; empty when the review is complete."""
        reports = ("report awaits full-text assessment", "reports await full-text assessment")
        words = {
            "awaiting_screening": ("record awaits screening", "records await screening"),
            "other_awaiting_screening": (
                "record awaits screening (other methods)",
                "records await screening (other methods)",
            ),
            "awaiting_full_text": reports,
            "other_awaiting_full_text": tuple(f"{text} (other methods)" for text in reports),
        }
        counted = [(name, getattr(self, name), words[name]) for name in words]
        return [(name, f"In progress: {n:,} {told[n != 1]}.") for name, n, told in counted if n]

    def problems(self) -> list[str]:
        """Sentences naming the boxes and numbers that contradict each other; empty when all agree."""
        return [*self._negative(), *self._unequal(), *self._too_many()]

    def _negative(self) -> list[str]:
        found = []
        for field in fields(self):
            value = getattr(self, field.name)
            pairs = [(_words(field.name), value)] if isinstance(value, int) else value
            if field.name != "extra_reports":
                found += [f"{name} must not be negative ({n})." for name, n in pairs if n < 0]
        return found

    def _unequal(self) -> list[str]:
        screened = ("records screened", self.screened)
        sought = ("reports sought for retrieval", self.sought)
        assessed = ("reports assessed for eligibility", self.assessed)
        other_sought = ("reports sought for retrieval (other methods)", self.other_sought)
        other_assessed = ("reports assessed for eligibility (other methods)", self.other_assessed)
        checks = [
            _equal(
                screened,
                [("records identified from databases and registers", self.identified)],
                [
                    ("records removed before screening", self.removed),
                    ("records awaiting screening", self.awaiting_screening),
                ],
            ),
            _equal(
                sought,
                [screened, ("reports beyond one per record", max(self.extra_reports, 0))],
                [
                    ("records excluded", self.excluded),
                    ("records without a report of their own", max(-self.extra_reports, 0)),
                ],
            ),
            _equal(
                assessed,
                [sought],
                [
                    ("reports not retrieved", self.not_retrieved),
                    ("reports awaiting full-text assessment", self.awaiting_full_text),
                ],
            ),
            _equal(
                other_assessed,
                [other_sought],
                [
                    ("reports not retrieved (other methods)", self.other_not_retrieved),
                    ("reports awaiting full-text assessment (other methods)", self.other_awaiting_full_text),
                ],
            ),
            _equal(
                ("reports of included studies", self.reports),
                [assessed, other_assessed],
                [
                    ("reports excluded", _sum(self.reasons)),
                    ("reports excluded (other methods)", _sum(self.other_reasons)),
                ],
            ),
        ]
        return [sentence for sentence in checks if sentence]

    @property
    def _other_stopped(self) -> int:
        return self.other_duplicates + self.other_excluded + self.other_awaiting_screening

    def _too_many(self) -> list[str]:
        found = []
        if self._other_stopped and self.other_sought != self.other_identified - self._other_stopped:
            found.append(
                f"Reports sought for retrieval (other methods) ({self.other_sought}) should be "
                f"{self.other_identified - self._other_stopped}: records identified from other methods "
                f"({self.other_identified}) minus duplicates ({self.other_duplicates}), excluded "
                f"({self.other_excluded}) and awaiting screening ({self.other_awaiting_screening})."
            )
        elif self.other_sought > self.other_identified:
            found.append(
                f"Reports sought for retrieval (other methods) ({self.other_sought}) cannot be more than records "
                f"identified from other methods ({self.other_identified})."
            )
        if self.studies > self.reports:
            found.append(
                f"Studies included in review ({self.studies}) cannot be more than reports of included studies "
                f"({self.reports})."
            )
        if self.reports and not self.studies:
            found.append(
                f"Reports of included studies ({self.reports}) belong to no study included in review (0)."
            )
        return found


def _equal(box: tuple[str, int], plus: Sequence[tuple[str, int]], minus: Sequence[tuple[str, int]]) -> str:
    """A sentence when the box is not the sum of `plus` without `minus`; parts that are 0 are not mentioned."""
    right = _sum(plus) - _sum(minus)
    name, n = box
    if n == right:
        return ""
    added = " plus ".join(f"{part} ({m})" for part, m in plus if m or part == plus[0][0])
    taken = "".join(f" minus {part} ({m})" for part, m in minus if m)
    return f"{name.capitalize()} ({n}) should be {right}: {added}{taken}."


def flow(
    counts: FlowCounts,
    *,
    hrefs: Mapping[str, str] | None = None,
    other_methods: bool | None = None,
    title: str = "PRISMA 2020 flow diagram",
    figure_id: str = "flow",
) -> Figure:
    """The official diagram for a new review; `other_methods` adds the second column (None: when it has counts).

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
    arms = [
        Arm(header="Identification of studies via databases and registers", rows=_main_rows(counts, links))
    ]
    if with_other:
        header = "Identification of studies via other methods"
        arms.append(Arm(header=header, rows=_other_rows(counts, links), fill=OTHER_FILL))
    included = _box(
        "included",
        "",
        [
            _line("Studies included in review\n", counts.studies, links, "studies", indent=0),
            _line("Reports of included studies\n", counts.reports, links, "reports", indent=0),
        ],
        links,
    )
    return draw(
        arms, included, title=title, desc=_desc(counts), notes=_notes(counts, links), figure_id=figure_id
    )


def _main_rows(counts: FlowCounts, links: Mapping[str, str]) -> list[Row]:
    sources = [
        _line("Databases", _sum(counts.databases), links, "databases"),
        *_named(counts.databases, links, "databases"),
        _line("Registers", _sum(counts.registers), links, "registers"),
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
        f"{counts.not_retrieved:,} not retrieved, {counts.assessed:,} assessed, {_sum(counts.reasons):,} excluded. "
        f"Other methods: {counts.other_identified:,} records identified, {counts.other_assessed:,} reports assessed. "
        f"{counts.studies:,} studies with {counts.reports:,} reports included."
        + "".join(f" {sentence}" for _, sentence in counts.pending)
    )


def prisma_csv(counts: FlowCounts) -> str:
    """The R package's CSV: header and 34 rows, CRLF line ends.

    Commas and semicolons in names become ' /' (the package splits at them). Previous studies and the boxes of
    a meta-analysis are NA, as are other methods when there are none: the package then leaves them out. It has no
    row for `other_sources`.
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
        "previous_studies": "NA",
        "previous_reports": "NA",
        "database_results": _sum(counts.databases),
        "database_specific_results": _csv_list(counts.databases),
        "register_results": _sum(counts.registers),
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
        "total_studies": counts.studies,
        "total_reports": counts.reports,
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


def _sum(pairs: Sequence[tuple[str, int]]) -> int:
    return sum(n for _, n in pairs)


def _n(n: int) -> str:
    return f"(n\xa0=\xa0{n:,})"


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()
