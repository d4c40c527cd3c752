"""Where extracted things stand in the reports: add a source, remove it, bring it back, carry it to what follows."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from extraction.models import Arm, Characteristic, Extraction, Result, Source, Value
from extraction.services.errors import AlreadyRecorded, NotOfThisStudy, NotPossible
from extraction.values import FIELDS
from reviews.audit import record_event
from reviews.models import AuditEvent, Review, User
from screening.models import FullText, PdfUpload, Study
from screening.pdf_text import plain

Target = Result | Value | Arm | Characteristic
Box = Sequence[float]
ADDED, REMOVED = "extraction.source_added", "extraction.source_removed"
LONGEST_QUOTE = 5_000
MOST_BOXES = 20


def add_source(
    *,
    by: User,
    result: Result | None = None,
    value: Value | None = None,
    arm: Arm | None = None,
    characteristic: Characteristic | None = None,
    field: str = "",
    full_text: FullText | None = None,
    page: int | None = None,
    quote: str = "",
    locator: str = "",
    boxes: Sequence[Box] = (),
) -> Source:
    """Say where one of ``result``, ``value``, ``arm`` and ``characteristic`` stands.

    ``field``: one number of the result, "" for all. ``page`` counts as the PDF does, from 1; ``boxes`` are
    [left, top, right, bottom] as shares (0 to 1) of that page. At least a page, a quote or a locator ("Table 2") is
    needed. Raises NotPossible, NotOfThisStudy or AlreadyRecorded.
    """
    given = {"result": result, "value": value, "arm": arm, "characteristic": characteristic}
    (name, target), *others = [(key, one) for key, one in given.items() if one is not None]
    if others:
        raise NotPossible("A source is of one thing: a result, a value, an arm or a characteristic.")
    study = study_of(target)
    place = {
        "field": _check_field(target, field),
        "full_text": _check_report(study, full_text),
        "page": _check_page(full_text, page),
        "quote": _words(quote, LONGEST_QUOTE, "quote"),
        "locator": _words(locator, 120, "locator"),
        "boxes": _check_boxes(boxes, full_text, page),
    }
    if not (place["page"] or place["quote"] or place["locator"]):
        raise NotPossible("Say where it stands: a page, a quote, or a place such as Table 2.", field="page")
    with transaction.atomic():
        Study.objects.select_for_update().get(pk=study.pk)
        _check_open(target, by)
        if Source.objects.filter(**{name: target}, **place).exists():
            raise AlreadyRecorded("This source is there already.")
        source = Source.objects.create(
            review=study.review, study=study, added_by=by, **{name: target}, **place
        )
        _tell(source, ADDED, by, f"added a source to {_said(target)}: {source}.")
    return source


def remove_source(*, source: Source, by: User) -> AuditEvent:
    """Take a source away; ``restore_source`` brings it back from the event."""
    with transaction.atomic():
        Study.objects.select_for_update().get(pk=source.study_id)
        _check_open(source.target, by)
        if not Source.objects.filter(pk=source.pk).exists():
            raise NotPossible("The source was removed in the meantime.")
        event = _tell(source, REMOVED, by, f"removed a source of {_said(source.target)}: {source}.")
        source.delete()
    return event


def restore_source(*, review: Review, event: AuditEvent, by: User) -> Source:
    """Undo ``remove_source``. Raises NotPossible when what it was of is gone or was corrected since."""
    facts = event.detail if event.review_id == review.pk and event.verb == REMOVED else {}
    model: Any = {"result": Result, "value": Value, "arm": Arm, "characteristic": Characteristic}.get(
        facts.get("of", "")
    )
    target = model.objects.filter(pk=facts["of_id"]).first() if model else None
    if target is None:
        raise NotPossible("What this source was of is not there any more.")
    return add_source(
        by=by,
        **{facts["of"]: target},
        full_text=FullText.objects.filter(review=review, pk=facts["full_text"]).first(),
        **{name: facts[name] for name in ("field", "page", "quote", "locator", "boxes")},
    )


def carry_sources(old: Target, new: Target) -> int:
    """Copy the sources of ``old`` to ``new`` of the same kind (a corrected result, an agreed value); how many.

    Call it inside the transaction that makes ``new``. What is there already is not added twice.
    """
    name = kind_of(new)
    there = {_place(source) for source in new.sources.all()}
    copies = []
    for source in old.sources.all():
        if _place(source) in there:
            continue
        there.add(_place(source))
        source.pk = None
        source._state.adding = True
        setattr(source, name, new)
        copies.append(source)
    return len(Source.objects.bulk_create(copies))


def kind_of(target: Target) -> str:
    """result, value, arm or characteristic."""
    return target._meta.model_name or ""


def study_of(target: Target) -> Study:
    return target.extraction.study if isinstance(target, Value) else target.study


def _place(source: Source) -> tuple:
    return (source.field, source.full_text_id, source.page, source.quote, source.locator, str(source.boxes))


def _check_open(target: Target, by: User) -> None:
    """Not a colleague's own draft, not a version that was corrected."""
    own = own_extraction(target)
    if own and own.extractor_id != by.pk:
        raise NotPossible("This belongs to a colleague's own extraction; only they change its sources.")
    if isinstance(target, Result) and not Result.objects.filter(pk=target.pk, superseded_at=None).exists():
        raise NotPossible("This version of the result is no longer in use. Open the present one.")


