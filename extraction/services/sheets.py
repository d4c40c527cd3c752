"""A workbook sent back: read, looked at, and taken row by row through the same verbs as everything else."""

from collections.abc import Collection
from typing import Any

from django.db import transaction
from django.utils import timezone

from extraction.history import latest_version
from extraction.models import Arm, Extraction, Result, SheetUpload, Value
from extraction.services.arms import add_arm, change_arm
from extraction.services.errors import NotPossible
from extraction.services.extractions import start_extraction
from extraction.services.homes import home_of
from extraction.services.results import CIRCUMSTANCES, correct_result, record_result
from extraction.services.values import add_row, set_value
from extraction.values import FIELDS
from extraction.workbook import Item, book_of, items_of, read_book, stamp_of, write_book
from reviews.audit import record_event
from reviews.errors import Conflict, Refused
from reviews.models import Membership, Outcome, Review, User
from reviews.permissions import Permission
from screening.models import Study
from screening.services.guards import require

YES_NO = {"yes": True, "no": False, "": False}
FLAGS = ("is_change", "adjusted", "derived")
MOST_SENTENCES = 30
#: Arms before the results that name them.
ORDER = ("arms", "results", "form", "group")


class SheetRefused(Refused):
    """Rows that cannot be taken; ``sentences`` says for each where it stands and why. Nothing was stored."""

    def __init__(self, sentences: list[str]) -> None:
        more = len(sentences) - MOST_SENTENCES
        shown = [*sentences[:MOST_SENTENCES], *([f"... and {more} more."] if more > 0 else [])]
        super().__init__("\n".join([*shown, "Nothing was stored."]))
        self.sentences = sentences


def workbook_of(*, membership: Membership, studies: Collection[Study] | None = None) -> bytes:
    """The workbook for one person, of ``studies`` or of all. NotAllowed for those who do not extract."""
    require(membership.review, membership.user, Permission.EXTRACT)
    return write_book(membership.review.title, membership.review.slug, book_of(membership, studies))


@transaction.atomic
def upload_sheet(*, review: Review, by: User, name: str, data: bytes) -> SheetUpload:
    """Keep what a filled-in workbook says; nothing of it is stored in the review yet. Raises BadWorkbook."""
    require(review, by, Permission.EXTRACT)
    content = read_book(data, name, review.slug)
    return SheetUpload.objects.create(review=review, uploaded_by=by, file_name=name[:255], content=content)


def differences(upload: SheetUpload) -> list[Item]:
    """What this workbook would change now, for the person who sent it."""
    membership = Membership.objects.select_related("review", "user").get(
        review=upload.review_id, user=upload.uploaded_by_id, left_at=None
    )
    return items_of(upload.content, book_of(membership))


@transaction.atomic
def apply_sheet(*, upload: SheetUpload, by: User, take: Collection[str] | None = None, seen: str = "") -> int:
    """Take the chosen differences (ids of items; None: all without conflict), all of them or none.

    ``seen`` is ``stamp_of`` the differences the person looked at; others in the meantime are a Conflict. Each goes
    through the verb a page would use, as ``by``, into one's own extraction where people work independently.
    Gives how many rows were taken; SheetRefused names the rows that cannot be.
    """
    upload = SheetUpload.objects.select_for_update().select_related("review").get(pk=upload.pk)
    require(upload.review, by, Permission.EXTRACT)
    if upload.uploaded_by_id != by.pk:
        raise NotPossible("Only whoever sent the workbook can take it over.")
    if upload.applied_at:
        raise NotPossible("This workbook was taken over already. Send it again for what you left out.")
    items = differences(upload)
    if seen and seen != stamp_of(items):
        raise Conflict("Something changed here since you looked at the differences. Look at them again.")
    chosen = [one for one in items if (one.id in take if take is not None else _is_safe(one))]
    if take is not None and len(chosen) < len(set(take)):
        raise Conflict("One of these rows is no difference any more. Look at them again.")
    _take_all(upload, chosen, by)
    upload.applied_at = timezone.now()
    upload.save(update_fields=["applied_at"])
    record_event(
        review=upload.review,
        actor=by,
        verb="extraction.sheet_applied",
        target=upload,
        sentence=f"took over {len(chosen)} row{'s' * (len(chosen) != 1)} of the workbook {upload.file_name}.",
        detail={"rows": [one.place for one in chosen], "left": len(items) - len(chosen)},
        blinded=True,
    )
    return len(chosen)


def _is_safe(item: Item) -> bool:
    return not item.conflict and item.what != "unknown"


def _take_all(upload: SheetUpload, chosen: list[Item], by: User) -> None:
    faults: list[str] = []
    for item in sorted(chosen, key=lambda one: (ORDER.index(one.kind), one.what != "new", one.line)):
        try:
            with transaction.atomic():
                TAKERS[item.kind](upload, item, by)
        except Refused as refusal:
            faults.append(f"{item.place}: {refusal}")
    if faults:
        raise SheetRefused(faults)


def _take_arm(upload: SheetUpload, item: Item, by: User) -> None:
    given = item.given
    if item.what == "new":
        facts = {name: given.get(name, "") for name in ("dose", "description", "intervention")}
        add_arm(
            study=_study(upload.review, item.study),
            label=given.get("label", ""),
            role=given.get("role", ""),
            n_randomised=_count(given.get("n_randomised", "")),
            by=by,
            **facts,
        )
        return
    _keep_place(item, ("study",))
    arm = Arm.objects.select_related("study__review", "intervention").get(pk=_pk(item, "arm"))
    kept = {name: given.get(name) for name in ("dose", "description", "intervention")}
    change_arm(
        arm=arm,
        label=given.get("label", arm.label),
        role=given.get("role", arm.role),
        n_randomised=_count(given["n_randomised"]) if "n_randomised" in given else arm.n_randomised,
        by=by,
        seen_version=arm.version,
        **kept,
    )


