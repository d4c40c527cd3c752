"""The arms of a study and the facts about it."""

from django.db import transaction

from extraction.models import Arm, Characteristic, Result
from extraction.services.errors import AlreadyRecorded, NotPossible
from extraction.values import MOST_PEOPLE
from reviews.audit import record_event
from reviews.errors import Conflict
from reviews.models import User
from screening.models import Study


def add_arm(*, study: Study, label: str, role: str, by: User, n_randomised: int | None = None) -> Arm:
    """Add an arm under a label that is new to the study."""
    label = _clean_arm(label, role, n_randomised)
    with transaction.atomic():
        if study.arms.filter(label__iexact=label).exists():
            raise AlreadyRecorded(f"{study} has an arm called '{label}' already.", field="label")
        arm = Arm.objects.create(study=study, label=label, role=role, n_randomised=n_randomised)
        record_event(
            review=study.review,
            actor=by,
            verb="extraction.arm_added",
            target=arm,
            sentence=f"added the arm '{label}' to {study}.",
            detail={"new": _arm_facts(arm)},
        )
    return arm


def change_arm(
    *, arm: Arm, label: str, role: str, n_randomised: int | None, by: User, seen_version: int
) -> Arm:
    """Mend an arm. Raises Conflict when it was changed since version ``seen_version``."""
    label = _clean_arm(label, role, n_randomised)
    with transaction.atomic():
        old = _arm_facts(Arm.objects.get(pk=arm.pk))
        new = {"label": label, "role": role, "n_randomised": n_randomised}
        if arm.study.arms.filter(label__iexact=label).exclude(pk=arm.pk).exists():
            raise AlreadyRecorded(f"{arm.study} has another arm called '{label}'.", field="label")
        changed = Arm.objects.filter(pk=arm.pk, version=seen_version).update(**new, version=seen_version + 1)
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
            detail={"old": old, "new": new},
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


def _clean_arm(label: str, role: str, n_randomised: int | None) -> str:
    label = label.strip()
    if not label:
        raise NotPossible("Name the arm, for example 'CBT' or 'Usual care'.", field="label")
    if len(label) > 200:
        raise NotPossible("The label of an arm has at most 200 characters.", field="label")
    if role not in Arm.Role.values:
        raise NotPossible(f"An arm is one of: {', '.join(Arm.Role.values)}.", field="role")
    if n_randomised is not None and n_randomised < 1:
        raise NotPossible("The number randomised to an arm is 1 or more.", field="n_randomised")
    if n_randomised is not None and n_randomised > MOST_PEOPLE:
        raise NotPossible(f"{n_randomised} is too large to be a number of people.", field="n_randomised")
    return label


def _arm_facts(arm: Arm) -> dict:
    return {"label": arm.label, "role": arm.role, "n_randomised": arm.n_randomised}
