"""Results: record, correct, withdraw, prefer, verify. A correction adds a row; nothing is edited away."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from extraction.history import changed_fields, latest_version
from extraction.models import Arm, Result
from extraction.services.errors import (
    AlreadyRecorded,
    InvalidResult,
    NotOfThisStudy,
    NotPossible,
    SecondPersonNeeded,
)
from extraction.values import EVERY_NAME, FIELDS, check_values
from reviews.audit import record_event
from reviews.errors import Conflict
from reviews.models import Outcome, User
from screening.models import Study

#: What a correction may change, besides the numbers of the result's kind.
CIRCUMSTANCES = ("experimental", "comparator", "scale", "rater", "time_point", "derived", "basis", "source")


def record_result(
    *,
    study: Study,
    outcome: Outcome,
    experimental: Arm,
    comparator: Arm,
    kind: str,
    values: Mapping[str, Any],
    by: User,
    scale: str = "",
    rater: str = "",
    time_point: str = "",
    derived: bool = False,
    basis: str = "",
    source: str = "",
    preferred: bool | None = None,
) -> Result:
    """Record one result of ``outcome`` between two arms of ``study``.

    ``values`` holds the numbers of ``kind`` (see extraction.values.FIELDS). ``preferred``: the one result of this
    study and outcome that analyses use; None means yes if there is none yet, True takes over from the present one.
    Raises InvalidResult (a sentence per field), NotOfThisStudy or AlreadyRecorded.
    """
    clean = _check_numbers(kind, values, basis)
    _check_places(study, outcome, experimental, comparator)
    with transaction.atomic():
        _lock(study)
        fields = {
            "study": study,
            "outcome": outcome,
            "experimental": experimental,
            "comparator": comparator,
            "kind": kind,
            "scale": scale.strip(),
            "rater": _check_rater(rater),
            "time_point": time_point.strip(),
        }
        _check_new(fields)
        siblings = Result.objects.preferred().filter(study=study, outcome=outcome)
        if preferred is None:
            preferred = not siblings.exists()
        replaced = list(siblings.values_list("pk", flat=True)) if preferred else []
        siblings.filter(pk__in=replaced).update(is_preferred=False)
        result = Result.objects.create(
            review=study.review,
            **fields,
            **clean,
            is_preferred=preferred,
            derived=derived,
            basis=basis.strip(),
            source=source.strip(),
            extracted_by=by,
        )
        record_event(
            review=study.review,
            actor=by,
            verb="extraction.result_recorded",
            target=result,
            sentence=f"recorded a result: {result}.",
            detail={"new": facts(result), "no_longer_preferred": replaced},
        )
    return result


def correct_result(
    *, result: Result, by: User, changes: Mapping[str, Any], why: str, seen_version: int
) -> Result:
    """Put a corrected row in the place of ``result``; the old row stays readable.

    ``changes`` names numbers of the result's kind or CIRCUMSTANCES. ``seen_version`` is the version the person looked
    at: when another one is current, or the result was withdrawn, it is a Conflict that says what changed.
    """
    if not why.strip():
        raise NotPossible("Say why the result is corrected; the reason stays with its history.", field="why")
    new = _corrected(result, changes)
    with transaction.atomic():
        study = _lock(result.study)
        _supersede(result, seen_version, by=by)
        preferred = Result.objects.get(pk=result.pk).is_preferred
        corrected = Result.objects.create(
            review=study.review,
            study=study,
            outcome=result.outcome,
            kind=result.kind,
            is_preferred=preferred,
            extracted_by=by,
            version=result.version + 1,
            previous=result,
            correction_reason=why.strip(),
            **new,
        )
        changed = changed_fields(result, corrected)
        if not changed:
            raise NotPossible("Nothing was changed, so there is nothing to correct.")
        record_event(
            review=study.review,
            actor=by,
            verb="extraction.result_corrected",
            target=corrected,
            sentence=f"corrected a result: {corrected}.",
            detail={
                "replaces": result.pk,
                "why": why.strip(),
                "old": {change.name: change.old for change in changed},
                "new": {change.name: change.new for change in changed},
            },
        )
    return corrected


def withdraw_result(*, result: Result, by: User, why: str, seen_version: int) -> Result:
    """Take a result out of use, with a reason; it stays in the history."""
    if not why.strip():
        raise NotPossible("Say why the result is withdrawn; the reason stays with its history.", field="why")
    with transaction.atomic():
        _lock(result.study)
        _supersede(result, seen_version, by=by, withdrawn_by=by, withdrawal_reason=why.strip())
        result.refresh_from_db()
        record_event(
            review=result.review,
            actor=by,
            verb="extraction.result_withdrawn",
            target=result,
            sentence=f"withdrew a result: {result}.",
            detail={"why": why.strip(), "old": facts(result)},
        )
    return result


def prefer_result(*, result: Result, by: User) -> Result:
    """Make this the result of its study and outcome that analyses use."""
    with transaction.atomic():
        _lock(result.study)
        _check_current(result)
        siblings = Result.objects.preferred().filter(study=result.study, outcome=result.outcome)
        before = list(siblings.values_list("pk", flat=True))
        if before != [result.pk]:
            siblings.update(is_preferred=False)
            Result.objects.filter(pk=result.pk).update(is_preferred=True)
            record_event(
                review=result.review,
                actor=by,
                verb="extraction.result_preferred",
                target=result,
                sentence=f"chose the result that analyses use: {result}.",
                detail={"old": before, "new": result.pk},
            )
        result.refresh_from_db()
    return result


def verify_result(*, result: Result, by: User, seen_version: int) -> Result:
    """Confirm a result against its source; only someone other than its extractor can."""
    if result.extracted_by_id == by.pk:
        raise SecondPersonNeeded("You extracted this result, so somebody else has to verify it.")
    with transaction.atomic():
        _lock(result.study)
        mine = Result.objects.current().filter(pk=result.pk, version=seen_version)
        if not mine.exists():
            raise _conflict(result, seen_version)
        if not mine.filter(verified_by=None).update(verified_by=by, verified_at=timezone.now()):
            raise AlreadyRecorded("This result has been verified already.")
        result.refresh_from_db()
        record_event(
            review=result.review,
            actor=by,
            verb="extraction.result_verified",
            target=result,
            sentence=f"verified a result against its source: {result}.",
            detail={"version": result.version, "values": facts(result)},
        )
    return result


def facts(result: Result) -> dict[str, Any]:
    """A result as JSON for the history."""
    return {
        **{name: value for name, value in result.values.items() if value not in (None, "")},
        "kind": result.kind,
        "experimental": result.experimental.label,
        "comparator": result.comparator.label,
        "scale": result.scale,
        "rater": result.rater,
        "time_point": result.time_point,
        "derived": result.derived,
        "basis": result.basis,
        "source": result.source,
        "preferred": result.is_preferred,
    }


def _lock(study: Study) -> Study:
    return Study.objects.select_for_update().get(pk=study.pk)


def _check_numbers(kind: str, values: Mapping[str, Any], basis: str) -> dict[str, Any]:
    if kind not in FIELDS:
        raise InvalidResult({"kind": f"'{kind}' is not a kind of result; use one of {', '.join(FIELDS)}."})
    clean, faults = check_values(kind, values)
    unknown = sorted(set(values) - set(EVERY_NAME))
    if unknown:
        faults[unknown[0]] = f"A result has no number called {', '.join(unknown)}."
    if kind == Result.Kind.EFFECT and not basis.strip():
        faults["basis"] = "The basis is missing: say how the effect and its standard error were obtained."
    if faults:
        raise InvalidResult(faults)
    return clean


def _check_places(study: Study, outcome: Outcome, experimental: Arm, comparator: Arm) -> None:
    if outcome.review_id != study.review_id:
        raise NotOfThisStudy(f"The outcome '{outcome}' is not of this review.", field="outcome")
    for field, arm in (("experimental", experimental), ("comparator", comparator)):
        if arm.study_id != study.pk:
            raise NotOfThisStudy(f"The arm '{arm}' is not an arm of {study}.", field=field)
    if experimental.pk == comparator.pk:
        raise NotOfThisStudy(
            f"'{experimental}' cannot be compared with itself; choose two different arms.", field="comparator"
        )


def _check_rater(rater: str) -> str:
    if rater and rater not in Result.Rater.values:
        known = ", ".join(Result.Rater.values)
        raise InvalidResult({"rater": f"'{rater}' is not a rater; use one of {known}, or leave it empty."})
    return rater


def _check_new(fields: dict[str, Any]) -> None:
    twin = Result.objects.current().filter(**fields).first()
    if twin:
        raise AlreadyRecorded(
            f"This result is recorded already ({twin}, number {twin.pk}). Correct it if it is wrong, or tell the new "
            "one apart by its scale or time point."
        )


def _corrected(result: Result, changes: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of the corrected row, checked like a new result's."""
    own = {field.name for field in FIELDS[result.kind]}
    unknown = sorted(set(changes) - own - set(CIRCUMSTANCES))
    if unknown:
        raise InvalidResult({unknown[0]: f"A correction of this result cannot change {', '.join(unknown)}."})
    new = {name: getattr(result, name) for name in CIRCUMSTANCES} | {
        name: value.strip() if isinstance(value, str) else value
        for name, value in changes.items()
        if name in CIRCUMSTANCES
    }
    numbers = result.values | {name: changes[name] for name in own & set(changes)}
    clean = _check_numbers(result.kind, numbers, new["basis"])
    _check_rater(new["rater"])
    _check_places(result.study, result.outcome, new["experimental"], new["comparator"])
    return new | clean


def _supersede(result: Result, seen_version: int, *, by: User, **fields: Any) -> None:
    done = Result.objects.current().filter(pk=result.pk, version=seen_version)
    if not done.update(superseded_at=timezone.now(), **fields):
        raise _conflict(result, seen_version)


def _check_current(result: Result) -> None:
    if not Result.objects.current().filter(pk=result.pk).exists():
        raise _conflict(result, result.version)


def _conflict(result: Result, seen_version: int) -> Conflict:
    """What happened to the result since version ``seen_version``, as a refusal."""
    latest = latest_version(result)
    if latest.withdrawn_by:
        return Conflict(
            f"{latest.withdrawn_by} withdrew this result in the meantime ({latest.withdrawal_reason}). "
            "Nothing was overwritten."
        )
    seen = Result.objects.with_names().get(pk=result.pk)
    changed = "; ".join(
        f"{change.label} {change.old_text} → {change.new_text}" for change in changed_fields(seen, latest)
    )
    return Conflict(
        f"{latest.extracted_by} corrected this result in the meantime: {changed or 'see its history'}. It is now "
        f"version {latest.version}, you looked at version {seen_version}. Nothing was overwritten."
    )