def _take_result(upload: SheetUpload, item: Item, by: User) -> None:
    given = {name: text for name, text in item.given.items() if name != "why"}
    if item.what == "new":
        _new_result(upload.review, item, given, by)
        return
    _keep_place(item, ("study", "outcome", "kind"))
    first = Result.objects.with_names().select_related("study__review").get(pk=_pk(item, "result"))
    result = latest_version(first)
    changes = _circumstances(given, result.study) | {
        name: text for name, text in given.items() if name not in CIRCUMSTANCES
    }
    why = item.given.get("why") or f"Corrected in the workbook {upload.file_name}."
    if changes:
        correct_result(result=result, by=by, changes=changes, why=why, seen_version=result.version)


def _new_result(review: Review, item: Item, given: dict[str, str], by: User) -> None:
    study = _study(review, item.study)
    outcome = Outcome.objects.filter(review=review, name=given.get("outcome", "")).first()
    if outcome is None:
        raise NotPossible(f"There is no outcome “{given.get('outcome', '')}” in this review.")
    kind = given.get("kind", "")
    if kind not in FIELDS:
        raise NotPossible(f"“{kind}” is not a kind of result; use one of {', '.join(FIELDS)}.")
    places = _circumstances(given, study)
    rest = {"study", "outcome", "kind", *CIRCUMSTANCES}
    record_result(
        study=study,
        outcome=outcome,
        kind=kind,
        values={name: text for name, text in given.items() if name not in rest},
        by=by,
        extraction=home_of(study=study, by=by),
        **({"experimental": None, "comparator": None} | places),
    )


def _take_form(upload: SheetUpload, item: Item, by: User) -> None:
    _keep_place(item, ("study",))
    study = Study.objects.select_related("review").get(review=upload.review, pk=_pk(item, "study"))
    _fill(start_extraction(study=study, by=by), item, "", by)


def _take_group(upload: SheetUpload, item: Item, by: User) -> None:
    if item.what == "new":
        extraction = start_extraction(study=_study(upload.review, item.study), by=by)
        _require_form(extraction, item)
        row = add_row(extraction=extraction, group=item.group, by=by)
        extraction.refresh_from_db()
        _fill(extraction, item, row, by)
        return
    _keep_place(item, ("study",))
    _, pk, row = item.key.split(":", 2)
    study = Study.objects.select_related("review").get(review=upload.review, pk=int(pk))
    _fill(start_extraction(study=study, by=by), item, row, by)


TAKERS = {"arms": _take_arm, "results": _take_result, "form": _take_form, "group": _take_group}


def _fill(extraction: Extraction, item: Item, row: str, by: User) -> None:
    _require_form(extraction, item)
    stands = dict(Value.objects.filter(extraction=extraction, row=row).values_list("field", "version"))
    for name, text in item.given.items():
        if name != "study":
            set_value(
                extraction=extraction,
                field=name,
                row=row,
                value=text,
                by=by,
                seen_version=stands.get(name, 0),
            )


def _require_form(extraction: Extraction, item: Item) -> None:
    if extraction.form_version_id != item.version:
        raise NotPossible(
            f"{extraction.study} is extracted with another version of the form now. Download the workbook again."
        )


def _circumstances(given: dict[str, str], study: Study) -> dict[str, Any]:
    """What the workbook says about a result besides its numbers, as the verbs take it."""
    found: dict[str, Any] = {}
    for name in given.keys() & set(CIRCUMSTANCES):
        text = given[name]
        if name in ("experimental", "comparator"):
            found[name] = _arm(study, text)
        elif name in FLAGS:
            if text.lower() not in YES_NO:
                raise NotPossible(f"{name} is yes or no, not “{text[:40]}”.")
            found[name] = YES_NO[text.lower()]
        elif name == "weeks":
            found[name] = _number(text)
        else:
            found[name] = text
    return found


def _arm(study: Study, label: str) -> Arm | None:
    if not label:
        return None
    arm = study.arms.filter(label__iexact=label).first()
    if arm is None:
        raise NotPossible(f"{study} has no arm “{label[:80]}”. Add it on the sheet “Arms”.")
    return arm


def _study(review: Review, label: str) -> Study:
    study = Study.objects.current().filter(review=review, label=label).select_related("review").first()
    if study is None:
        raise NotPossible(f"There is no study “{label[:80]}” in this review.")
    return study


def _keep_place(item: Item, names: tuple[str, ...]) -> None:
    for name in names:
        if name in item.given:
            raise NotPossible(f"The {name} of a row stays as it is; add a new row for another {name}.")


def _pk(item: Item, kind: str) -> int:
    head, _, pk = item.key.partition(":")
    if head != kind or not pk.isdecimal():
        raise NotPossible(f"The key “{item.key[:40]}” is none of this sheet.")
    return int(pk)


def _count(text: str) -> int | None:
    number = _number(text)
    if number is not None and number != int(number):
        raise NotPossible(f"“{text[:40]}” is no whole number.")
    return None if number is None else int(number)


def _number(text: str) -> float | None:
    try:
        return float(text) if text.strip() else None
    except ValueError:
        raise NotPossible(f"“{text[:40]}” is no number; write it with a point.") from None
