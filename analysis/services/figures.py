"""How the figures of a plan are drawn: kept with the plan, so that every run of it is drawn alike."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from analysis.characteristics import with_characteristics
from analysis.drawings import DRAWINGS
from analysis.drawings.settings import SettingsForm
from analysis.figures.catalogue import Drawing
from analysis.models import FigureSettings, Plan
from analysis.services.errors import InvalidFigure
from analysis.snapshot import take_snapshot
from reviews.audit import record_event
from reviews.errors import Conflict
from reviews.models import User


def drawing_of(plan: Plan, key: str) -> Drawing:
    """The figure of this plan with this key. Raises InvalidFigure naming the ones there are."""
    found = DRAWINGS.get(key)
    if found is None or plan.kind not in found.kinds:
        there_are = ", ".join(one.key for one in DRAWINGS.values() if plan.kind in one.kinds)
        raise InvalidFigure(f"This plan has no figure '{key}'; it has {there_are or 'none'}.", field="figure")
    return found


def settings_form(plan: Plan, drawing: Drawing, data: Any = None, **more: Any) -> SettingsForm:
    """The form of a figure's settings, offering what is in the plan's newest result, else in today's data.

    Raises InvalidFigure for a figure that is drawn in one way only.
    """
    if drawing.form is None:
        raise InvalidFigure(f"The {drawing.title.lower()} has no settings.", field="figure")
    run = plan.runs.finished().first()
    snapshot, result = (run.snapshot, run.result) if run else (take_snapshot(plan), None)
    if "columns" in drawing.form.base_fields:
        snapshot = with_characteristics(snapshot, plan.review_id)
    return drawing.form(data, snapshot=snapshot, result=result, **more)


@transaction.atomic
def set_figure(
    *, plan: Plan, figure: str, settings: dict[str, Any], seen_version: int, by: User | None
) -> FigureSettings:
    """Draw this figure of the plan so from now on, in every run. ``settings`` replace all there were; {} resets.

    ``seen_version`` is the version that was looked at, 0 where nothing was ever set. Raises InvalidFigure with the
    field at fault; Conflict when somebody else has set it in the meantime.
    """
    drawing = drawing_of(plan, figure)
    Plan.objects.select_for_update().get(pk=plan.pk)
    found = FigureSettings.objects.filter(plan=plan, figure=figure).first()
    if (found.version if found else 0) != seen_version:
        who = found.changed_by if found else None
        raise Conflict(
            f"{who or 'Somebody'} has changed how this figure is drawn since you opened it. Load it again."
        )
    kept = _checked(plan, drawing, settings)
    if found is None:
        found = FigureSettings(plan=plan, figure=figure, version=0)
    before, found.settings = found.settings, kept
    found.version, found.changed_by, found.changed_at = found.version + 1, by, timezone.now()
    found.save()
    record_event(
        review=plan.review,
        actor=by,
        verb="analysis.figure_set" if kept else "analysis.figure_reset",
        target=plan,
        sentence=f"{'set' if kept else 'reset'} how the {drawing.title.lower()} of “{plan.name}” is drawn.",
        detail={"figure": figure, "before": before, "after": kept},
    )
    return found


def figure_settings(plan: Plan) -> dict[str, dict[str, Any]]:
    """{figure: what was set about it}; one query."""
    return dict(FigureSettings.objects.filter(plan=plan).values_list("figure", "settings"))


def _checked(plan: Plan, drawing: Drawing, settings: dict[str, Any]) -> dict[str, Any]:
    """What differs from the defaults of these settings, as the figure's form understands them."""
    if not settings:
        return {}
    form = settings_form(plan, drawing)
    if strange := settings.keys() - form.fields.keys():
        raise InvalidFigure(
            f"The {drawing.title.lower()} has no setting {', '.join(sorted(strange))}; it has "
            f"{', '.join(form.fields)}.",
            field=min(strange),
        )
    defaults = {name: field.initial for name, field in form.fields.items()}
    form = settings_form(plan, drawing, data=defaults | settings)
    if not form.is_valid():
        field, faults = next(iter(form.errors.items()))
        raise InvalidFigure(f"{field}: {faults[0]}" if field != "__all__" else str(faults[0]), field=field)
    return form.settings()
