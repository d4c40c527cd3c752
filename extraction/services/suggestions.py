"""Suggestions from a report's text: read in the background, and stored only when a person accepts one."""

from dataclasses import asdict
from typing import Any

from django.db import transaction

from extraction.models import Arm, Characteristic, Extraction, Source, Value
from extraction.services.arms import change_arm, set_characteristic
from extraction.services.errors import AlreadyRecorded, NotPossible
from extraction.services.sources import add_source, kind_of
from extraction.services.values import set_value
from extraction.suggesting import RULES, Suggestion, suggest
from reviews.audit import record_event
from reviews.jobs import enqueue
from reviews.models import Job, User
from screening.models import FullText, Study
from screening.pdf_text import read
from screening.services import open_pdf

TASK = "extraction.suggest"
MOST_PAGES = 60
SECONDS = 60


def request_suggestions(*, full_text: FullText, by: User) -> Job:
    """Ask for the text of a report's PDF to be read by the rules; the same PDF is read once."""
    if not full_text.file:
        raise NotPossible("No PDF is attached to this report, so there is no text to read.")
    return enqueue(
        review=full_text.review,
        task=TASK,
        label=f"Reading {full_text.file_name}",
        params={"full_text": full_text.pk, "sha256": full_text.sha256},
        by=by,
        key=_key(full_text),
    )


def suggestions_of(full_text: FullText) -> tuple[Job | None, list[Suggestion]]:
    """The job that read (or reads) the report's present PDF, and what it found."""
    job = Job.objects.filter(review=full_text.review_id, task=TASK, key=_key(full_text)).first()
    found = job.result.get("suggestions", []) if job else []
    return job, [Suggestion(**one) for one in found]


def read_report(full_text: FullText) -> dict:
    """What the job keeps: ``{"suggestions": [...], "pages", "letters"}``. NotPossible when there is no text."""
    open_pdf(full_text).close()
    reading = read(full_text.file.path, seconds=SECONDS, most_pages=MOST_PAGES)
    if reading.wrong:
        raise NotPossible(f"{full_text.file_name}: {reading.wrong}")
    letters = sum(map(len, reading.texts))
    if letters < 200:
        raise NotPossible(
            f"{full_text.file_name} has hardly any text: it is probably a scan. Run it through text recognition "
            "(OCR) and attach the result, or read it yourself."
        )
    found = [asdict(one) for one in suggest(reading.texts)]
    return {"suggestions": found, "pages": reading.pages, "letters": letters}


def accept_suggestion(
    *,
    full_text: FullText,
    value: str,
    sentence: str,
    page: int,
    by: User,
    characteristic: str = "",
    arm: Arm | None = None,
    extraction: Extraction | None = None,
    field: str = "",
    seen: str | None = None,
    seen_version: int = 0,
) -> Source:
    """Store one suggestion, as the person left it, with its sentence as the source.

    It becomes a ``characteristic`` of the study (``seen``: what stood there), the number randomised of an ``arm``, or
    the ``field`` of an ``extraction``; for the latter two ``seen_version`` is what the person looked at. Whatever the
    services of these refuse is refused here, and then nothing is stored.
    """
    study = Study.objects.select_related("review").get(reports__record=full_text.record_id)
    given = sum(map(bool, (characteristic.strip(), arm, extraction)))
    if given != 1:
        raise NotPossible("Choose where the value goes: a characteristic, an arm or a field of the form.")
    with transaction.atomic():
        target: Characteristic | Arm | Value | None
        if arm:
            _of(study, arm.study_id)
            target = _randomised(arm, value, by, seen_version)
        elif extraction:
            _of(study, extraction.study_id)
            target = set_value(
                extraction=extraction, field=field, value=value, by=by, seen_version=seen_version
            )
        else:
            target = set_characteristic(study=study, name=characteristic, value=value, by=by, seen=seen)
        if target is None or target.pk is None:
            raise NotPossible("There is no value to keep; type one or leave the suggestion.", field="value")
        name = kind_of(target)
        of: dict[str, Any] = {name: target}
        try:
            source = add_source(by=by, full_text=full_text, page=page, quote=sentence, **of)
        except AlreadyRecorded as known:
            raise AlreadyRecorded("This value and its sentence are kept already.") from known
        record_event(
            review=study.review,
            actor=by,
            verb="extraction.suggestion_accepted",
            target=source,
            sentence=f"accepted a suggestion from a report of {study}.",
            detail={"value": value, "sentence": sentence, "page": page, "of": name, "of_id": target.pk},
            blinded=isinstance(target, Value) and extraction.kind == Extraction.Kind.INDEPENDENT,  # type: ignore[union-attr]
        )
    return source


def _key(full_text: FullText) -> str:
    return f"suggest-{full_text.pk}-{full_text.sha256[:24]}-{RULES}"


def _of(study: Study, other: int) -> None:
    if other != study.pk:
        raise NotPossible(f"This is not of {study}.")


def _randomised(arm: Arm, value: str, by: User, seen_version: int) -> Arm:
    digits = value.replace(",", "").strip()
    if not digits.isdecimal() or len(digits) > 9:
        raise NotPossible(f"'{value}' is not a number of people.", field="value")
    return change_arm(
        arm=arm, label=arm.label, role=arm.role, n_randomised=int(digits), by=by, seen_version=seen_version
    )
