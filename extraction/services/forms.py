"""Extraction forms: make, name, order and retire them; draft a version, pilot it, publish it.

A version that studies were extracted with never changes; ``extraction.services.form_versions`` moves extractions on.
"""

import random
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from extraction.form_choice import form_of, forms_of, newer_version
from extraction.form_schema import SchemaError, changes, read_schema, standard_section, write_schema
from extraction.form_schema.edits import EditError, add_standard, append
from extraction.form_schema.standard import STANDARD
from extraction.models import Form, FormEdit, FormVersion
from extraction.services.errors import AlreadyRecorded, NotPossible
from reviews.audit import record_event
from reviews.errors import Conflict, Refused
from reviews.models import Review, User
from screening.models import Study

__all__ = [
    "InvalidForm",
    "add_sections_of",
    "add_standard_section",
    "begin_draft",
    "create_form",
    "discard_draft",
    "end_pilot",
    "form_of",
    "forms_of",
    "move_form",
    "newer_version",
    "publish_form",
    "rename_form",
    "restore_form",
    "retire_form",
    "save_draft",
    "set_form_designs",
    "start_pilot",
    "undo_edit",
]
#: What a new form begins with unless something else is asked for.
FIRST_SECTIONS = ("study_characteristics", "participants", "funding", "conflicts_of_interest")
MOST_EDITS = 100


class InvalidForm(Refused):
    """The form cannot be used; ``faults`` has a sentence per fault, each with its place."""

    def __init__(self, faults: Sequence[str]) -> None:
        more = f" And {len(faults) - 3} more." if len(faults) > 3 else ""
        super().__init__(" ".join(faults[:3]) + more)
        self.faults = list(faults)


@transaction.atomic
def create_form(
    *,
    review: Review,
    name: str,
    by: User,
    designs: Iterable[str] = (),
    sections: Iterable[str] = FIRST_SECTIONS,
    schema: Any = None,
) -> Form:
    """A new form with the first draft. It has the ready-made ``sections``, or is ``schema`` (a form as JSON)."""
    name, designs = _clean_name(review, name), _clean_designs(designs)
    data = clean_schema(schema) if schema is not None else _ready_made(sections)
    last = review.forms.order_by("-order").values_list("order", flat=True).first()
    order = 0 if last is None else last + 1
    form = Form.objects.create(review=review, name=name, designs=designs, order=order, created_by=by)
    FormVersion.objects.create(form=form, schema=data, made_by=by)
    _record(form, by, "form_created", f"made the extraction form “{name}”.", {"designs": designs})
    return form


@transaction.atomic
def rename_form(*, form: Form, name: str, by: User) -> Form:
    """Give a form another name."""
    form = _locked(form)
    old, form.name = form.name, _clean_name(form.review, name, but=form)
    if form.name != old:
        form.save(update_fields=["name"])
        _record(
            form, by, "form_renamed", f"renamed the extraction form “{old}” to “{form.name}”.", {"old": old}
        )
    return form


@transaction.atomic
def set_form_designs(*, form: Form, designs: Iterable[str], by: User) -> Form:
    """Say which study designs a form is for; none means every study."""
    form = _locked(form)
    old, form.designs = form.designs, _clean_designs(designs)
    if form.designs != old:
        form.save(update_fields=["designs"])
        words = ", ".join(Study.Design(one).label.lower() for one in form.designs) or "every study"
        detail = {"old": old, "new": form.designs}
        _record(form, by, "form_designs_set", f"said that the form “{form}” is for {words}.", detail)
    return form


@transaction.atomic
def move_form(*, form: Form, to: str, by: User) -> Form:
    """Move a form "up" or "down" among those in use: a study gets the first that is for its design."""
    form = _locked(form)
    forms = list(Form.objects.in_use().filter(review=form.review))
    place = next((n for n, one in enumerate(forms) if one.pk == form.pk), None)
    other = None if place is None else place + {"up": -1, "down": 1}.get(to, 0)
    if place is None or other == place or other is None or not 0 <= other < len(forms):
        raise NotPossible(f"“{form}” cannot be moved {to[:10]}.")
    forms[place], forms[other] = forms[other], forms[place]
    for order, one in enumerate(forms):
        Form.objects.filter(pk=one.pk).update(order=order)
    _record(
        form, by, "form_moved", f"moved the extraction form “{form}” {to}.", {"order": [f.pk for f in forms]}
    )
    form.refresh_from_db()
    return form


