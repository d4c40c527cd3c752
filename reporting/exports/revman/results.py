"""Results as RevMan's study-centric table has them: a row per arm, or a row per contrast with its reference arm.

Cases and people, means and SDs are told of each arm; an effect with its standard error, O − E with its variance and
rates are contrasts on the scale they are pooled on (logarithms for ratios). What is about one group or a test, and
medians, have no place there: ``left_out`` says so.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from analysis.choices import is_ratio
from analysis.intake import KIND_NAMES, CannotAnalyse, one_effect
from analysis.stats import StatsError
from extraction.models import Result
from reporting.exports.interchange import exact
from reporting.exports.revman.columns import RESULTS

Kind = Result.Kind
DICHOTOMOUS, CONTINUOUS = "Dichotomous", "Continuous"
#: Our measures by RevMan's short names.
MEASURES = {
    "OR": "OR",
    "PETO": "OR",
    "RR": "RR",
    "RD": "RD",
    "HR": "HR",
    "IRR": "RateR",
    "MD": "MD",
    "MC": "MD",
    "SMD": "SMD",
    "SMDH": "SMD",
}
ABOUT_MEANS = ("MD", "SMD")
NO_PLACE = "RevMan's study results have no place for {}."
Row = dict[str, Any]


class NoPlace(Exception):
    """RevMan's table has no place for this result; the sentence says why."""


def results_table(studies: Iterable[list[Result]]) -> tuple[list[list[str]], list[str]]:
    """Rows under ``RESULTS``, and a sentence for each result that has no place there."""
    rows: list[list[str]] = []
    left_out: list[str] = []
    for results in studies:
        for result, outcome in zip(results, outcome_names(results), strict=True):
            try:
                made = list(_rows(result))
            except NoPlace as why:
                left_out.append(f"{result.study.label}, {outcome}: {why}")
                continue
            about = {"Study": result.study.label, "Outcome": outcome, "Footnotes": _footnote(result)}
            rows += [[str((about | row).get(name, "")) for name in RESULTS] for row in made]
    return rows, left_out


def outcome_names(results: list[Result]) -> list[str]:
    """The outcome of each result of one study: its name for the one analyses use, told apart for further ones."""
    often = Counter(result.outcome_id for result in results)
    used: set[str] = set()
    return [_name(result, often[result.outcome_id] > 1, used) for result in results]


def _name(result: Result, several: bool, used: set[str]) -> str:
    name = result.outcome.name
    if several and not result.is_preferred:
        parts = (result.scale, result.time_point, result.get_rater_display(), result.subgroup)
        details = ", ".join(part for part in parts if part)
        name = f"{name} ({details})" if details else name
    found, number = name, 1
    while found in used:
        number += 1
        found = f"{name} [{number}]"
    used.add(found)
    return found


def _rows(result: Result) -> Iterator[Row]:
    if result.kind not in WAYS or result.comparator is None:
        raise NoPlace(NO_PLACE.format(KIND_NAMES.get(result.kind, result.get_kind_display().lower())))
    yield from WAYS[result.kind](result)


def _events(result: Result) -> Iterator[Row]:
    for arm, number in ((result.experimental, "1"), (result.comparator, "2")):
        yield {
            "Data type": DICHOTOMOUS,
            "Arm": arm.label if arm else "",
            "Cases": exact(getattr(result, f"events{number}")),
            "Sample size": exact(getattr(result, f"n{number}")),
        }


def _means(result: Result) -> Iterator[Row]:
    for arm, number in ((result.experimental, "1"), (result.comparator, "2")):
        yield {
            "Data type": CONTINUOUS,
            "Arm": arm.label if arm else "",
            "Mean": exact(getattr(result, f"mean{number}")),
            "SD": exact(getattr(result, f"sd{number}")),
            "Sample size": exact(getattr(result, f"n{number}")),
        }


def _effect(result: Result) -> Iterator[Row]:
    people = None if None in (result.n1, result.n2) else (result.n1 or 0) + (result.n2 or 0)
    yield _contrast(result, result.effect_measure, result.effect, result.effect_se, people)


def _computed(measure: str) -> Callable[[Result], Iterator[Row]]:
    def rows(result: Result) -> Iterator[Row]:
        about = {"study": result.study.label, "kind": result.kind} | result.values
        try:
            effects = one_effect(about, measure)
        except (CannotAnalyse, StatsError) as fault:
            raise NoPlace(str(fault)) from fault
        if not effects.k:
            raise NoPlace(f"{effects.dropped[0].reason}.".replace("..", "."))
        yield _contrast(result, measure, float(effects.yi[0]), float(effects.sei[0]), None)

    return rows


def _contrast(
    result: Result, measure: str, effect: float | None, se: float | None, people: int | None
) -> Row:
    if measure not in MEASURES:
        raise NoPlace(NO_PLACE.format(f"an effect that is {measure or 'of no named measure'}"))
    reference = result.comparator
    row = {
        "Data type": CONTINUOUS if MEASURES[measure] in ABOUT_MEANS else DICHOTOMOUS,
        "Effect measure": MEASURES[measure],
        "Arm": result.experimental.label,
        "Reference arm": reference.label if reference else "",
        "Mean": exact(effect),
        "SE": exact(se),
        "Sample size": exact(people),
    }
    return row | (_as_printed(result) if is_ratio(measure) else {})


def _as_printed(result: Result) -> Row:
    """A ratio with its interval as the report gives it; RevMan takes it beside the logarithm."""
    if None in (result.estimate, result.ci_low, result.ci_high, result.ci_level):
        return {}
    return {
        "CI level": exact(result.ci_level),
        "Exp mean": exact(result.estimate),
        "Exp CI start": exact(result.ci_low),
        "Exp CI end": exact(result.ci_high),
    }


def _footnote(result: Result) -> str:
    said = ["Converted or derived, not read off as printed." if result.derived else "", result.basis]
    if result.kind == Kind.CHANGE:
        said.append("Final scores; the report also gives those at baseline.")
    if result.is_change:
        said.append("Change from baseline.")
    return " ".join(part for part in said if part)


WAYS: dict[str, Callable[[Result], Iterator[Row]]] = {
    Kind.EVENTS: _events,
    Kind.MEANS: _means,
    Kind.CHANGE: _means,
    Kind.EFFECT: _effect,
    Kind.OE: _computed("HR"),
    Kind.RATES: _computed("IRR"),
}
