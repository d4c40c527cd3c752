"""The PRISMA 2020 flow diagram: counts in, boxes out. No Django.

`flow` draws one of the four official templates; `flow_sheet` gives the same with its boxes and arrows at their
places, from which `flow_docx` and `flow_pptx` make files with shapes that can be edited.
"""

from __future__ import annotations

from collections.abc import Mapping

from reporting.counts import FlowCounts
from reporting.flow.chart import BOX_KEYS, TEMPLATES, Chart, Style, chart_of, checked_links
from reporting.flow.drawing import drawn
from reporting.flow.labels import LABELS, LIST_KEYS, LabelError, checked_labels
from reporting.flow.notes import description, left_out, notes_of
from reporting.flow.sheet import Sheet, placed
from reviews.figures.layout import Figure, LayoutError

__all__ = [
    "BOX_KEYS",
    "LABELS",
    "LINE_KEYS",
    "LIST_KEYS",
    "TEMPLATES",
    "FlowCounts",
    "LabelError",
    "checked_labels",
    "flow",
    "flow_chart",
    "flow_sheet",
    "left_out",
]

#: Lines of a box and notes that can be linked.
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
    "other_automation",
    "other_excluded",
    "other_awaiting_screening",
    "studies",
    "reports",
    "awaiting_screening",
    "awaiting_full_text",
    "other_awaiting_full_text",
    "previous_studies",
    "previous_reports",
    "total_studies",
    "total_reports",
    "studies_in_analysis",
    "reports_in_analysis",
    "carried",
    "other_carried",
    "taken_up",
    "other_taken_up",
    "excluded_automatically",
    "excluded_with_tool",
    "other_excluded_automatically",
    "other_excluded_with_tool",
    "excluded_before",
    "awaiting_classification",
    "ongoing",
    "not_sought",
    "other_awaiting_classification",
    "other_ongoing",
    "other_not_sought",
)


def flow_chart(
    counts: FlowCounts,
    *,
    hrefs: Mapping[str, str] | None = None,
    template: str = "auto",
    each_database: bool = True,
    each_register: bool = True,
    meta_analysis: bool = False,
    labels: Mapping[str, str] | None = None,
    title: str = "PRISMA 2020 flow diagram",
) -> Chart:
    """What the diagram says, box by box; see `flow` for what can be asked for."""
    if template not in TEMPLATES:
        raise LayoutError(f"There is no template '{template}'; choose one of {', '.join(TEMPLATES)}.")
    links = checked_links(hrefs, (*BOX_KEYS, *LINE_KEYS, *LIST_KEYS))
    style = Style(
        template=template,
        each_database=each_database,
        each_register=each_register,
        meta_analysis=meta_analysis,
        labels=checked_labels(labels or {}),
    )
    return chart_of(
        counts,
        style,
        hrefs=links,
        title=title,
        desc=description(counts, style),
        notes=notes_of(counts, style, links),
    )


def flow_sheet(counts: FlowCounts, **wanted) -> Sheet:
    """The diagram with everything at its place, before it is drawn; what can be asked for is that of `flow`."""
    return placed(flow_chart(counts, **wanted))


def flow(counts: FlowCounts, *, figure_id: str = "flow", **wanted) -> Figure:
    """The official diagram of a template: "new", "new_other", "updated", "updated_other", or "auto" (as numbers ask).

    ``each_database`` and ``each_register`` name each source below the total, ``meta_analysis`` adds the box of
    studies that were pooled, ``labels`` are own words by key (those of LABELS, and `databases:NAME` etc.).
    Reports awaiting classification and of ongoing studies have a box at the right of their own, when there are any.
    A number that was corrected by hand has a dagger, and a note says by how much and why.

    ``hrefs`` links what the diagram shows by key: a box (BOX_KEYS), a line of a box or a note (LINE_KEYS), or one
    source or reason as `databases:NAME`, `registers:NAME`, `reasons:LABEL`, `other_reasons:LABEL`. A key whose
    box is not in this diagram is passed over; an unknown one raises `LayoutError`. Box and note elements have the
    id `<figure_id>-<key>`.
    """
    return drawn(flow_sheet(counts, **wanted), figure_id)
