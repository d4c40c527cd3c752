"""What stands in each box of the flow diagram: counts in, boxes with words and numbers out. No Django.

The drawing, the office files and the text alternative are made from the same `Chart`, so they say the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from reporting.counts import FlowCounts, total_of
from reporting.flow.labels import Words
from reviews.figures.layout import PAPER, LayoutError

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
    "analysis",
)
#: The four official templates (Updated: with previous studies; Other: with other methods), or as the numbers ask for.
TEMPLATES = ("auto", "new", "new_other", "updated", "updated_other")
GREY = "#e9ecef"
DAGGER = "†"


@dataclass(frozen=True)
class BoxLine:
    """A line in a box. No-break spaces hold words together, a line feed breaks; `href` makes it a link.

    ``key`` and ``n`` are the number it tells (`databases:MEDLINE`), ``label`` its words alone.
    """

    text: str
    indent: int = 0
    href: str = ""
    key: str = ""
    label: str = ""
    n: int | None = None


@dataclass(frozen=True, kw_only=True)
class Box:
    id: str
    heading: str
    lines: tuple[BoxLine, ...]
    href: str = ""
    fill: str = PAPER


@dataclass(frozen=True)
class Note:
    """A sentence under the diagram; ``key`` and ``n`` are the number it tells, if it tells one."""

    text: str
    id: str = ""
    href: str = ""
    label: str = ""
    n: int | None = None


@dataclass(frozen=True)
class Row:
    """What goes on (or nothing: the arrow passes by), and what leaves to the right."""

    main: Box | None
    aside: Box | None = None


@dataclass(frozen=True, kw_only=True)
class Arm:
    """One way of finding studies: its header, its rows from identification to assessment."""

    header: str
    rows: Sequence[Row]
    fill: str = ""


@dataclass(frozen=True, kw_only=True)
class Chart:
    """Everything a flow diagram says, in reading order; ``last`` are the boxes at the bottom, one below the other."""

    title: str
    desc: str
    stages: tuple[str, str, str]
    arms: Sequence[Arm]
    last: Sequence[Box]
    notes: Sequence[Note]
    previous_header: str = ""
    previous: Box | None = None

    def boxes(self) -> list[Box]:
        """All boxes in reading order."""
        rows = [box for arm in self.arms for row in arm.rows for box in (row.main, row.aside) if box]
        return [*([self.previous] if self.previous else []), *rows, *self.last]


@dataclass(frozen=True, kw_only=True)
class Style:
    """Which template is drawn, and with which of its options and words."""

    template: str = "auto"
    each_database: bool = True
    each_register: bool = True
    meta_analysis: bool = False
    labels: Mapping[str, str] | None = None

    def updated(self, counts: FlowCounts) -> bool:
        return counts.has_previous if self.template == "auto" else self.template.startswith("updated")

    def other(self, counts: FlowCounts) -> bool:
        return counts.has_other_methods if self.template == "auto" else self.template.endswith("_other")


@dataclass(frozen=True)
class _Maker:
    """Boxes of one diagram."""

    counts: FlowCounts
    style: Style
    words: Words
    links: Mapping[str, str]

    def box(self, box_id: str, heading: str, lines: Sequence[BoxLine], fill: str = PAPER) -> Box:
        return Box(id=box_id, heading=heading, lines=tuple(lines), href=self.links.get(box_id, ""), fill=fill)

    def n(self, key: str, n: int) -> str:
        return f"(n\xa0=\xa0{n:,}{DAGGER if self.adjusted(key) else ''})"

    def adjusted(self, key: str) -> bool:
        """Whether a person corrected this number, or one that is part of it."""
        parts = {
            "total_studies": ("studies", "previous_studies"),
            "total_reports": ("reports", "previous_reports"),
        }
        return any(
            each in (key, *parts.get(key, ()), f"{key}_correction") or each.startswith(f"{key}:")
            for each in self.counts.adjustments
        )

    def line(self, key: str, n: int | None = None, indent: int = 1, gap: str = " ") -> BoxLine:
        n = getattr(self.counts, key) if n is None else n
        label = self.words(key)
        href = self.links.get(key, "")
        return BoxLine(f"{label}{gap}{self.n(key, n)}", indent, href, key, label, n)

    def counted(self, key: str, fill: str = PAPER, mark: str = "") -> Box:
        n = getattr(self.counts, key)
        line = BoxLine(self.n(key, n), key=key, label=self.words(key), n=n)
        return self.box(key, self.words(key) + mark, [line], fill)

    def named(self, key: str, indent: int = 2) -> list[BoxLine]:
        return [self.line(f"{key}:{name}", n, indent) for name, n in getattr(self.counts, key)]

    def two(self, box_id: str, keys: tuple[str, str], fill: str = PAPER) -> Box:
        numbers = [getattr(self.counts, key) or 0 for key in keys]
        lines = [self.line(key, n, indent=0, gap="\n") for key, n in zip(keys, numbers, strict=True)]
        return self.box(box_id, "", lines, fill)


def chart_of(
    counts: FlowCounts,
    style: Style,
    *,
    hrefs: Mapping[str, str],
    title: str,
    desc: str,
    notes: Sequence[Note],
) -> Chart:
    """The boxes of the diagram that ``style`` asks for."""
    updated, other = style.updated(counts), style.other(counts)
    words = Words(style.labels, updated=updated)
    make = _Maker(counts, style, words, hrefs)
    arms = [Arm(header=words("header"), rows=_main_rows(make))]
    if other:
        arms.append(Arm(header=words("other_header"), rows=_other_rows(make), fill=GREY))
    aside = [_set_aside(make, prefix) for prefix in ("", "other_")[: len(arms)]]
    if any(aside):
        arms = [replace(arm, rows=[*arm.rows, Row(None, box)]) for arm, box in zip(arms, aside, strict=True)]
    last = [make.two("included", ("studies", "reports"))]
    if updated:
        last.append(make.two("total", ("total_studies", "total_reports"), GREY))
    if style.meta_analysis:
        last.append(make.two("analysis", ("studies_in_analysis", "reports_in_analysis")))
    stages = words("stage_identification"), words("stage_screening"), words("stage_included")
    return Chart(
        title=title,
        desc=desc,
        stages=stages,
        arms=arms,
        last=last,
        notes=notes,
        previous_header=words("previous_header") if updated else "",
        previous=make.two("previous", ("previous_studies", "previous_reports"), GREY) if updated else None,
    )


def _main_rows(make: _Maker) -> list[Row]:
    sources: list[BoxLine] = []
    for key, each in (("databases", make.style.each_database), ("registers", make.style.each_register)):
        sources.append(make.line(key, total_of(getattr(make.counts, key))))
        sources += make.named(key) if each else []
    removed = [make.line(key) for key in ("duplicates", "automation", "other_removed")]
    return [
        Row(
            make.box("identified", make.words("identified") + "*:", sources),
            make.box("removed", make.words("removed") + ":", removed),
        ),
        Row(make.counted("screened"), make.counted("excluded", mark="**")),
        *_report_rows(make, "", PAPER),
    ]


def _other_rows(make: _Maker) -> list[Row]:
    keys = [
        "websites",
        "organisations",
        "citations",
        *(["other_sources"] if make.counts.other_sources else []),
    ]
    heading = make.words("other_identified") + ":"
    sources = make.box("other_identified", heading, [make.line(key) for key in keys], GREY)
    return [Row(sources), Row(None), *_report_rows(make, "other_", GREY)]


def _report_rows(make: _Maker, prefix: str, fill: str) -> list[Row]:
    key = f"{prefix}excluded_reports"
    reasons = make.named(f"{prefix}reasons", indent=1) or [BoxLine("(n\xa0=\xa00)")]
    return [
        Row(make.counted(f"{prefix}sought", fill), make.counted(f"{prefix}not_retrieved", fill)),
        Row(make.counted(f"{prefix}assessed", fill), make.box(key, make.words(key) + ":", reasons, fill)),
    ]


def _set_aside(make: _Maker, prefix: str) -> Box | None:
    keys = [f"{prefix}{key}" for key in ("awaiting_classification", "ongoing")]
    lines = [make.line(key, indent=0) for key in keys if getattr(make.counts, key)]
    return make.box(f"{prefix}set_aside", "", lines, GREY if prefix else PAPER) if lines else None


def checked_links(hrefs: Mapping[str, str] | None, known: Sequence[str]) -> dict[str, str]:
    """The links, when each is of something a diagram can show; else LayoutError."""
    links = dict(hrefs or {})
    unknown = sorted(key for key in links if key.split(":")[0] not in known)
    if unknown:
        raise LayoutError(f"The flow diagram has no box or line '{unknown[0]}' to link.")
    return links
