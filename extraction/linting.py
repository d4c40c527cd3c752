"""The linter on stored results, and which of its warnings somebody looked into."""

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from extraction.checks import Facts, Warning, lint
from extraction.form_schema import number_of
from extraction.models import Arm, DismissedWarning, Extraction, Result, Value
from reviews.models import Membership, Outcome

#: Numbers that the linter calls by the same name.
NUMBERS = (
    *(
        "n1",
        "mean1",
        "sd1",
        "n2",
        "mean2",
        "sd2",
        "events1",
        "events2",
        "effect",
        "effect_se",
        "effect_measure",
    ),
    *("baseline_mean1", "baseline_sd1", "baseline_mean2", "baseline_sd2"),
    *("estimate", "ci_low", "ci_high", "p_below"),
)
#: Final scores of a change are means to every rule.
KINDS = {"change": "means"}
#: What a printed estimate is where the kind says it.
MEASURES = {"oe": "HR"}
#: The field of the ready-made form section that holds how many people were randomised altogether.
TOTAL_RANDOMISED = "n_randomised_total"


@dataclass(frozen=True)
class Found:
    """One warning about one result; ``dismissal`` says who looked into it and why it is fine."""

    result: Result
    warning: Warning
    dismissal: DismissedWarning | None = None


def facts_of(result: Result, arms: Sequence[int | None] = (), total: int | None = None) -> Facts:
    """A stored result as the linter sees it; needs study, outcome and arms at hand (``with_names``).

    ``arms``: the numbers randomised to every arm of the study; ``total``: what its form says of all of them together.
    """
    outcome = result.outcome
    low, high = _range(result)
    comparator = result.comparator
    return Facts(
        key=result.pk,
        study=result.study.label,
        kind=KINDS.get(result.kind, result.kind),
        scale=result.scale or outcome.scale,
        time_point=result.time_point,
        derived=result.derived or result.adjusted,
        experimental=result.experimental.label,
        comparator=comparator.label if comparator else "",
        lower_is_better=outcome.direction == Outcome.Direction.LOWER,
        low=low,
        high=high,
        is_change=result.is_change or (False if result.kind == Result.Kind.CHANGE else None),
        randomised1=result.experimental.n_randomised,
        randomised2=comparator.n_randomised if comparator else None,
        arms_randomised=tuple(arms),
        total_randomised=total,
        ci_level=(result.ci_level or 95) / 100,
        p=result.p_value,
        typed={"p" if name == "p_value" else name: text for name, text in result.typed.items()},
        **{name: getattr(result, name) for name in NUMBERS} | _adapted(result),
    )


def _adapted(result: Result) -> dict:
    """Numbers that a kind means in its own way: an event may come again to the same person in a rate."""
    adapted: dict = {"effect_measure": result.effect_measure or MEASURES.get(result.kind, "")}
    return adapted | ({"n1": None, "n2": None} if result.kind == Result.Kind.RATES else {})


def warnings_of(results: Iterable[Result], only: Container[int] | None = None) -> dict[int, list[Warning]]:
    """{result id: the warnings that nobody dismissed} for results at hand ``with_names``; four queries at most.

    Each result is compared with the preferred ones of its outcome among ``results``, and with the other results of
    its own study. A person's independent results are compared with that person's and with the shared ones. ``only``:
    ids of those that are judged, which is much quicker; the others are what they are compared with.
    """
    return {
        pk: [one.warning for one in found if one.dismissal is None]
        for pk, found in judged_of(results, only).items()
    }


