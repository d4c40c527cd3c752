"""Studies with more than two arms: combining arms into one, and splitting a control that comparisons share."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from extraction.conversions import ConversionError
from extraction.models import Arm, Result
from extraction.services.arms import add_arm
from extraction.services.conversions import entry
from extraction.services.errors import NotPossible
from extraction.services.results import correct_result, record_result
from extraction.values import FIELDS
from reviews.models import User

#: Kinds whose arms can be put together: {kind: (conversion, {number of an arm: input and output})}.
COMBINING = {
    "means": ("combine.several", {"n": "n", "mean": "mean", "sd": "sd"}),
    "events": ("combine.dichotomous", {"events": "events", "n": "n"}),
}
SPLITTING = {"means": ("combine.split_means", ("n",)), "events": ("combine.split_events", ("events", "n"))}
#: What results must share to be about the same people at the same time.
PLACE = ("study_id", "outcome_id", "kind", "scale", "time_point", "population", "subgroup", "extraction_id")


@transaction.atomic
def combine_results(*, results: Sequence[Result], by: User, label: str = "") -> Result:
    """One result in which the arms that differ between ``results`` are one (Cochrane Handbook 6.5.2.10, 23.3.4).

    The results share the comparator (then the experimental arms are combined) or the experimental arm. They stay,
    and the new one takes the place of a preferred one among them. ``label`` names the combined arm; else the labels
    of its arms joined by "+". NotPossible when the results are not of the same study, outcome, kind, scale and time.
    """
    _check_alike(results, COMBINING)
    side = "1" if len({one.comparator_id for one in results}) == 1 else "2"
    if len({_arm(one, "1" if side == "2" else "2").pk for one in results}) > 1:
        raise NotPossible(
            "These results share neither the experimental arm nor the comparator, so there is nothing to combine."
        )
    arms = [_arm(one, side) for one in results]
    if len({arm.pk for arm in arms}) < len(arms):
        raise NotPossible("Two of these results are about the same arms; choose one of each.")
    other = "2" if side == "1" else "1"
    _check_same_numbers(results, other)
    first = results[0]
    key, names = COMBINING[first.kind]
    inputs = {name: [getattr(one, f"{field}{side}") for one in results] for field, name in names.items()}
    done = _entry(key, inputs, {f"{field}{side}": name for field, name in names.items()})
    merged = _merged_arm(arms, label, by)
    values = {field.name: getattr(first, field.name) for field in FIELDS[first.kind] if field.arm == other}
    values |= {field: done["values"][output] for field, output in done["outputs"].items()}
    return record_result(
        study=first.study,
        outcome=first.outcome,
        experimental=merged if side == "1" else _arm(first, "1"),
        comparator=merged if side == "2" else _arm(first, "2"),
        kind=first.kind,
        values=values,
        by=by,
        extraction=first.extraction,
        scale=first.scale,
        rater=first.rater,
        time_point=first.time_point,
        weeks=first.weeks,
        population=first.population,
        subgroup=first.subgroup,
        is_change=first.is_change,
        adjusted=any(one.adjusted for one in results),
        source="\n".join(dict.fromkeys(one.source for one in results if one.source)),
        as_reported=_reported(results, side, names),
        conversions=[*(old for old in first.conversions if _only_of(old, other)), done],
        preferred=True if any(one.is_preferred for one in results) else None,
    )


@transaction.atomic
def split_control(*, results: Sequence[Result], by: User) -> list[Result]:
    """Correct each result so that the people of the shared comparator are counted once (Cochrane Handbook 23.3.4).

    n, and events, of the comparator are divided between the results in whole people; mean and SD stay. Raises
    NotPossible when the results do not share a comparator with the same numbers, or were split before.
    """
    _check_alike(results, SPLITTING)
    if len({one.comparator_id for one in results}) > 1:
        raise NotPossible("These results have different comparators, so none is shared.")
    if len({one.experimental_id for one in results}) < len(results):
        raise NotPossible("Two of these results are about the same experimental arm; choose one of each.")
    if any(old["key"].startswith("combine.split_") for one in results for old in one.conversions):
        raise NotPossible("The comparator of one of these results is split already.")
    _check_same_numbers(results, "2")
    key, names = SPLITTING[results[0].kind]
    corrected = []
    for part, result in enumerate(results, 1):
        inputs = {name: getattr(result, f"{name}2") for name in names} | {"k": len(results), "part": part}
        done = _entry(key, inputs, {f"{name}2": name for name in names})
        kept = [old for old in result.conversions if not set(old["gave"]) & set(done["gave"])]
        changes: dict[str, Any] = {field: done["values"][output] for field, output in done["outputs"].items()}
        reported = {f"{name}2": str(getattr(result, f"{name}2")) for name in names}
        changes |= {"conversions": [*kept, done], "as_reported": result.as_reported | reported}
        why = (
            f"{result.comparator} is shared by {len(results)} comparisons; its people are split between them."
        )
        corrected.append(
            correct_result(result=result, by=by, changes=changes, why=why, seen_version=result.version)
        )
    return corrected


def _only_of(conversion: Mapping[str, Any], side: str) -> bool:
    """Whether a conversion gave numbers of this arm alone."""
    return all(name[-1] == side for name in conversion["gave"])


def _check_alike(results: Sequence[Result], kinds: Mapping[str, Any]) -> None:
    if len(results) < 2:
        raise NotPossible("Choose two results or more.")
    if any(one.superseded_at for one in results):
        raise NotPossible("One of these results was corrected or withdrawn in the meantime; choose again.")
    for name in PLACE:
        if len({getattr(one, name) for one in results}) > 1:
            what = name.removesuffix("_id").replace("_", " ")
            raise NotPossible(
                f"These results differ in their {what}; only results that are alike go together."
            )
    if results[0].kind not in kinds:
        raise NotPossible("Only results with means and SDs, or with events, can be put together or split.")


def _check_same_numbers(results: Sequence[Result], side: str) -> None:
    """The shared arm has the same numbers everywhere; else they are not the same people."""
    names = [f.name for f in FIELDS[results[0].kind] if f.arm == side]
    for name in names:
        if len({getattr(one, name) for one in results}) > 1:
            told = " and ".join(str(getattr(one, name)) for one in results)
            raise NotPossible(
                f"The shared arm '{_arm(results[0], side)}' has different numbers ({told}). Correct them, or the "
                "results are not of the same people."
            )


def _arm(result: Result, side: str) -> Arm:
    arm = result.experimental if side == "1" else result.comparator
    assert arm is not None  # kinds of two arms have both
    return arm


def _entry(key: str, inputs: Mapping[str, Any], gave: Mapping[str, str]) -> dict[str, Any]:
    try:
        return entry(key, inputs, gave)
    except ConversionError as error:
        raise NotPossible(str(error)) from error


def _merged_arm(arms: Sequence[Arm], label: str, by: User) -> Arm:
    label = label.strip() or " + ".join(arm.label for arm in arms)
    study = arms[0].study
    known = study.arms.filter(label__iexact=label[:200]).first()
    if known is not None:
        if known in arms:
            raise NotPossible(
                f"'{known}' is one of the arms; name the combined one differently.", field="label"
            )
        return known
    sizes = [arm.n_randomised for arm in arms]
    return add_arm(
        study=study,
        label=label[:200],
        role=arms[0].role,
        n_randomised=sum(n or 0 for n in sizes) if all(sizes) else None,
        description="Combined: " + "; ".join(arm.label for arm in arms),
        by=by,
    )


def _reported(results: Sequence[Result], side: str, names: Mapping[str, str]) -> dict[str, str]:
    """{"mean1, CBT": "12.50"}: each number of each arm as typed."""
    return {
        f"{field}{side}, {_arm(one, side)}": one.typed.get(f"{field}{side}")
        or f"{getattr(one, f'{field}{side}'):.12g}"
        for one in results
        for field in names
    }