@transaction.atomic
def retire_form(*, form: Form, by: User) -> Form:
    """Take a form out of use. What was extracted with it stays; no study is given it any more."""
    form = _locked(form)
    if form.retired_at is None:
        form.retired_at = timezone.now()
        form.save(update_fields=["retired_at"])
        _record(form, by, "form_retired", f"took the extraction form “{form}” out of use.")
    return form


@transaction.atomic
def restore_form(*, form: Form, by: User) -> Form:
    """Use a retired form again."""
    form = _locked(form)
    if form.retired_at is not None:
        form.retired_at = None
        form.save(update_fields=["retired_at"])
        _record(form, by, "form_restored", f"took the extraction form “{form}” into use again.")
    return form


@transaction.atomic
def begin_draft(*, form: Form, by: User) -> FormVersion:
    """The version being worked on; where every version is published, a new draft that begins as the latest."""
    form = _locked(form)
    if present := form.versions.open().first():
        return present
    latest = form.versions.latest("number")
    draft = FormVersion.objects.create(form=form, number=latest.number + 1, schema=latest.schema, made_by=by)
    _record(form, by, "form_drafted", f"began version {draft.number} of the form “{form}”.")
    return draft


@transaction.atomic
def save_draft(
    *, version: FormVersion, schema: Any, by: User, seen_version: int, did: str = "changed the form"
) -> FormVersion:
    """Put ``schema`` (a form as JSON, perhaps unfinished) in the place of a draft.

    ``seen_version`` is the save the person looked at; another one is a Conflict and nothing is overwritten. ``did``
    says what the change was ("added the field ‘Age’"). The earlier one can be had back with ``undo_edit``.
    """
    version = _locked_draft(version)
    data = clean_schema(schema)
    if version.version != seen_version:
        last = version.edits.select_related("by").last()
        what = f"{last.by} {last.sentence}" if last else "it was changed"
        raise Conflict(f"The form was changed in the meantime: {what}. Nothing was overwritten.")
    if data == version.schema:
        return version
    FormEdit.objects.create(version=version, schema=version.schema, sentence=did[:300], by=by)
    old_edits = version.edits.order_by("-pk").values_list("pk", flat=True)[MOST_EDITS:]
    version.edits.filter(pk__in=list(old_edits)).delete()
    said = changes(version.read(), read_schema(data, draft=True))
    _store(version, data)
    detail = {"number": version.number, "changes": [change.sentence for change in said][:50]}
    _record(version.form, by, "form_changed", f"{did} in the form “{version.form}”.", detail)
    return version


@transaction.atomic
def undo_edit(*, version: FormVersion, by: User, seen_version: int) -> FormVersion:
    """Take back the last change of a draft."""
    version = _locked_draft(version)
    if version.version != seen_version:
        raise Conflict("The form was changed in the meantime. Look at it again before you undo.")
    last = version.edits.last()
    if last is None:
        raise NotPossible("There is no change to undo.")
    _store(version, last.schema)
    sentence = f"undid in the form “{version.form}”: {last.sentence}."
    last.delete()
    _record(version.form, by, "form_change_undone", sentence, {"number": version.number})
    return version


def add_standard_section(*, version: FormVersion, key: str, by: User, seen_version: int) -> FormVersion:
    """Add a ready-made section (form_schema.STANDARD) at the end of a draft."""
    try:
        edit = add_standard(version.schema, key)
    except EditError as error:
        raise NotPossible(str(error), field="key") from error
    return save_draft(version=version, schema=edit.data, by=by, seen_version=seen_version, did=edit.sentence)