def judged_of(results: Iterable[Result], only: Container[int] | None = None) -> dict[int, list[Found]]:
    """{result id: every warning, the dismissed ones with their dismissal}, as ``warnings_of``."""
    results = list(results)
    facts = _facts(results)
    peers: dict[int, list[Facts]] = defaultdict(list)
    siblings: dict[tuple[int, int, int | None], list[Facts]] = defaultdict(list)
    for result in results:
        if result.is_preferred:
            peers[result.outcome_id].append(facts[result.pk])
        siblings[result.study_id, result.outcome_id, result.extraction_id].append(facts[result.pk])
    dismissed = _dismissed(results)
    settled = {_place(result) for result in results if _counts_once(result)}
    found: dict[int, list[Found]] = {}
    for result in results:
        if only is not None and result.pk not in only:
            continue
        own = siblings[result.study_id, result.outcome_id, result.extraction_id]
        others = [one for one in peers[result.outcome_id] if one.study != result.study.label]
        found[result.pk] = [
            Found(result, warning, dismissed.get((result.study_id, result.outcome_id, warning.fingerprint)))
            for warning in lint(facts[result.pk], [*others, *own])
            if not (warning.code == "control_twice" and _place(result) in settled)
        ]
    return found


def _place(result: Result) -> tuple:
    return (result.study_id, result.outcome_id, result.extraction_id, result.scale, result.time_point)


def _counts_once(result: Result) -> bool:
    """Whether arms were combined, or the control split, so that its people count once here."""
    return any(one["key"].startswith("combine.") for one in result.conversions)


def seen_by(membership: Membership) -> QuerySet[Result]:
    """The results whose warnings a member sees: the shared ones, and those of one's own that are not agreed yet."""
    mine = Q(extraction__extractor=membership.user, extraction__kind=Extraction.Kind.INDEPENDENT)
    return (
        Result.objects.filter(review=membership.review, superseded_at=None)
        .filter(Q(extraction=None) | (mine & ~Q(extraction__study__extractions__in=_agreed(membership))))
        .with_names()
        .order_by("study__label", "outcome__order", "pk")
    )


def all_found(membership: Membership) -> list[Found]:
    """Every warning a member sees, by study and outcome."""
    results = list(seen_by(membership))
    found = judged_of(results)
    return [one for result in results for one in found[result.pk]]


def _agreed(membership: Membership) -> QuerySet[Extraction]:
    return Extraction.objects.filter(review=membership.review).consensus().complete()


def _facts(results: Sequence[Result]) -> dict[int, Facts]:
    """Facts by result id; the numbers randomised to every arm come with one query, the totals with another."""
    studies = {result.study_id for result in results}
    arms: dict[int, list[int | None]] = defaultdict(list)
    for study, n in Arm.objects.filter(study__in=studies).values_list("study", "n_randomised"):
        arms[study].append(n)
    totals = _totals(studies)
    return {
        result.pk: facts_of(result, arms[result.study_id], totals.get(result.study_id)) for result in results
    }


def _totals(studies: Iterable[int]) -> Mapping[int, int]:
    """What the shared form of each study says of the number randomised altogether."""
    rows = Value.objects.filter(
        extraction__study__in=studies,
        extraction__kind=Extraction.Kind.CONSENSUS,
        field=TOTAL_RANDOMISED,
        row="",
    ).values_list("extraction__study", "value")
    numbers = ((study, number_of(value)) for study, value in rows)  # a form keeps numbers as typed
    return {study: int(number) for study, number in numbers if number is not None and number.is_integer()}


def _dismissed(results: Sequence[Result]) -> dict[tuple[int, int, str], DismissedWarning]:
    """By study, outcome and fingerprint: one that nobody restored."""
    rows = DismissedWarning.objects.filter(
        study__in={result.study_id for result in results}, restored_at=None
    ).select_related("dismissed_by")
    return {(row.study_id, row.outcome_id, row.fingerprint): row for row in rows}


def _range(result: Result) -> tuple[float | None, float | None]:
    """The outcome's range of scores, where the result is on the outcome's scale."""
    outcome = result.outcome
    other = result.scale and outcome.scale and result.scale.casefold() != outcome.scale.casefold()
    return (None, None) if other else (outcome.scale_low, outcome.scale_high)
