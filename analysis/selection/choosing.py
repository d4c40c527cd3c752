"""The rules of a plan applied to the results of its studies. No Django here.

A result is a row as analysis.snapshot makes it, with besides: ``year`` of the study, ids of its arms
(``experimental_id``, ``comparator_id``) and their names (``names1``, ``names2``: intervention, preferred term, label,
role), ``treatments``, ``scale_names`` and ``is_preferred``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from analysis import multi_arm
from analysis.intake import CHANGES, misfit
from analysis.multi_arm import Cannot, arms_of, is_single, turned
from analysis.selection.settings import POPULATIONS, RATERS, Selection

Row = Mapping[str, Any]

#: What admits a result, and why a study without one is left out.
Rule = tuple[Callable[[Row], bool], Callable[[Sequence[Row]], str]]

#: What tells one set of comparisons of a study from another, and how a person calls it.
CIRCUMSTANCES = {
    "rater": "the rater",
    "scale": "the scale",
    "weeks": "the time",
    "time_point": "the time",
    "population": "the population",
    "people": "which people",
    "is_change": "final score or change",
}
ARM_KINDS = ("means", "events", "change", "rates", "quantiles", "proportion", "diagnostic", "correlation")


@dataclass(frozen=True)
class LeftOut:
    """A study without a row, and why."""

    study_id: int
    study: str
    why: str

    def to_dict(self) -> dict[str, Any]:
        return {"study_id": self.study_id, "study": self.study, "why": self.why}


@dataclass(frozen=True)
class Tie(LeftOut):
    """A study with several results that the rules put on one place; ``results`` are their ids."""

    results: tuple[int, ...] = ()


@dataclass(frozen=True)
class Chosen:
    """Rows to analyse, by year and label of the study; ties are among ``left_out`` too."""

    rows: tuple[dict[str, Any], ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def ties(self) -> tuple[Tie, ...]:
        return tuple(one for one in self.left_out if isinstance(one, Tie))


@dataclass
class _Left(Exception):
    """Raised for a study that has no row."""

    why: str
    results: Sequence[Row] = field(default=())


def select(
    results: Iterable[Row],
    selection: Selection,
    *,
    measure: str = "",
    network: bool = False,
    leave_out_derived: bool = False,
) -> Chosen:
    """One row per study and comparison, whatever the order of ``results``; nobody is counted twice.

    ``measure``: results that do not give it are not eligible ("" admits any). ``network``: every comparison of a
    study is kept whatever ``multi_arm`` says, its arms merged by treatment.
    """
    studies: dict[int, list[Row]] = {}
    for one in sorted(
        results, key=lambda one: (one.get("year") or 9999, one["study"].casefold(), one["study_id"])
    ):
        studies.setdefault(one["study_id"], []).append(one)
    rules = _rules(selection, measure, leave_out_derived)
    rows: list[dict[str, Any]] = []
    left_out: list[LeftOut] = []
    notes: list[str] = []
    for study_id, of_study in studies.items():
        name = of_study[0]["study"]
        try:
            found = _one_study(sorted(of_study, key=lambda one: one["result_id"]), selection, rules)
            rows += _side_by_side(found.pairs, selection, network)
        except Cannot as error:
            left_out.append(LeftOut(study_id, name, f"it has several comparisons: {error}"))
        except _Left as left:
            ids = tuple(one["result_id"] for one in left.results)
            left_out.append(Tie(study_id, name, left.why, ids) if ids else LeftOut(study_id, name, left.why))
        else:
            notes += [f"{name}: {note}" for note in found.notes]
    return Chosen(tuple(rows), tuple(left_out), tuple(notes))


def remarks(rows: Sequence[Row], measure: str) -> list[str]:
    """What to know before the rows of a snapshot are pooled: the cautions, and which data are mixed."""
    contrasts = [row["study"] for row in rows if row["kind"] == "effect"]
    mixed = contrasts and len(contrasts) < len(rows)
    said = f"Effects as reported are pooled with data of the arms: {_listed(contrasts)}."
    return [*cautions(rows, measure), *([said] if mixed else [])]


def cautions(rows: Sequence[Row], measure: str) -> list[str]:
    """What a reader must be told about how the rows of a snapshot were put together; for any run, old ones too."""
    said = []
    changes = [row["study"] for row in rows if row.get("is_change")]
    finals = [row for row in rows if row["kind"] in ("means", "change") and not row.get("is_change")]
    if measure in ("SMD", "SMDH") and changes and finals:
        said.append(
            f"Changes from baseline ({_listed(changes)}) are pooled with final scores; standardised mean differences "
            "of the two are not comparable (Cochrane Handbook, 10.5.2)."
        )
    shared = [row["study"] for row in rows if "split in" in (row.get("part") or "")]
    if shared:
        said.append(
            f"The people of a shared arm are divided among the comparisons of a study ({_listed(shared)}), which "
            "stay correlated nevertheless (Cochrane Handbook, 23.3.4)."
        )
    return said


@dataclass(frozen=True)
class _Found:
    pairs: list[Row]
    notes: list[str]


def _one_study(results: Sequence[Row], selection: Selection, rules: Sequence[Rule]) -> _Found:
    left = _with_arms(results, selection)
    for admits, why in rules:
        kept = [one for one in left if admits(one)]
        if not kept:
            raise _Left(why(left))
        left = kept
    return _pairs(left, selection) if len(left) > 1 else _Found(left, [])


def _with_arms(results: Sequence[Row], selection: Selection) -> list[Row]:
    """The results that compare what the plan compares, turned around where they were recorded the other way."""
    if not selection.experimental and not selection.comparator:
        return [*results]
    found = [made for one in results if (made := _oriented(one, selection)) is not None]
    if found:
        return found
    there = ", ".join(dict.fromkeys(_comparison(one) for one in results))
    raise _Left(f"it does not compare what the plan compares; there is {there}")


def _oriented(row: Row, selection: Selection) -> Row | None:
    if is_single(row):
        return row if _named(row["names1"], selection.experimental) else None
    if _named(row["names1"], selection.experimental) and _named(row["names2"], selection.comparator):
        return row
    if _named(row["names2"], selection.experimental) and _named(row["names1"], selection.comparator):
        return turned(row)
    return None


def _named(names: Iterable[str], wanted: Sequence[str]) -> bool:
    return not wanted or bool({_plain(name) for name in names} & {_plain(name) for name in wanted})


def _rules(selection: Selection, measure: str, printed_only: bool) -> list[Rule]:
    """What admits a result, each with why a study without one is left out; in the order of Selection."""

    def weeks_fit(row: Row) -> bool:
        weeks = row.get("weeks")
        if weeks is None:
            return selection.without_weeks == "keep"
        low, high = selection.weeks_from, selection.weeks_to
        return (low is None or weeks >= low) and (high is None or weeks <= high)

    def said(name: str, of: str, choices: Mapping[str, str] | None = None) -> Callable[[Sequence[Row]], str]:
        def why(rows: Sequence[Row]) -> str:
            values = dict.fromkeys(row.get(name) or "not stated" for row in rows)
            words = ", ".join(
                (choices or {}).get(value, value).lower() if choices else value for value in values
            )
            return f"its results are by another {of} than the plan admits: {words}"

        return why

    rules: list[Rule] = []
    if selection.only_raters:
        rules.append((lambda row: row["rater"] in selection.raters, said("rater", "rater", RATERS)))
    if selection.only_scales:
        rules.append(
            (lambda row: _scale_place(row, selection) < len(selection.scales), said("scale", "scale"))
        )
    if selection.without_weeks != "keep" or (selection.weeks_from, selection.weeks_to) != (None, None):
        why_not = "no result is within the weeks that the plan admits: {}"
        rules.append((weeks_fit, lambda rows: why_not.format(_times(rows))))
    if selection.only_populations:
        rules.append(
            (
                lambda row: row.get("population") in selection.populations,
                said("population", "population", POPULATIONS),
            )
        )
    if selection.change == "final_only":
        rules.append((lambda row: not row.get("is_change"), _sentence("it has changes from baseline only")))
    if selection.change == "change_only":
        rules.append((lambda row: _gives_change(row, measure), _sentence("it has no change from baseline")))
    if selection.adjusted in ("only", "never"):
        wanted = selection.adjusted == "only"
        why = "it has no adjusted result" if wanted else "it has adjusted results only"
        rules.append((lambda row: bool(row.get("adjusted")) is wanted, _sentence(why)))
    if selection.data in ("arm_only", "contrast_only"):
        arms = selection.data == "arm_only"
        why = (
            "it has effects as reported only, no data of the arms" if arms else "it has no effect as reported"
        )
        rules.append((lambda row: (row["kind"] in ARM_KINDS) is arms, _sentence(why)))
    if printed_only:
        rules.append((lambda row: not row["derived"], _sentence("a derived value, not read off as printed")))
    if measure:
        rules.append((lambda row: not misfit(row, measure), lambda rows: misfit(rows[0], measure)))
    return rules


def _sentence(text: str) -> Callable[[Sequence[Row]], str]:
    return lambda rows: text


def _gives_change(row: Row, measure: str) -> bool:
    return bool(row.get("is_change")) or (row["kind"] == "change" and measure in CHANGES)


def _pairs(results: Sequence[Row], selection: Selection) -> _Found:
    """One result per comparison, all of them of one scale, time, rater and people."""
    sets: dict[tuple[Any, ...], list[Row]] = {}
    for one in results:
        sets.setdefault(_circumstances(one), []).append(one)

    def place(rows: Sequence[Row]) -> tuple[Any, ...]:
        return _place(rows[0], selection), min(_data_place(row, selection) for row in rows)

    best = _first(list(sets.values()), place, lambda rows: any(row.get("is_preferred") for row in rows))
    if len(best) > 1:
        every = [row for rows in best for row in rows]
        raise _Left(f"it has several results that differ in {_differences(every)}. {_settle(every)}", every)
    pairs: dict[frozenset[int], list[Row]] = {}
    for one in best[0]:
        pairs.setdefault(arms_of(one), []).append(one)
    chosen = [_of_pair(rows, selection) for rows in pairs.values()]
    others = {_comparison(row): arms_of(row) for row in results if arms_of(row) not in pairs}
    notes = [f"{name} is not used; it was not measured like the others." for name in others]
    return _Found(chosen, notes)


def _circumstances(row: Row) -> tuple[Any, ...]:
    """What the comparisons of one study must have in common to be used together."""
    time = row.get("weeks") if row.get("weeks") is not None else _plain(row["time_point"])
    scale = _plain([row["scale"], *row.get("scale_names", ())][-1])
    people = _plain(row.get("people") or "")
    return row["rater"], scale, time, row.get("population") or "", people, bool(row.get("is_change"))


def _of_pair(rows: Sequence[Row], selection: Selection) -> Row:
    best = _first(rows, lambda row: _data_place(row, selection), lambda row: bool(row.get("is_preferred")))
    if len(best) > 1:
        raise _Left(
            f"it has {len(best)} results for {_comparison(best[0])} that no rule tells apart. Mark one of them as "
            "the one to analyse.",
            best,
        )
    return best[0]


def _first(things: Sequence[Any], place: Callable[[Any], Any], marked: Callable[[Any], bool]) -> list[Any]:
    """Those on the first place; of several the one that extraction marked."""
    lowest = min(place(one) for one in things)
    best = [one for one in things if place(one) == lowest]
    return [one for one in best if marked(one)] or best


def _place(row: Row, selection: Selection) -> tuple[float, ...]:
    """Where the rules put a result by its circumstances; the lowest goes first."""
    return (
        _index(row["rater"], selection.raters),
        _scale_place(row, selection),
        *_time_place(row.get("weeks"), selection),
        _index(row.get("population") or "", selection.populations),
        float(bool(row.get("people"))),
        float(selection.change == "final_first" and bool(row.get("is_change"))),
    )


def _data_place(row: Row, selection: Selection) -> tuple[float, ...]:
    contrast = row["kind"] not in ARM_KINDS
    return (
        float(selection.adjusted == "first" and not row.get("adjusted")),
        float({"arm_first": contrast, "contrast_first": not contrast}.get(selection.data, False)),
    )


def _time_place(weeks: float | None, selection: Selection) -> tuple[float, float]:
    if selection.when == "any":
        return 0.0, 0.0
    if weeks is None:
        return 1.0, 0.0
    if selection.when == "nearest":
        return 0.0, abs(weeks - (selection.nearest_weeks or 0.0))
    return 0.0, weeks if selection.when == "first" else -weeks


def _scale_place(row: Row, selection: Selection) -> int:
    if not selection.scales:
        return 0
    names = [_plain(name) for name in row.get("scale_names") or (row["scale"],)]
    wanted = [_plain(name) for name in selection.scales]
    return next((i for i, name in enumerate(wanted) if name in names), len(wanted))


def _index(value: str, order: Sequence[str]) -> int:
    return order.index(value) if value in order else len(order)


def _side_by_side(pairs: Sequence[Row], selection: Selection, network: bool) -> list[dict[str, Any]]:
    """The comparisons of one study as rows."""
    if network:
        return multi_arm.by_treatment(pairs)
    if len(pairs) > 1 and selection.multi_arm == "one":
        marked = [row for row in pairs if row.get("is_preferred")]
        if not marked:
            names = ", ".join(_comparison(row) for row in pairs)
            raise _Left(
                f"it has several comparisons ({names}). Name in the plan what is compared, combine or split them, or "
                "mark one as the one to analyse.",
                pairs,
            )
        pairs = marked
    return multi_arm.split(pairs) if selection.multi_arm == "split" else multi_arm.combine(pairs)


def _differences(rows: Sequence[Row]) -> str:
    """The circumstances in which rows differ, with what is there: the scale (BDI, HAMD) and the time (...)."""
    found: dict[str, list[str]] = {}
    for name, label in CIRCUMSTANCES.items():
        values = dict.fromkeys(_shown(name, row) for row in rows)
        if len(values) > 1 and label not in found:
            found[label] = list(values)
    return " and ".join(f"{label} ({', '.join(values)})" for label, values in found.items())


def _shown(name: str, row: Row) -> str:
    value = row.get(name)
    if name == "is_change":
        return "change" if value else "final score"
    if name in ("weeks", "time_point"):
        return _times([row])
    words = {"rater": RATERS, "population": POPULATIONS}.get(name, {})
    return words[value].lower() if value in words else str(value or "not stated")


def _settle(rows: Sequence[Row]) -> str:
    return f"Say in the plan which goes first, or mark one of the {len(rows)} as the one to analyse."


def _times(rows: Iterable[Row]) -> str:
    said = (f"{row['weeks']:g} weeks" if row.get("weeks") is not None else row["time_point"] for row in rows)
    return ", ".join(dict.fromkeys(text or "no time given" for text in said))


def _comparison(row: Row) -> str:
    return f"{row['experimental']} against {row['comparator']}" if row["comparator"] else row["experimental"]


def _listed(names: Sequence[str]) -> str:
    return ", ".join(dict.fromkeys(names))


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()
