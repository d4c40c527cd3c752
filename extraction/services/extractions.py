"""Begin an extraction, hand it in, take it back."""

from django.db import transaction
from django.utils import timezone

from extraction.filled import missing_of
from extraction.form_choice import form_of
from extraction.form_schema import Schema, read_schema
from extraction.models import Completion, Extraction, ExtractionSettings
from extraction.services.errors import NotPossible
from extraction.services.settings import mode_of
from extraction.services.values import AlreadyComplete, NotYours, locked, may_write, new_row
from reviews.audit import record_event
from reviews.errors import Refused
from reviews.models import User
from screening.models import Study


class Incomplete(Refused):
    """Something is still to be filled in; ``sentences`` says what, one each."""

    def __init__(self, sentence: str, sentences: list[str]) -> None:
        super().__init__(sentence)
        self.sentences = sentences


@transaction.atomic
def start_extraction(*, study: Study, by: User) -> Extraction:
    """The extraction in which ``by`` fills in the form of ``study``; begun now if there is none yet.

    In dual extraction that is one's own independent one, else the one the team shares. Refused once two others are
    complete: they can be read now, so a third would not be independent.
    """
    study = Study.objects.select_for_update().select_related("review").get(pk=study.pk)
    dual = mode_of(study) == ExtractionSettings.Mode.DUAL
    extractions = study.extractions.select_related("form_version", "study__review", "review", "extractor")
    found = extractions.independent().filter(extractor=by) if dual else extractions.consensus()
    if present := found.first():
        return _with_form(present)
    if dual:
        _require_room(study)
    form = form_of(study)
    extraction = Extraction.objects.create(
        review=study.review,
        study=study,
        form_version=form,
        kind=Extraction.Kind.INDEPENDENT if dual else Extraction.Kind.CONSENSUS,
        extractor=by,
        rows=first_rows(read_schema(form.schema)) if form else {},
    )
    record_event(
        review=study.review,
        actor=by,
        verb="extraction.started",
        target=extraction,
        sentence=f"began extracting {study}.",
        blinded=dual,
    )
    return extraction


@transaction.atomic
def complete_extraction(*, extraction: Extraction, by: User) -> Extraction:
    """Hand in an extraction: every required field that is shown has to be filled in.

    An independent one is closed by it; a shared one is marked as ready for the second person.
    """
    extraction = locked(extraction)
    if extraction.is_complete:
        return extraction
    _require_writer(extraction, by)
    if sentences := missing_of(extraction):
        raise Incomplete(f"Not complete yet. {' '.join(sentences)}", sentences)
    extraction.state, extraction.completed_at = Extraction.State.COMPLETE, timezone.now()
    extraction.completed_by = by
    extraction.version += 1
    extraction.save(update_fields=["state", "completed_at", "completed_by", "version"])
    _record_state(extraction, by, "completed", f"completed their extraction of {extraction.study}.")
    return extraction


@transaction.atomic
def reopen_extraction(*, extraction: Extraction, by: User) -> Extraction:
    """Take back that an extraction is complete; an independent one only while nothing can be compared with it."""
    extraction = locked(extraction)
    if not extraction.is_complete:
        return extraction
    study = extraction.study
    if Completion.objects.filter(study=study).exists():
        raise AlreadyComplete(f"The extraction of {study} was declared complete. Reopen the study first.")
    if extraction.kind == Extraction.Kind.INDEPENDENT:
        if extraction.extractor_id != by.pk:
            raise NotYours(f"Only {extraction.extractor} may reopen this extraction.")
        if study.extractions.complete().exclude(pk=extraction.pk).exists():
            raise AlreadyComplete(
                f"A second extraction of {study} is complete, so the two can be compared and stay as they are. "
                "Settle differences in the consensus."
            )
    elif mode_of(study) == ExtractionSettings.Mode.DUAL:
        raise NotPossible("What two people agreed on is changed on the page that compares their extractions.")
    extraction.state, extraction.completed_at = Extraction.State.DRAFT, None
    extraction.completed_by = None
    extraction.version += 1
    extraction.save(update_fields=["state", "completed_at", "completed_by", "version"])
    _record_state(extraction, by, "reopened", f"reopened their extraction of {study}.")
    return extraction


def first_rows(schema: Schema, rows: dict[str, list[str]] | None = None) -> dict[str, list[str]]:
    """``rows`` with as many new ones in each repeating group as the form asks for at least."""
    rows = dict(rows or {})
    for key, group in schema.groups.items():
        have = rows.get(key, [])
        rows[key] = [*have, *(new_row() for _ in range(max(0, (group.at_least or 0) - len(have))))]
    return {key: keys for key, keys in rows.items() if keys}


def _require_room(study: Study) -> None:
    others = study.extractions
    if others.consensus().complete().exists():
        raise AlreadyComplete(f"The extraction of {study} was agreed on already.")
    if others.independent().complete().count() >= 2:
        raise AlreadyComplete(
            f"{study} already has two complete extractions. They can be compared now, so another one would not be "
            "independent."
        )


def _require_writer(extraction: Extraction, by: User) -> None:
    if may_write(extraction, by):
        return
    if extraction.kind == Extraction.Kind.INDEPENDENT and extraction.extractor_id != by.pk:
        raise NotYours(f"Only {extraction.extractor} may change this extraction.")
    raise AlreadyComplete(
        f"The extraction of {extraction.study} is settled; it cannot be handed in any more."
    )


def _with_form(extraction: Extraction) -> Extraction:
    """Give an extraction that was begun before there was a form the one there is now."""
    if extraction.form_version_id or not (form := form_of(extraction.study)):
        return extraction
    extraction.form_version = form
    extraction.rows = first_rows(read_schema(form.schema), extraction.rows)
    extraction.save(update_fields=["form_version", "rows"])
    return extraction


def _record_state(extraction: Extraction, by: User, did: str, sentence: str) -> None:
    independent = extraction.kind == Extraction.Kind.INDEPENDENT
    record_event(
        review=extraction.review,
        actor=by,
        verb=f"extraction.{did}",
        target=extraction,
        sentence=sentence if independent else sentence.replace("their", "the"),
        blinded=independent,
    )
