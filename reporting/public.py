"""What a public page shows: parts of the review as plain data and drawn figures, frozen when the page is made.

No part names a person of the team: agreed judgements, shared results and counts only, never who made them. Texts that
people wrote (question, criteria, notes on a search) are shown as written, which the preview is for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from analysis.drawn import NotDrawn, draw, figures_of
from analysis.models import Plan, Run
from analysis.reports import report_by_kind
from analysis.standing import standings
from appraisal import registry
from appraisal.downloads import plot_of, sheet_table
from appraisal.sheet import sheet_for
from certainty.tables import comparisons, summary_of_findings
from reporting.diagram import diagram
from reporting.prisma import flow_counts
from reporting.table import as_table
from reviews.figures.layout import Figure, LayoutError
from reviews.figures.render import render_svg
from reviews.models import Membership

Content = dict[str, Any]


@dataclass(frozen=True)
class Part:
    """One part of the page; ``build`` gives None where the review has nothing of it yet."""

    label: str
    about: str
    build: Callable[[Membership], Content | None]


def content_of(membership: Membership, parts: Iterable[str]) -> Content:
    """{"title", "question", "notice", part: data}; parts without anything to show are left out."""
    review = membership.review
    built = {key: PARTS[key].build(membership) for key in PARTS if key in set(parts)}
    head = {"title": review.title, "question": review.question, "notice": review.notice}
    return head | {key: data for key, data in built.items() if data}


def _protocol(membership: Membership) -> Content:
    review = membership.review
    elements = [
        (label, text)
        for label, text in (
            ("Population", review.population),
            ("Intervention", review.intervention),
            ("Comparator", review.comparator),
            ("Study designs", review.study_designs),
        )
        if text
    ]
    criteria = review.criteria.filter(retired_at=None)
    return {
        "elements": elements,
        "registration": " ".join(part for part in (review.registry, review.registration) if part),
        "url": review.protocol_url,
        "include": [str(one.text) for one in criteria if one.kind == one.Kind.INCLUDE],
        "exclude": [str(one.text) for one in criteria if one.kind == one.Kind.EXCLUDE],
        "outcomes": [
            {"name": one.name, "scale": one.scale, "time_point": one.time_point, "primary": one.is_primary}
            for one in review.outcomes.all()
        ],
    }


def _searches(membership: Membership) -> Content | None:
    found = [
        {
            "source": str(one),
            "kind": one.get_source_type_display(),
            "searched_on": one.searched_on.isoformat() if one.searched_on else "",
            "query": one.query,
        }
        for one in membership.review.searches.reported()  # type: ignore[attr-defined]
    ]
    return {"searches": found} if found else None


def _flow(membership: Membership) -> Content:
    review = membership.review
    counts = flow_counts(review)
    return {
        "svg": _svg(diagram(review, counts, linked=False), "flow"),
        "rows": [
            {"label": line.label, "n": line.n, "indent": line.indent} for line in as_table(review, counts)
        ],
    }


def _studies(membership: Membership) -> Content | None:
    studies = membership.review.studies.current().order_by("label", "pk")  # type: ignore[attr-defined]
    found = [
        {
            "label": study.label,
            "design": study.get_design_display() if study.design else "",
            "reports": [_report(report.record) for report in study.reports.all()],
        }
        for study in studies.prefetch_related("reports__record")
    ]
    return {"studies": found} if found else None


def _report(record) -> Content:
    return {"citation": record.citation, "title": record.title, "journal": record.journal, "doi": record.doi}


def _risk(membership: Membership) -> Content | None:
    sheets = [sheet_for(membership, tool) for tool in registry.tools_of(membership.review)]
    found: list[Content] = []
    for sheet in sheets:
        if sheet.basis != "consensus" or not sheet.rows:
            continue
        table = sheet_table(sheet)
        found.append(
            {
                "tool": sheet.instrument.name,
                "svg": _svg(plot_of(sheet, "traffic-light"), f"risk-{len(found) + 1}"),
                "columns": [column.name or column.key for column in table.columns],
                "rows": [{"study": row.label, "judgements": words} for row, words in table.rows],
            }
        )
    return {"tools": found} if found else None


def _analyses(membership: Membership) -> Content | None:
    review = membership.review
    found: list[Content] = []
    for standing in standings(review, Plan.objects.live().filter(review=review)):
        if standing.run is None or not standing.result:
            continue
        report = report_by_kind(standing.run)
        told = [report.headline, getattr(report, "heterogeneity", ""), getattr(report, "prediction", "")]
        found.append(
            {
                "name": standing.plan.name,
                "question": standing.plan.question,
                "stale": standing.stale,
                "told": [sentence for sentence in told if sentence],
                "methods": report.methods,
                "svg": _first_figure(standing.run, f"analysis-{len(found) + 1}"),
            }
        )
    return {"analyses": found} if found else None


def _first_figure(run: Run, name: str) -> str:
    """The figure that comes first on a run's page, such as the forest plot; "" where it cannot be drawn."""
    for drawing in figures_of(run)[:1]:
        try:
            return _svg(draw(run, drawing.key), name)
        except (NotDrawn, LayoutError):
            return ""
    return ""


def _certainty(membership: Membership) -> Content | None:
    review = membership.review
    tables = [
        summary_of_findings(review, one.key).to_dict() for one in comparisons(review, only_summary=True)
    ]
    return {"tables": [table for table in tables if table["rows"]]} if tables else None


def _svg(figure: Figure, name: str) -> str:
    """The drawing with ids that begin with ``name``: several of a kind stand on one page."""
    own = rf'((?:id|aria-labelledby|aria-describedby)="|url\(#|href="#){re.escape(figure.id)}(?=[-"])'
    return re.sub(own, rf"\g<1>{name}", str(render_svg(figure)))


PARTS: dict[str, Part] = {
    "protocol": Part("Protocol", "Question, eligibility criteria, outcomes, registration.", _protocol),
    "searches": Part("Searches", "Sources, dates and the searches themselves.", _searches),
    "flow": Part("PRISMA flow diagram", "The diagram and its numbers.", _flow),
    "studies": Part("Included studies", "Studies with their reports.", _studies),
    "risk": Part("Risk of bias", "What was agreed, as traffic lights and as a table.", _risk),
    "analyses": Part("Analyses", "The newest result of each plan, in words and as a figure.", _analyses),
    "certainty": Part("Summary of findings", "Effects and how certain they are.", _certainty),
}
