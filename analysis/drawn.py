"""A figure of a finished run, drawn as its plan says: what pages, files and commands show."""

from collections.abc import Callable
from typing import Any

from django.urls import reverse

from analysis.characteristics import with_characteristics
from analysis.drawings import DRAWINGS
from analysis.explored import with_explored
from analysis.figures.catalogue import Address, Data, Drawing, kind_of
from analysis.models import FigureSettings, Run
from analysis.provenance import pooled_results
from analysis.risk import risk_columns
from reviews.errors import Refused
from reviews.figures.layout import Figure


class NotDrawn(Refused):
    """This run has no such figure; the sentence says why."""


def figures_of(run: Run) -> list[Drawing]:
    """The figures of a run's kind of plan, in the order of the page."""
    return [one for one in DRAWINGS.values() if kind_of(run.snapshot) in one.kinds]


def drawing_for(run: Run, key: str) -> Drawing:
    """The figure with this key. Raises NotDrawn where runs of this kind have none."""
    found = {one.key: one for one in figures_of(run)}
    if key not in found:
        raise NotDrawn(f"This run has no figure '{key}'; it has {', '.join(found) or 'none'}.")
    return found[key]


def draw(
    run: Run,
    key: str,
    *,
    settings: Data | None = None,
    address: Address | None = None,
    instead: tuple[Data, Data] | None = None,
    width: str = "",
) -> Figure:
    """The figure ``key`` of a run with a result; ``settings`` in place of those kept with its plan.

    ``address`` (see `addresses`) links its rows; ``instead`` is another snapshot and result to draw like the run's;
    ``width`` ("single", "double", "slide") lays it out anew where the figure can be of that width. Raises NotDrawn,
    and LayoutError on what cannot be drawn.
    """
    if run.result is None:
        raise NotDrawn("This run has no result yet, so there is nothing to draw.")
    drawing = drawing_for(run, key)
    snapshot, result = instead or (run.snapshot, with_explored(run, key))
    if why := drawing.why_not(snapshot, result):
        raise NotDrawn(why)
    if settings is None:
        kept = FigureSettings.objects.filter(plan=run.plan_id, figure=key)
        settings = kept.values_list("settings", flat=True).first() or {}
    if width and width in _widths(drawing):
        settings = {**settings, "width": width}
    snapshot = with_characteristics(snapshot, run.review_id, settings.get("columns") or ())
    return drawing.draw(snapshot, result, settings, risk=risk_columns(run), address=address)


def _widths(drawing: Drawing) -> list[str]:
    """The widths that the figure's own settings offer."""
    field = drawing.form.base_fields.get("width") if drawing.form else None
    return [value for value, _ in field.choices] if field else []


def addresses(run: Run, full: Callable[[str], str] | None = None) -> Address:
    """From the key of a row to the page of the result that was pooled; ``full`` makes an absolute address of a path.

    That page leads to where the numbers stand. A study's own page where a run of before does not say which result.
    """
    results = pooled_results(run)
    studies = {row.get("row"): row["study_id"] for row in run.snapshot["rows"]}

    def address(key: Any) -> str:
        result = results.get(key)
        page, pk = ("extraction:result", result) if result else ("extraction:study", studies.get(key, key))
        path = reverse(page, args=[run.review.slug, pk])
        return full(path) if full else path

    return address
