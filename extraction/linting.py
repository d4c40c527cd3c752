"""The linter on stored results."""

from collections import defaultdict
from collections.abc import Iterable

from extraction.checks import Facts, Warning, lint
from extraction.models import Result
from reviews.models import Outcome

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
)


def facts_of(result: Result) -> Facts:
    """A stored result as the linter sees it; needs study, outcome and arms at hand (``with_names``)."""
    return Facts(
        key=result.pk,
        study=result.study.label,
        kind=result.kind,
        scale=result.scale,
        time_point=result.time_point,
        derived=result.derived,
        experimental=result.experimental.label,
        comparator=result.comparator.label if result.comparator else "",
        lower_is_better=result.outcome.direction == Outcome.Direction.LOWER,
        randomised1=result.experimental.n_randomised,
        randomised2=result.comparator.n_randomised if result.comparator else None,
        **{name: getattr(result, name) for name in NUMBERS},
    )


def warnings_of(results: Iterable[Result]) -> dict[int, list[Warning]]:
    """{result id: warnings} for current results; each is compared with the preferred ones of its outcome."""
    results = list(results)
    facts = {result.pk: facts_of(result) for result in results}
    peers = defaultdict(list)
    for result in results:
        if result.is_preferred:
            peers[result.outcome_id].append(facts[result.pk])
    return {result.pk: lint(facts[result.pk], peers[result.outcome_id]) for result in results}
