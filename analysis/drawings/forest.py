"""The forest plot of a run: its snapshot and result become rows, diamonds and words. Computes no statistics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from analysis.choices import has_no_effect, is_curved, is_ratio, natural, short
from analysis.drawings import forest_data, forest_pooled
from analysis.drawings.forest_data import RawData, Study
from analysis.drawings.forest_form import ForestForm
from analysis.drawings.forest_table import forest_table
from analysis.figures.catalogue import Address, Data, Drawing, row_key
from analysis.figures.forest import PAGE, SLIDE, forest_pages
from analysis.figures.forest_rows import ForestRow
from analysis.figures.forest_settings import ForestSettings
from analysis.figures.forest_style import STYLES, Style
from analysis.risk import RiskColumns
from analysis.wording import THREE_DIGITS, sides
from appraisal.figures import LEVELS
from reviews.figures.files import WIDTHS
from reviews.figures.layout import Figure

OVERALL = "Overall"


def forest_of(
    snapshot: Data,
    result: Data,
    settings: Data,
    *,
    risk: RiskColumns | None = None,
    address: Address | None = None,
) -> Figure:
    """The figure of one run on one page, by the settings of `ForestSettings`; a PDF of a long one has several.

    ``address(row key)`` links a row; ``risk`` adds what was agreed on risk of bias. Studies without a usable effect
    are not drawn: the page lists them with the reason. Raises LayoutError.
    """
    (figure,) = _drawn(snapshot, result, settings, risk, address, page_shape=None)
    if figure.height <= _page_shape(settings) * figure.width:
        return figure
    return replace(
        figure, paged=lambda: forest_pages_of(snapshot, result, settings, risk=risk, address=address)
    )


def forest_pages_of(
    snapshot: Data,
    result: Data,
    settings: Data,
    *,
    risk: RiskColumns | None = None,
    address: Address | None = None,
) -> list[Figure]:
    """The same over as many pages (of the shape of A4, or slides) as it needs: for a PDF of very many studies."""
    return _drawn(snapshot, result, settings, risk, address, page_shape=_page_shape(settings))


def _page_shape(settings: Data) -> float:
    return SLIDE if settings.get("width") == "slide" else PAGE


def _drawn(
    snapshot: Data,
    result: Data,
    settings: Data,
    risk: RiskColumns | None,
    address: Address | None,
    *,
    page_shape: float | None,
) -> list[Figure]:
    plan = snapshot["plan"]
    log = is_ratio(plan["measure"])
    chosen = ForestSettings.read(settings).on_axis(log=log)
    style, read = STYLES[chosen.style], as_read(snapshot, result)
    risk = risk if chosen.risk else None
    studies = forest_data.in_order(
        _studies(snapshot, read),
        chosen.sort,
        descending=chosen.descending,
        worst_risk=lambda study: _risk_place(study, risk),
    )
    data = RawData(studies, plan, style, sizes_only=chosen.raw_data == "n")
    extras = forest_data.extra_columns(chosen.columns, studies, plan)
    names = [name for name in chosen.columns if forest_data.extra_columns([name], studies, plan)]
    groups = forest_pooled.subgroups(read, studies, data, style) if chosen.subgroups else []
    null = chosen.null_value(0.0 if has_no_effect(plan["measure"]) else None, log=log)
    return forest_pages(
        [_row(study, data, names, chosen, risk, address) for study in studies],
        forest_pooled.summaries(
            read, studies, data, style, prediction=chosen.prediction, z_test=chosen.z_test
        ),
        measure_label=short(plan["measure"]),
        beside=forest_pooled.beside(read["pooled"], style),
        null=null,
        favours=_directions(snapshot, chosen, style, null),
        columns=data.columns if chosen.raw_data != "none" else (),
        extras=extras,
        title=f"{snapshot['outcome']['name']}: {plan['name']}" if chosen.title else "",
        subgroups=groups,
        log=log,
        level=read["pooled"]["level"],
        notes=[
            *forest_pooled.notes(read, style, groups=bool(groups)),
            *(risk.notes if risk else ()),
            *_notes_on_columns(names, studies, plan),
        ],
        risk_domains=risk.domains if risk else (),
        risk_levels=risk.levels if risk else LEVELS,
        limits=chosen.axis_limits(log=log),
        marks=chosen.axis_ticks(log=log),
        digits=_digits(plan["measure"]) if chosen.decimals is None else chosen.decimals,
        style=style,
        kind=data.kind,
        weights=chosen.weights,
        mm=WIDTHS.get(chosen.width),
        points=chosen.font_size,
        page_shape=page_shape,
    )


def _studies(snapshot: Data, result: Data) -> list[Study]:
    pairs = zip(snapshot["rows"], result["studies"], strict=True)
    return [row | study for row, study in pairs if study["yi"] is not None]


def _digits(measure: str) -> int:
    return 3 if measure in THREE_DIGITS else 2


def _directions(
    snapshot: Data, settings: ForestSettings, style: Style, null: float | None
) -> tuple[str, str]:
    """What stands on either side of no effect; without such a line only what was asked for."""
    usual = [style.favours.format(arm=arm) if null is not None else "" for arm in sides(snapshot)]
    return settings.label_left or usual[0], settings.label_right or usual[1]


def _row(
    study: Study,
    data: RawData,
    extras: list[str],
    settings: ForestSettings,
    risk: RiskColumns | None,
    address: Address | None,
) -> ForestRow:
    cells = data.cells(study) if settings.raw_data != "none" else ()
    return ForestRow(
        label=study["study"],
        effect=study["yi"],
        ci_low=study["ci_low"],
        ci_high=study["ci_high"],
        weight=study["weight"],
        cells=cells,
        extras=tuple(forest_data.extra_text(study, name, data.plan) for name in extras),
        note="" if cells else forest_data.note_of(study),
        marked=study["kind"] == "effect",
        risk=risk.of(study["study_id"]) if risk else (),
        subgroup=study.get("subgroup") or "",
        href=address(row_key(study)) if address else "",
    )


def _notes_on_columns(names: list[str], studies: list[Study], plan: Data) -> list[str]:
    """A run does not keep every characteristic of its studies: say which columns are not part of it."""
    today = [name for name in names if forest_data.is_of_today(studies, name, plan)]
    verb = "is" if len(today) == 1 else "are"
    return [f"Not part of the analysis, as extracted by now, {verb}: {', '.join(today)}."] if today else []


def _risk_place(study: Study, risk: RiskColumns | None) -> int | None:
    """Best first: the place of the overall judgement, else of the worst domain; None where nothing was agreed."""
    if risk is None:
        return None
    places = {key: place for place, key in enumerate(risk.levels)}
    judged = dict(zip((domain.key for domain in risk.domains), risk.of(study["study_id"]), strict=True))
    found = [judged[OVERALL]] if judged.get(OVERALL) else [key for key in judged.values() if key]
    return max((places[key] for key in found), default=None)


def as_read(snapshot: Data, result: Data) -> Mapping[str, Any]:
    """The numbers to draw: proportions and correlations as such, everything else on the scale of the analysis."""
    measure, size = snapshot["plan"]["measure"], result["pooled"].get("size")
    if not is_curved(measure):
        return result
    names = ("estimate", "ci_low", "ci_high", "pi_low", "pi_high", "yi")

    def turned(fit: Mapping[str, Any], people: float | None = size) -> dict[str, Any]:
        return {
            name: natural(value, measure, people) if name in names and value is not None else value
            for name, value in fit.items()
        }

    found = forest_pooled.grouped(result)
    return {
        **result,
        "pooled": turned(result["pooled"]),
        "alternatives": [turned(fit) for fit in result.get("alternatives") or ()],
        "subgroups": found and {**found, "groups": [turned(group) for group in found["groups"]]},
        "studies": [
            turned(study, row["n1"]) for row, study in zip(snapshot["rows"], result["studies"], strict=True)
        ],
    }


def why_not(snapshot: Data, result: Data) -> str:
    """Why there is no forest plot of this result; "" when there is one."""
    if not result.get("pooled") or "studies" not in result:
        return "Nothing is pooled in this run, so there is no forest plot of it."
    drawn = any(study["yi"] is not None for study in result["studies"])
    return "" if drawn else "No study has a usable effect, so there is nothing to draw."


def text(snapshot: Data, result: Data) -> Any:
    """Every number of the figure as a table."""
    return forest_table(snapshot, as_read(snapshot, result))


DRAWING = Drawing(
    key="forest",
    title="Forest plot",
    about="Each square is a study, its size the weight; the diamond is the pooled effect.",
    draw=forest_of,
    why_not=why_not,
    text=text,
    form=ForestForm,
)