def own_extraction(target: Target) -> Extraction | None:
    """The independent extraction a result or value belongs to, if it is one person's."""
    extraction = target.extraction if isinstance(target, Result | Value) else None
    return extraction if extraction and extraction.kind == Extraction.Kind.INDEPENDENT else None


def _check_field(target: Target, field: str) -> str:
    if not field:
        return ""
    known = {one.name for one in FIELDS[target.kind]} if isinstance(target, Result) else set()
    if field not in known:
        raise NotPossible(f"'{field}' is not a number of this result.", field="field")
    return field


def _check_report(study: Study, full_text: FullText | None) -> FullText | None:
    if full_text and not study.reports.filter(record=full_text.record_id).exists():
        raise NotOfThisStudy(f"This is not a report of {study}.", field="full_text")
    return full_text


def _check_page(full_text: FullText | None, page: int | None) -> int | None:
    if page is None:
        return None
    if not 1 <= page <= 100_000:
        raise NotPossible("Pages count from 1, as the PDF does.", field="page")
    shown = PdfUpload.objects.filter(
        record=full_text.record_id if full_text else None, state=PdfUpload.State.MATCHED
    ).first()
    if shown and shown.pages and page > shown.pages:
        raise NotPossible(
            f"{shown.file_name} has {shown.pages} pages; there is no page {page}.", field="page"
        )
    return page


def _words(text: str, most: int, field: str) -> str:
    text = " ".join(plain(text).split())
    if len(text) > most:
        raise NotPossible(
            f"This has {len(text):,} characters; at most {most:,} are kept. Quote the sentence that matters.",
            field=field,
        )
    return text


def _check_boxes(boxes: Sequence[Box], full_text: FullText | None, page: int | None) -> list[list[float]]:
    if boxes and (page is None or full_text is None):
        raise NotPossible("A box is on a page of a report; say which.", field="page")
    if len(boxes) > MOST_BOXES:
        raise NotPossible(f"At most {MOST_BOXES} boxes are kept for one source.", field="boxes")
    try:
        found = [[round(float(share), 4) for share in box] for box in boxes]
        right = all(0 <= left < r <= 1 and 0 <= top < low <= 1 for left, top, r, low in found)
    except (TypeError, ValueError, OverflowError):
        right = False
    if not right:
        raise NotPossible(
            "A box is [left, top, right, bottom], four shares of the page between 0 and 1.", field="boxes"
        )
    return found


def _said(target: Target) -> str:
    if isinstance(target, Value):
        return f"{target.field} of {study_of(target)}"
    if isinstance(target, Result):
        return str(target)
    return f"{target} of {target.study}"


def _tell(source: Source, verb: str, by: User, sentence: str) -> AuditEvent:
    target = source.target
    return record_event(
        review=source.review,
        actor=by,
        verb=verb,
        target=source,
        sentence=sentence,
        detail={
            "of": kind_of(target),
            "of_id": target.pk,
            "full_text": source.full_text_id,
            **{name: getattr(source, name) for name in ("field", "page", "quote", "locator", "boxes")},
        },
        blinded=own_extraction(target) is not None,
    )
