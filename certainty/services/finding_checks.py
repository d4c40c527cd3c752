"""What makes the fields of a finding right; refused with a sentence that names the field."""

import math
import re
from typing import Any

from django.core.exceptions import ValidationError

from analysis.choices import is_ratio
from analysis.models import Plan
from analysis.services.wording import first_fault
from certainty.models import Finding
from certainty.services.errors import InvalidFinding

#: Of one comparison, how many outcomes a summary of findings shows (Cochrane Handbook 14.1.3).
MOST_IN_SUMMARY = 7
MOST_BASELINES = 6
BASELINE_TEXTS, BASELINE_NUMBERS = ("label", "source"), ("per_1000", "mean", "sd")
NO_TEXT = re.compile("[\0\ud800-\udfff]")
MOST_PEOPLE = 2_000_000_000


def check_finding(finding: Finding) -> None:
    """Raise InvalidFinding for the first field at fault; lists are put into their usual form."""
    _check_texts(finding)
    for name in ("intervention", "comparison"):
        if not getattr(finding, name):
            raise InvalidFinding(
                "Say what is compared with what: both the intervention and the comparison are needed.",
                field=name,
            )
    if finding.outcome.review_id != finding.review_id:
        raise InvalidFinding("The outcome belongs to another review.", field="outcome")
    _check_plan(finding)
    _check_numbers(finding)
    finding.baselines = _baselines(finding.baselines)
    try:
        finding.full_clean(exclude=["review", "created_by"], validate_constraints=False)
    except ValidationError as error:
        raise InvalidFinding(first_fault(error), field=next(iter(error.message_dict))) from error
    if finding.in_summary:
        _check_room(finding)


def alike(finding: Finding) -> list[Finding]:
    """The other live findings of the same comparison that are in the summary; capitals and blanks do not count."""
    others = Finding.objects.in_summary().filter(review=finding.review).exclude(pk=finding.pk)
    return [one for one in others if comparison_key(one) == comparison_key(finding)]


def comparison_key(finding: Finding) -> tuple[str, str]:
    """What makes two findings rows of one summary: intervention and comparison, without capitals and blanks."""
    one, other = (" ".join(text.split()).casefold() for text in (finding.intervention, finding.comparison))
    return one, other


def _check_texts(finding: Finding) -> None:
    for field in Finding._meta.get_fields():
        value = getattr(finding, field.name, None) if field.concrete else None
        if isinstance(value, str) and NO_TEXT.search(value):
            raise InvalidFinding(f"{field.name} holds a character that is no text.", field=field.name)


def _check_plan(finding: Finding) -> None:
    plan = finding.plan
    if plan is None:
        return
    if plan.review_id != finding.review_id:
        raise InvalidFinding("The analysis plan belongs to another review.", field="plan")
    if plan.retired_at:
        raise InvalidFinding(f"The analysis plan “{plan.name}” was retired; choose one in use.", field="plan")
    if plan.outcome_id != finding.outcome_id:
        raise InvalidFinding(
            f"The analysis plan “{plan.name}” is about another outcome, {plan.outcome}.", field="plan"
        )
    others = Finding.objects.live().filter(review=finding.review, plan=plan).exclude(pk=finding.pk)
    if plan.kind == Plan.Kind.NETWORK:
        others = others.filter(intervention=finding.intervention, comparison=finding.comparison)
    if taken := others.first():
        raise InvalidFinding(
            f"“{taken}” rests on the analysis “{plan.name}” already. Change that finding, or choose another plan.",
            field="plan",
        )


def _check_numbers(finding: Finding) -> None:
    least, size = finding.minimal_important_difference, finding.optimal_information_size
    if least is not None:
        if not _is_number(least) or least == 0:
            raise InvalidFinding(
                "The minimal important difference is a number other than 0, on the scale of the measure.",
                field="minimal_important_difference",
            )
        if finding.plan and is_ratio(finding.plan.measure) and (least <= 0 or least == 1):
            raise InvalidFinding(
                "The measure is a ratio, so the minimal important difference is one too: for example 0.8, not "
                f"{least:g}.",
                field="minimal_important_difference",
            )
    if size is not None and not (
        isinstance(size, int) and not isinstance(size, bool) and 1 <= size <= MOST_PEOPLE
    ):
        raise InvalidFinding(
            "The optimal information size is a whole number of participants.",
            field="optimal_information_size",
        )


def _baselines(given: Any) -> list[dict[str, Any]]:
    """Each with a label, a risk per 1,000 or a mean and SD, and a source."""
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise InvalidFinding("Baselines are a list of objects.", field="baselines")
    if len(given) > MOST_BASELINES:
        raise InvalidFinding(f"At most {MOST_BASELINES} baselines are shown.", field="baselines")
    return [_baseline(one, number) for number, one in enumerate(given, 1)]


def _baseline(one: dict[str, Any], number: int) -> dict[str, Any]:
    if unknown := sorted(set(one) - {*BASELINE_TEXTS, *BASELINE_NUMBERS}):
        raise InvalidFinding(
            f"Baseline {number} has nothing called {', '.join(unknown)}. It has: "
            f"{', '.join((*BASELINE_TEXTS, *BASELINE_NUMBERS))}.",
            field="baselines",
        )
    texts = {name: one.get(name) or "" for name in BASELINE_TEXTS}
    if not all(
        isinstance(text, str) and len(text) <= 200 and not NO_TEXT.search(text) for text in texts.values()
    ):
        raise InvalidFinding(
            f"Baseline {number}: label and source are texts of 200 characters at most.", field="baselines"
        )
    numbers = {name: one[name] for name in BASELINE_NUMBERS if one.get(name) is not None}
    if not numbers or not all(_is_number(value) for value in numbers.values()):
        raise InvalidFinding(
            f"Baseline {number} needs a risk per 1,000, or a mean and an SD, as numbers.", field="baselines"
        )
    if not 0 < numbers.get("per_1000", 1) < 1000:
        raise InvalidFinding(
            f"Baseline {number}: a risk per 1,000 lies between 0 and 1,000, not at {numbers['per_1000']:g}.",
            field="baselines",
        )
    if numbers.get("sd", 1) <= 0:
        raise InvalidFinding(f"Baseline {number}: an SD is above 0.", field="baselines")
    return {name: text.strip() for name, text in texts.items()} | numbers


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _check_room(finding: Finding) -> None:
    others = alike(finding)
    if len(others) >= MOST_IN_SUMMARY:
        raise InvalidFinding(
            f"The summary of {finding.intervention} against {finding.comparison} has {MOST_IN_SUMMARY} outcomes, and "
            "more are not read. Take one out of it first, or keep this one outside.",
            field="in_summary",
        )
