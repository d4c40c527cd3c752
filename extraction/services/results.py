"""Results: record, correct, withdraw, prefer, verify. A correction adds a row; nothing is edited away."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from extraction.history import changed_fields, latest_version
from extraction.models import Arm, Extraction, Result
from extraction.services.conversions import check_conversions, effect_from_estimate, still_true
from extraction.services.errors import (
    AlreadyRecorded,
    InvalidResult,
    NotPossible,
    SecondPersonNeeded,
)
from extraction.services.result_checks import (
    check_circumstances,
    check_extraction,
    check_new,
    check_numbers,
    check_places,
    storable,
)
from extraction.services.sources import carry_sources
from extraction.values import EVERY_FIELD, FIELDS, typed_numbers
from reviews.audit import record_event
from reviews.errors import Conflict
from reviews.models import Outcome, User
from screening.models import Study

#: What a correction may change, besides the numbers of the result's kind.
CIRCUMSTANCES = (
    "experimental",
    "comparator",
    "scale",
    "rater",
    "time_point",
    "weeks",
    "population",
    "subgroup",
    "is_change",
    "adjusted",
    "derived",
    "basis",
    "source",
)
#: What a correction may replace besides: how the numbers were printed, and what they were converted from.
PASSPORT = ("typed", "as_reported", "conversions")


def record_result(
    *,
    study: Study,
    outcome: Outcome,
    experimental: Arm,
    comparator: Arm | None,
    kind: str,
    values: Mapping[str, Any],
    by: User,
    extraction: Extraction | None = None,
    scale: str = "",
    rater: str = "",
    time_point: str = "",
    weeks: float | None = None,
    population: str = "",
    subgroup: str = "",
    is_change: bool = False,
    adjusted: bool = False,
    derived: bool = False,
    basis: str = "",
    source: str = "",
    typed: Mapping[str, str] | None = None,
    as_reported: Mapping[str, str] | None = None,
    conversions: Sequence[Mapping[str, Any]] = (),
    preferred: bool | None = None,
) -> Result:
    """Record one result of ``outcome`` between two arms of ``study``, or of one group (``comparator`` None).

    ``values`` holds the numbers of ``kind`` (see extraction.values.FIELDS); those given as text keep it in ``typed``.
    An effect may come as its printed estimate with an interval or p. ``extraction``: in dual extraction the
    person's own, whose results nobody else sees; a shared one means none. ``conversions``: as ``conversions.entry``
    makes them; with any, the result is ``derived``. ``preferred``: the one result of this study and outcome that
    analyses use; None means yes if there is none yet, True takes over from the present one.
    Raises InvalidResult (a sentence per field), NotOfThisStudy, NotPossible or AlreadyRecorded.
    """
    own = check_extraction(extraction, study, by)
    given, computed = effect_from_estimate(kind, values)
    entries = [*check_conversions(kind, given, conversions), *computed]
    clean = check_numbers(kind, given, basis, explained=bool(entries))
    check_places(study, outcome, experimental, comparator, kind)
    fields = {
        "study": study,
        "outcome": outcome,
        "experimental": experimental,
        "comparator": comparator,
        "kind": kind,
        "extraction": own,
        **check_circumstances(
            {
                "scale": scale,
                "rater": rater,
                "time_point": time_point,
                "weeks": weeks,
                "population": population,
                "subgroup": subgroup,
                "is_change": is_change,
                "adjusted": adjusted,
            }
        ),
    }
    with transaction.atomic():
        _lock(study)
        check_new(fields)
        chosen, replaced = _take_preference(study, outcome, own, preferred)
        result = Result.objects.create(
            review=study.review,
            **fields,
            **clean,
            is_preferred=chosen,
            derived=derived or bool(entries),
            basis=basis.strip(),
            source=source.strip(),
            typed=typed_numbers(values) | dict(typed or {}),
            as_reported=_as_reported(as_reported, computed),
            conversions=entries,
            extracted_by=by,
        )
        record_event(
            review=study.review,
            actor=by,
            verb="extraction.result_recorded",
            target=result,
            sentence=f"recorded a result: {result}.",
            detail={"new": facts(result), "no_longer_preferred": replaced},
            blinded=own is not None,
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
    _check_owner(result, by)
    new = _corrected(result, changes)
    with transaction.atomic():
        study = _lock(result.study)
        _supersede(result, seen_version, by=by)
        preferred = Result.objects.get(pk=result.pk).is_preferred
        corrected = Result.objects.create(
            review=study.review,
            study=study,
            outcome=result.outcome,
            extraction=result.extraction,
            kind=result.kind,
            is_preferred=preferred,
            extracted_by=by,
            version=result.version + 1,
            previous=result,
            correction_reason=why.strip(),
            **new,
        )
        corrected.agreed_from.set(result.agreed_from.all())
        carry_sources(result, corrected)
        changed = changed_fields(result, corrected)
        if not changed and result.conversions == corrected.conversions:
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
            blinded=result.extraction_id is not None,
        )
    return corrected


def withdraw_result(*, result: Result, by: User, why: str, seen_version: int) -> Result:
    """Take a result out of use, with a reason; it stays in the history."""
    if not why.strip():
        raise NotPossible("Say why the result is withdrawn; the reason stays with its history.", field="why")
    _check_owner(result, by)
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
            blinded=result.extraction_id is not None,
        )
    return result


def prefer_result(*, result: Result, by: User) -> Result:
    """Make this the result of its study and outcome that analyses use."""
    _check_shared(result, "Analyses use what was agreed")
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
    _check_shared(
        result, "Two people extract this study independently, and comparing takes the place of verifying"
    )
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
        **{
            name: value
            for name, value in result.values.items()
            if value is not False and value not in (None, "")
        },
        "kind": result.kind,
        "experimental": result.experimental.label,
        "comparator": result.comparator.label if result.comparator else "",
        "scale": result.scale,
        "rater": result.rater,
        "time_point": result.time_point,
        **{
            name: value
            for name in ("weeks", "population", "subgroup", "is_change", "adjusted", "as_reported")
            if (value := getattr(result, name))
        },
        **({"conversions": [one["key"] for one in result.conversions]} if result.conversions else {}),
        "derived": result.derived,
        "basis": result.basis,
        "source": result.source,
        "preferred": result.is_preferred,
    }


def _lock(study: Study) -> Study:
    return Study.objects.select_for_update().get(pk=study.pk)


def _take_preference(
    study: Study, outcome: Outcome, own: Extraction | None, preferred: bool | None
) -> tuple[bool, list[int]]:
    """Whether the new result is the one that analyses use, and which ones are not any more."""
    if own is not None:
        return False, []
    siblings = Result.objects.preferred().filter(study=study, outcome=outcome)
    if preferred is None:
        preferred = not siblings.exists()
    replaced = list(siblings.values_list("pk", flat=True)) if preferred else []
    Result.objects.filter(pk__in=replaced).update(is_preferred=False)
    return preferred, replaced


def _as_reported(given: Mapping[str, str] | None, computed: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """What stood in the report, by name, as text; the inputs of a computed effect join it."""
    inputs = {name: str(value) for entry in computed for name, value in entry["inputs"].items()}
    told = {str(name): str(value) for name, value in (given or {}).items() if str(value).strip()}
    if len(told) > 100 or any(
        len(text) > 300 or not storable(text) for pair in told.items() for text in pair
    ):
        raise InvalidResult(
            {
                "as_reported": "What was reported is kept as at most 100 short texts, each up to 300 characters."
            }
        )
    return inputs | told


def _corrected(result: Result, changes: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of the corrected row, checked like a new result's."""
    own = {field.name for field in FIELDS[result.kind]}
    unknown = sorted(set(changes) - own - set(CIRCUMSTANCES) - set(PASSPORT))
    if unknown:
        raise InvalidResult({unknown[0]: f"A correction of this result cannot change {', '.join(unknown)}."})
    new = {name: changes.get(name, getattr(result, name)) for name in CIRCUMSTANCES}
    given = {name: changes[name] for name in own & set(changes)}
    if isinstance(given.get("p_value"), str):
        given.setdefault("p_below", False)  # "<" says it anew
    kept = [*changes.get("conversions", still_true(result, given))]
    numbers, computed = effect_from_estimate(result.kind, result.values | given, of=result)
    if computed:
        kept = [entry for entry in kept if not {"effect", "effect_se"} & set(entry["gave"])]
    entries = [*check_conversions(result.kind, numbers, kept), *computed]
    clean = check_numbers(result.kind, numbers, new["basis"], explained=bool(entries))
    check_places(result.study, result.outcome, new["experimental"], new["comparator"], result.kind)
    reported = changes.get("as_reported", result.as_reported if entries else {})
    return {
        **new,
        **check_circumstances({name: new[name] for name in CIRCUMSTANCES[2:10]}),
        **clean,
        "basis": new["basis"].strip(),
        "source": new["source"].strip(),
        "derived": bool(new["derived"]) or bool(entries),
        "typed": _typed_of(result, given, clean) | dict(changes.get("typed", {})),
        "as_reported": _as_reported(reported, computed),
        "conversions": entries,
    }


def _typed_of(result: Result, given: Mapping[str, Any], clean: Mapping[str, Any]) -> dict[str, str]:
    """Numbers as typed: the new text where there is one, the old one where the number stayed."""
    stayed = {
        name: text
        for name, text in result.typed.items()
        if name in EVERY_FIELD and clean.get(name) == getattr(result, name)
    }
    return stayed | typed_numbers(given)


def _check_owner(result: Result, by: User) -> None:
    """An independent result is changed by the one who extracted it, while the extraction is open."""
    if result.extraction_id is not None:
        check_extraction(result.extraction, result.study, by)


def _check_shared(result: Result, why: str) -> None:
    if result.extraction_id is not None:
        raise NotPossible(f"{why}; this is one person's own result.")


def _supersede(result: Result, seen_version: int, *, by: User, **fields: Any) -> None:
    done = Result.objects.filter(superseded_at=None, pk=result.pk, version=seen_version)
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