def add_sections_of(*, version: FormVersion, other: Any, by: User, seen_version: int) -> FormVersion:
    """Add the sections of another form (as JSON) at the end of a draft."""
    try:
        edit = append(version.schema, clean_schema(other))
    except EditError as error:
        raise NotPossible(str(error)) from error
    return save_draft(version=version, schema=edit.data, by=by, seen_version=seen_version, did=edit.sentence)


@transaction.atomic
def discard_draft(*, version: FormVersion, by: User) -> None:
    """Throw away a draft; the published version stays. The only version of a form is retired, not thrown away."""
    version = _locked_draft(version)
    if not version.form.versions.exclude(pk=version.pk).exists():
        raise NotPossible("This is the only version of the form. Take the form out of use instead.")
    _record(version.form, by, "form_draft_discarded", f"threw away the draft of the form “{version.form}”.")
    version.edits.all().delete()
    version.delete()


@transaction.atomic
def start_pilot(
    *,
    version: FormVersion,
    by: User,
    studies: Iterable[Study] = (),
    k: int | None = None,
    seed: int | None = None,
) -> FormVersion:
    """Try a draft on some studies: those given, or ``k`` drawn at random (``seed`` makes the draw repeatable)."""
    version = _locked_draft(version)
    _require_finished(version)
    chosen = _drawn(version.form, k, seed) if k is not None else list(studies)
    if not chosen:
        raise NotPossible("Choose at least one study to pilot the form on.", field="studies")
    if wrong := [study for study in chosen if study.review_id != version.form.review_id]:
        raise NotPossible(f"{wrong[0]} is a study of another review.", field="studies")
    others = FormVersion.objects.filter(
        state=FormVersion.State.PILOT, form__retired_at=None, pilot_studies__in=chosen
    )
    if other := others.exclude(pk=version.pk).first():
        raise NotPossible(f"One of these studies takes part in the pilot of “{other.form}” already.")
    version.state = FormVersion.State.PILOT
    version.version += 1
    version.save(update_fields=["state", "version"])
    version.pilot_studies.set(chosen)
    detail = {"number": version.number, "studies": [study.pk for study in chosen], "seed": seed}
    sentence = (
        f"began to pilot the form “{version.form}” on {len(chosen)} stud{'ies' if len(chosen) > 1 else 'y'}."
    )
    _record(version.form, by, "form_pilot_started", sentence, detail)
    return version


@transaction.atomic
def end_pilot(*, version: FormVersion, by: User) -> FormVersion:
    """End a pilot and return the draft to go on with. What was filled in stays with the version that was piloted.

    Where nobody began to extract, the pilot itself becomes the draft again.
    """
    version = _locked_version(version)
    if version.state != FormVersion.State.PILOT:
        raise NotPossible("This version is not being piloted.")
    used = version.extractions.exists()
    version.state = FormVersion.State.PILOTED if used else FormVersion.State.DRAFT
    version.version += 1
    version.save(update_fields=["state", "version"])
    if used:
        number, made = version.number + 1, {"schema": version.schema, "note": version.note, "made_by": by}
        draft = FormVersion.objects.create(form=version.form, number=number, **made)
    else:
        version.pilot_studies.clear()
        draft = version
    _record(version.form, by, "form_pilot_ended", f"ended the pilot of the form “{version.form}”.")
    return draft


@transaction.atomic
def publish_form(*, version: FormVersion, by: User, seen_version: int, note: str = "") -> FormVersion:
    """Publish a draft or a pilot: studies are extracted with it from now on, and it never changes again.

    Extractions begun with an earlier version stay as they are until somebody takes the new one over.
    """
    version = _locked_version(version)
    if not version.is_open:
        raise NotPossible("This version is published already.")
    if version.version != seen_version:
        raise Conflict("The form was changed in the meantime. Look at it again before you publish it.")
    _require_finished(version)
    earlier = version.form.versions.published().order_by("-number").first()
    if earlier and earlier.schema == version.schema:
        raise NotPossible(
            f"Nothing was changed since version {earlier.number}, so there is nothing to publish."
        )
    version.state, version.published_at = FormVersion.State.PUBLISHED, timezone.now()
    version.note = note.strip()[:5000]
    version.version += 1
    version.save(update_fields=["state", "published_at", "note", "version"])
    version.edits.all().delete()
    said = [change.sentence for change in changes(earlier.read(), version.read())] if earlier else []
    sentence = f"published version {version.number} of the form “{version.form}”."
    detail = {"number": version.number, "note": version.note, "changes": said[:200]}
    _record(version.form, by, "form_published", sentence, detail)
    return version


