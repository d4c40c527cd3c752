"""The arms of a study and the facts about it."""

from typing import Any

from django.db import transaction

from extraction.models import Arm, Characteristic, Result, VocabularyTerm
from extraction.services.errors import AlreadyRecorded, NotPossible
from extraction.services.vocabulary import add_term
from extraction.values import MOST_PEOPLE
from reviews.audit import record_event
from reviews.errors import Conflict
from reviews.models import Review, User
from screening.models import Study


def add_arm(
    *,
    study: Study,
    label: str,
    role: str,
    by: User,
    n_randomised: int | None = None,
    dose: str = "",
    description: str = "",
    intervention: str = "",
) -> Arm:
    """Add an arm under a label that is new to the study.

    ``intervention`` is a word of the review's vocabulary; a new word joins it.
    """
    new = _clean_arm(label, role, n_randomised, dose, description)
    with transaction.atomic():
        if study.arms.filter(label__iexact=new["label"]).exists():
            raise AlreadyRecorded(f"{study} has an arm called '{new['label']}' already.", field="label")
        arm = Arm.objects.create(study=study, **new, intervention=_term(study.review, intervention, by))
        record_event(
            review=study.review,
            actor=by,
            verb="extraction.arm_added",
            target=arm,
            sentence=f"added the arm '{arm}' to {study}.",
            detail={"new": _arm_facts(arm)},
        )
    return arm


def change_arm(
    *,
    arm: Arm,
    label: str,
    role: str,
    n_randomised: int | None,
    by: User,
    seen_version: int,
    dose: str | None = None,
    description: str | None = None,
    intervention: str | None = None,
) -> Arm:
    """Mend an arm; None leaves dose, description or intervention as they are.

    Raises Conflict when the arm was changed since version ``seen_version``.
    """
    new = _clean_arm(
        label,
        role,
        n_randomised,
        arm.dose if dose is None else dose,
        arm.description if description is None else description,
    )
    with transaction.atomic():
        before = Arm.objects.select_related("intervention").get(pk=arm.pk)
        old = _arm_facts(before)
        if arm.study.arms.filter(label__iexact=new["label"]).exclude(pk=arm.pk).exists():
            raise AlreadyRecorded(f"{arm.study} has another arm called '{new['label']}'.", field="label")
        term = before.intervention if intervention is None else _term(arm.study.review, intervention, by)
        changed = Arm.objects.filter(pk=arm.pk, version=seen_version).update(
            **new, intervention=term, version=seen_version + 1
        )
        if not changed:
            raise Conflict(
                f"The arm was changed in the meantime; it is now '{old['label']}' ({old['role']}, "
                f"n randomised {old['n_randomised'] or 'not given'}). Nothing was overwritten."
            )
        arm.refresh_from_db()
        record_event(
            review=arm.study.review,
            actor=by,
            verb="extraction.arm_changed",
            target=arm,
            sentence=f"changed the arm '{old['label']}' of {arm.study}.",
            detail={"old": old, "new": _arm_facts(arm)},
        )
    return arm


def remove_arm(*, arm: Arm, by: User) -> None:
    """Remove an arm that no result, present or past, refers to."""
    with transaction.atomic():
        Study.objects.select_for_update().get(pk=arm.study_id)
        results = Result.objects.filter(study=arm.study)
        if results.filter(experimental=arm).exists() or results.filter(comparator=arm).exists():
            raise NotPossible(f"'{arm}' has results, so it stays. Change its label instead.")
        record_event(
            review=arm.study.review,
            actor=by,
            verb="extraction.arm_removed",
            target=arm,
            sentence=f"removed the arm '{arm}' from {arm.study}.",
            detail={"old": _arm_facts(arm)},
        )
        arm.sources.all().delete()
        arm.delete()


def set_characteristic(
    *, study: Study, name: str, value: str, by: User, seen: str | None = None
) -> Characteristic | None:
    """Say that ``study`` has ``value`` for ``name``; an empty value removes it (and gives None).

    ``seen`` is the value the person had before their eyes ("" for none); when another one stands there now, it is
    a Conflict. None skips that check.
    """
    name, value = name.strip(), value.strip()
    if not name:
        raise NotPossible("Name the characteristic, for example therapy.", field="name")
    if len(name) > 80:
        raise NotPossible("The name of a characteristic has at most 80 characters.", field="name")
    with transaction.atomic():
        Study.objects.select_for_update().get(pk=study.pk)
        present = study.characteristics.filter(name__iexact=name).first()
        old = present.value if present else ""
        if seen is not None and seen != old:
            raise Conflict(
                f"{name} of {study} was changed in the meantime: it is now "
                f"{f'‘{old}’' if old else 'empty'}. Nothing was overwritten."
            )
        if old == value:
            return present
        if present and not value:
            present.sources.all().delete()  # where the value stood; the history keeps it
            present.delete()
            present = None
        elif present:
            present.value = value
            present.save(update_fields=["value"])
        else:
            present = Characteristic.objects.create(study=study, name=name, value=value)
        record_event(
            review=study.review,
            actor=by,
            verb="extraction.characteristic_set",
            target=study,
            sentence=f"{'set' if value else 'removed'} {name} of {study}{f' to {value}' if value else ''}.",
            detail={"name": name, "old": old, "new": value},
        )
    return present


def _clean_arm(
    label: str, role: str, n_randomised: int | None, dose: str, description: str
) -> dict[str, Any]:
    label, dose = label.strip(), dose.strip()
    if not label:
        raise NotPossible("Name the arm, for example 'CBT' or 'Usual care'.", field="label")
    for field, text in (("label", label), ("dose", dose)):
        if len(text) > 200:
            raise NotPossible(f"The {field} of an arm has at most 200 characters.", field=field)
    if role not in Arm.Role.values:
        raise NotPossible(f"An arm is one of: {', '.join(Arm.Role.values)}.", field="role")
    if n_randomised is not None and n_randomised < 1:
        raise NotPossible("The number randomised to an arm is 1 or more.", field="n_randomised")
    if n_randomised is not None and n_randomised > MOST_PEOPLE:
        raise NotPossible(f"{n_randomised} is too large to be a number of people.", field="n_randomised")
    return {
        "label": label,
        "role": role,
        "n_randomised": n_randomised,
        "dose": dose,
        "description": description.strip(),
    }


def _term(review: Review, name: str, by: User) -> VocabularyTerm | None:
    """The intervention of this name, whatever its case; a new one joins the vocabulary."""
    name = " ".join(name.split())
    if not name:
        return None
    kind = VocabularyTerm.Kind.INTERVENTION
    known = VocabularyTerm.objects.filter(review=review, kind=kind, name__iexact=name).first()
    return known or add_term(review=review, kind=kind, name=name, by=by)


def _arm_facts(arm: Arm) -> dict[str, Any]:
    told = {"dose": arm.dose, "description": arm.description}
    if arm.intervention:
        told["intervention"] = arm.intervention.name
    return {
        "label": arm.label,
        "role": arm.role,
        "n_randomised": arm.n_randomised,
        **{name: text for name, text in told.items() if text},
    }
