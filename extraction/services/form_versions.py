"""Move extractions to the newer version of their form, keeping what was filled in."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from extraction.filled import characteristics_of
from extraction.form_choice import newer_version
from extraction.form_versions import Move, move_of, moves_in
from extraction.models import Completion, Extraction
from extraction.services.errors import NotPossible
from extraction.services.extractions import first_rows
from extraction.services.values import NotYours, share_characteristics
from reviews.audit import record_event
from reviews.errors import Conflict
from reviews.models import Membership, User


@transaction.atomic
def take_over_form_version(*, extraction: Extraction, by: User, seen_version: int) -> Move:
    """Move an extraction to the form its study has now. Returns what came along and what did not.

    Values stay under their field. What the new version does not ask stays stored and visible with the extraction;
    what its field cannot hold any more (a number outside new limits) is put into the comment of the field, which is
    then empty. A complete extraction that now lacks something required is open again, but for an independent one that
    was compared already. ``seen_version`` is the version of the extraction the person looked at.
    """
    locked = Extraction.objects.select_for_update(of=("self",)).select_related(
        "study__review", "review", "form_version__form", "extractor"
    )
    extraction = locked.get(pk=extraction.pk)
    if extraction.kind == Extraction.Kind.INDEPENDENT and extraction.extractor_id != by.pk:
        raise NotYours(f"Only {extraction.extractor} may change this extraction.")
    if extraction.version != seen_version:
        raise Conflict("The extraction was changed in the meantime. Look at it again.")
    version = newer_version(extraction)
    if version is None:
        raise NotPossible("This extraction has the newest version of its form already.")
    shared = extraction.kind == Extraction.Kind.CONSENSUS
    facts = characteristics_of(extraction) if shared else {}
    move = move_of(extraction, version)
    _write(move, by)
    before = extraction.form_version
    extraction.form_version = version
    extraction.rows = first_rows(move.new, extraction.rows)
    extraction.version += 1
    reopened = extraction.is_complete and bool(move.working.missing()) and not _compared(extraction)
    if reopened:
        extraction.state = Extraction.State.DRAFT
        extraction.completed_at = extraction.completed_by = None
        if shared:
            Completion.objects.filter(study=extraction.study).delete()
    extraction.save()
    _record(extraction, by, move, before, reopened)
    if shared:
        fresh = Extraction.objects.select_related("study__review", "form_version").get(pk=extraction.pk)
        share_characteristics(fresh, facts, by)
    move.extraction = extraction
    return move


def take_over_everywhere(*, membership: Membership, by: User, only_plain: bool = True) -> list[Move]:
    """Move every extraction that ``by`` may change and that waits for a newer form; how each went is returned.

    ``only_plain`` leaves out those that would lose something from view or lack something required.
    """
    done = []
    for move in moves_in(membership):
        extraction = move.extraction
        mine = extraction.kind == Extraction.Kind.CONSENSUS or extraction.extractor_id == by.pk
        if mine and (move.is_plain or not only_plain):
            seen = extraction.version
            done.append(take_over_form_version(extraction=extraction, by=by, seen_version=seen))
    return done


def _compared(extraction: Extraction) -> bool:
    """Whether an independent extraction can be compared already: then it stays complete, or it were not blinded."""
    others = extraction.study.extractions.complete().exclude(pk=extraction.pk)
    return extraction.kind == Extraction.Kind.INDEPENDENT and others.exists()


def _write(move: Move, by: User) -> None:
    """Store the values that changed their form, and put what no longer fits into comments."""
    values = {(one.field, one.row): one for one in move.extraction.values.all()}
    for place, new in move.kept.items():
        if values[place].value != new:
            _change(values[place], new, by)
    for left in move.left:
        if left.field in move.new.by_key:
            one = values[left.field, left.row]
            one.comment = f"{one.comment}\nBefore version {move.version.number}: {left.words}".strip()
            _change(one, None, by)


def _change(one: Any, new: Any, by: User) -> None:
    one.value, one.changed_by, one.changed_at = new, by, timezone.now()
    one.verified_by = one.verified_at = None
    one.version += 1
    one.save()


def _record(extraction: Extraction, by: User, move: Move, before: Any, reopened: bool) -> None:
    sentence = f"moved the extraction of {extraction.study} to version {move.version.number} of “{move.version.form}”"
    record_event(
        review=extraction.review,
        actor=by,
        verb="extraction.form_taken_over",
        target=extraction,
        sentence=sentence + (", which opened it again." if reopened else "."),
        detail={
            "old": before.number if before else None,
            "new": move.version.number,
            "left": [[left.field, left.row, left.words, left.why] for left in move.left],
        },
        blinded=extraction.kind == Extraction.Kind.INDEPENDENT,
    )