def clean_schema(schema: Any) -> dict:
    """A form as JSON in its usual shape, perhaps unfinished; InvalidForm where it cannot be read at all."""
    try:
        return write_schema(read_schema(schema, draft=True))
    except SchemaError as error:
        raise InvalidForm([str(fault) for fault in error.faults]) from error


def _require_finished(version: FormVersion) -> None:
    try:
        read_schema(version.schema)
    except SchemaError as error:
        raise InvalidForm([str(fault) for fault in error.faults]) from error


def _drawn(form: Form, k: int, seed: int | None) -> list[Study]:
    if not 1 <= k <= 1000:
        raise NotPossible("Pilot the form on 1 to 1000 studies.", field="k")
    studies = Study.objects.current().filter(review=form.review).order_by("pk")
    if form.designs:
        studies = studies.filter(design__in=form.designs)
    pool = list(studies)
    if len(pool) < k:
        raise NotPossible(f"There are {len(pool)} studies to choose from, fewer than {k}.", field="k")
    return random.Random(seed).sample(pool, k)  # noqa: S311  (repeatable, not secret)


def _store(version: FormVersion, data: dict) -> None:
    version.schema = data
    version.version += 1
    version.save(update_fields=["schema", "version"])


def _locked(form: Form) -> Form:
    return Form.objects.select_for_update().select_related("review").get(pk=form.pk)


def _locked_version(version: FormVersion) -> FormVersion:
    versions = FormVersion.objects.select_for_update(of=("self",)).select_related("form__review")
    present = versions.filter(pk=version.pk).first()
    if present is None:
        raise Conflict("The draft was thrown away in the meantime.")
    return present


def _locked_draft(version: FormVersion) -> FormVersion:
    version = _locked_version(version)
    if version.state == FormVersion.State.PILOT:
        raise NotPossible("The form is being piloted, so it does not change. End the pilot first.")
    if not version.is_draft:
        raise NotPossible("This version was used and never changes. Begin a new version.")
    return version


def _clean_name(review: Review, name: str, but: Form | None = None) -> str:
    name = " ".join(name.split())
    if not name:
        raise NotPossible("Name the form, for example Trials.", field="name")
    if len(name) > 120:
        raise NotPossible("The name of a form has at most 120 characters.", field="name")
    others = review.forms.exclude(pk=but.pk) if but else review.forms.all()
    same = others.filter(name__iexact=name).first()
    if same:
        retired = " (it is out of use and can be taken back)" if same.retired_at else ""
        raise AlreadyRecorded(f"There is a form called “{same.name}” already{retired}.", field="name")
    return name


def _clean_designs(designs: Iterable[str]) -> list[str]:
    given = set(designs)
    if wrong := given - set(Study.Design.values):
        known = ", ".join(Study.Design.values)
        raise NotPossible(
            f"'{sorted(wrong)[0][:40]}' is no study design; there are {known}.", field="designs"
        )
    return [design for design in Study.Design.values if design in given]


def _ready_made(sections: Iterable[str]) -> dict:
    wanted = set(sections)
    if unknown := wanted - set(STANDARD):
        sentence = f"There is no ready-made section '{min(unknown)}'; there are {', '.join(STANDARD)}."
        raise NotPossible(sentence, field="sections")
    return {"sections": [standard_section(key) for key in STANDARD if key in wanted]}


def _record(form: Form, by: User, did: str, sentence: str, detail: dict | None = None) -> None:
    record_event(
        review=form.review,
        actor=by,
        verb=f"extraction.{did}",
        target=form,
        sentence=sentence,
        detail=detail or {},
    )
