"""What the linter would say of numbers that are not saved yet, and the effect they give."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from extraction.checks import Warning
from extraction.comparing.effects import Effect, effects_of
from extraction.linting import judged_of
from extraction.models import Arm, Result
from extraction.services.conversions import effect_from_estimate
from extraction.services.errors import InvalidResult
from extraction.values import FIELDS, SINGLE_GROUP, check_values, typed_numbers
from reviews.models import Outcome
from screening.models import Study


@dataclass(frozen=True)
class Preview:
    """``faults``: sentences on numbers that cannot be; ``effects`` and ``warnings`` where there are none."""

    faults: tuple[str, ...] = ()
    effects: tuple[Effect, ...] = ()
    warnings: tuple[Warning, ...] = ()

    @property
    def is_fine(self) -> bool:
        return not self.faults and not self.warnings


def preview(
    study: Study, kind: str, posted: Mapping[str, str], instead_of: Result | None = None
) -> Preview | None:
    """A preview of what was posted; None while a number or an arm is still missing.

    ``instead_of``: the result that is being corrected, which the new numbers are not compared with.
    """
    place = _place(study, kind, posted, instead_of)
    if place is None:
        return None
    try:
        values, _ = effect_from_estimate(kind, posted)
    except InvalidResult as refusal:
        return Preview(faults=tuple(refusal.faults.values()))
    own = {field.name: values.get(field.name) for field in FIELDS[kind]}
    clean, faults = check_values(kind, own)
    if faults:
        told = [sentence for sentence in faults.values() if not sentence.endswith("is missing.")]
        return Preview(faults=tuple(told)) if told else None
    result = Result(
        review_id=study.review_id,
        study=study,
        kind=kind,
        scale=posted.get("scale", "").strip(),
        time_point=posted.get("time_point", "").strip(),
        is_change=bool(posted.get("is_change")),
        adjusted=bool(posted.get("adjusted")),
        derived=bool(posted.get("derived")) or posted.get("conversions", "[]") not in ("", "[]", "null"),
        is_preferred=False,
        typed=typed_numbers(own),
        **place,
        **clean,
    )
    peers = Result.objects.current().filter(outcome=result.outcome).with_names()
    if instead_of:
        peers = peers.exclude(pk=instead_of.pk)
    found = judged_of([*peers, result], {result.pk})[result.pk]
    return Preview(
        effects=tuple(effects_of(kind, clean).values()),
        warnings=tuple(one.warning for one in found if one.dismissal is None),
    )


def _place(
    study: Study, kind: str, posted: Mapping[str, str], instead_of: Result | None
) -> dict[str, Any] | None:
    arms = {str(arm.pk): arm for arm in Arm.objects.filter(study=study)}
    experimental, comparator = (
        arms.get(posted.get("experimental", "")),
        arms.get(posted.get("comparator", "")),
    )
    outcome = instead_of.outcome if instead_of else _outcome(study, posted.get("outcome", ""))
    if experimental is None or outcome is None or (comparator is None and kind not in SINGLE_GROUP):
        return None
    return {"experimental": experimental, "comparator": comparator, "outcome": outcome}


def _outcome(study: Study, pk: str) -> Outcome | None:
    return next((one for one in Outcome.objects.filter(review=study.review_id) if str(one.pk) == pk), None)
