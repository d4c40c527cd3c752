"""Where the extraction of each study stands, and whose turn it is, as one person may know it.

Everything comes from rows that the person may see (``visible_to``): what a colleague has begun or completed alone is
not told, neither in a state nor in a number.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db.models import Count, Q

from extraction.form_choice import forms_of
from extraction.form_schema import Schema, Working, read_schema
from extraction.models import Completion, Extraction, ExtractionSettings, FormVersion, Result, Value
from extraction.services.settings import modes_of
from reviews.models import Membership
from reviews.permissions import Permission
from screening.models import Study

Mode = ExtractionSettings.Mode
#: Up to so many studies are asked for by their ids; beyond, what there is of the whole review is read at once.
FEW = 100


class State(StrEnum):
    NEW = "new"
    OPEN = "open"
    WAITING = "waiting"
    VERIFY = "verify"
    COMPARE = "compare"
    READY = "ready"
    COMPLETE = "complete"

    @property
    def label(self) -> str:
        return LABELS[self]

    @property
    def badge(self) -> str:
        return {
            State.OPEN: "badge-pending",
            State.WAITING: "badge-pending",
            State.VERIFY: "badge-maybe",
            State.COMPARE: "badge-conflict",
            State.READY: "badge-accent",
            State.COMPLETE: "badge-include",
        }.get(self, "")


LABELS = {
    State.NEW: "Not begun",
    State.OPEN: "In progress",
    State.WAITING: "Waits for a second person",
    State.VERIFY: "To verify",
    State.COMPARE: "To compare",
    State.READY: "Ready to complete",
    State.COMPLETE: "Complete",
}


@dataclass
class Stand:
    """Of one study: ``filled`` of ``asked`` fields have a value, ``left`` required ones have none."""

    study: Study
    mode: str
    state: State
    turn: str
    yours: bool
    extraction: Extraction | None
    filled: int = 0
    asked: int = 0
    left: int = 0
    values_to_verify: int = 0
    results: int = 0
    results_to_verify: int = 0


@dataclass
class _Form:
    """How far a form is, and who has something to verify in it."""

    filled: int = 0
    asked: int = 0
    left: int = 0
    unverified: int = 0
    by_others: int = 0


def stands_of(membership: Membership, studies: Sequence[Study]) -> list[Stand]:
    """A Stand for each study, in their order. Some ten queries, however many studies."""
    review = membership.review
    modes, forms = modes_of(review, studies), forms_of(review, studies)
    complete = set(Completion.objects.filter(study__review=review).values_list("study_id", flat=True))
    few = [study.pk for study in studies] if len(studies) <= FEW else None
    seen = _extractions(membership, few)
    progress = _progress(membership, [one for each in seen.values() for one in each])
    results = _results(membership, few)
    return [
        _stand(
            membership,
            study,
            modes[study.pk],
            forms[study.pk],
            seen[study.pk],
            progress,
            results.get(study.pk, {}),
            study.pk in complete,
        )
        for study in studies
    ]


def _extractions(membership: Membership, few: list[int] | None) -> dict[int, list[Extraction]]:
    """{study id: what may be seen}; ``few``: of these studies only, None for all of the review."""
    rows = Extraction.objects.visible_to(membership).select_related("form_version")
    if few is not None:
        rows = rows.filter(study__in=few)
    found: dict[int, list[Extraction]] = defaultdict(list)
    for one in rows.order_by("pk"):
        found[one.study_id].append(one)
    return found


def _progress(membership: Membership, extractions: Iterable[Extraction]) -> dict[int, _Form]:
    """{extraction id: how far it is} of one's own and the shared ones."""
    mine = [
        one
        for one in extractions
        if one.form_version_id and (one.kind == "consensus" or one.extractor_id == membership.user_id)
    ]
    values: dict[int, dict[tuple[str, str], Any]] = defaultdict(dict)
    unverified: dict[int, list[tuple[str, str, int]]] = defaultdict(list)
    rows = Value.objects.filter(extraction__in=[one.pk for one in mine]).exclude(value=None)
    for pk, field, row, value, by, verified in rows.values_list(
        "extraction_id", "field", "row", "value", "changed_by_id", "verified_by_id"
    ):
        values[pk][field, row] = value
        if verified is None:
            unverified[pk].append((field, row, by))
    schemas: dict[int, Schema] = {}
    return {
        one.pk: _form(membership, one, _schema(one, schemas), values[one.pk], unverified[one.pk])
        for one in mine
    }


def _schema(extraction: Extraction, known: dict[int, Schema]) -> Schema:
    version: FormVersion = extraction.form_version  # type: ignore[assignment]
    if version.pk not in known:
        known[version.pk] = read_schema(version.schema)
    return known[version.pk]


def _form(
    membership: Membership,
    extraction: Extraction,
    schema: Schema,
    values: dict[tuple[str, str], Any],
    unverified: list[tuple[str, str, int]],
) -> _Form:
    work = Working(schema, values, extraction.rows)
    shown = {place for place in work.shown() if not schema.by_key[place[0]].is_calculated}
    open_ones = [by for field, row, by in unverified if (field, row) in shown]
    return _Form(
        filled=sum(place in shown for place in values),
        asked=len(shown),
        left=len(work.missing()),
        unverified=len(open_ones),
        by_others=sum(by != membership.user_id for by in open_ones),
    )


def _results(membership: Membership, few: list[int] | None) -> dict[int, dict[str, int]]:
    """{study id: numbers of results}: shared and own, shared not verified, and of these not extracted by oneself."""
    mine = Q(extraction__extractor=membership.user, extraction__kind=Extraction.Kind.INDEPENDENT)
    unverified = Q(extraction=None, verified_by=None)
    rows = Result.objects.filter(Q(extraction=None) | mine, review=membership.review, superseded_at=None)
    if few is not None:
        rows = rows.filter(study__in=few)
    counted = rows.values("study_id").annotate(
        shared=Count("pk", filter=Q(extraction=None)),
        own=Count("pk", filter=mine),
        unverified=Count("pk", filter=unverified),
        by_others=Count("pk", filter=unverified & ~Q(extracted_by=membership.user)),
    )
    return {row["study_id"]: {**row} for row in counted.order_by()}  # type: ignore[dict-item]


def _stand(
    membership: Membership,
    study: Study,
    mode: str,
    form: FormVersion | None,
    seen: list[Extraction],
    progress: dict[int, _Form],
    results: dict[str, int],
    complete: bool,
) -> Stand:
    shared = next((one for one in seen if one.kind == Extraction.Kind.CONSENSUS), None)
    mine = next(
        (
            one
            for one in seen
            if one.kind == Extraction.Kind.INDEPENDENT and one.extractor_id == membership.user_id
        ),
        None,
    )
    here = (shared if mode != Mode.DUAL or (shared and shared.is_complete) else mine) or None
    done = progress.get(here.pk, _Form()) if here else _Form()
    number = results.get("shared", 0) or results.get("own", 0)
    if complete:
        state, turn, yours = State.COMPLETE, "", False
    elif mode == Mode.DUAL:
        pair = sum(one.kind == Extraction.Kind.INDEPENDENT and one.is_complete for one in seen) >= 2
        state, turn, yours = _dual(mine, shared, pair)
    else:
        state, turn, yours = _together(mode, form, shared, done, results, number)
    may = Permission.EXTRACT in membership.may
    return Stand(
        study=study,
        mode=mode,
        state=state,
        turn=turn if may or not yours else "",
        yours=yours and may,
        extraction=here,
        filled=done.filled,
        asked=done.asked,
        left=done.left,
        values_to_verify=done.unverified if mode == Mode.VERIFY else 0,
        results=number,
        results_to_verify=results.get("unverified", 0) if mode == Mode.VERIFY else 0,
    )


def _dual(mine: Extraction | None, shared: Extraction | None, pair: bool) -> tuple[State, str, bool]:
    if shared and shared.is_complete:
        return State.READY, "Everything is agreed on: declare it complete", True
    if mine and not mine.is_complete:
        return State.OPEN, "You extract", True
    if pair:
        return State.COMPARE, "Compare and agree", True
    if mine:
        return State.WAITING, "A second person extracts", False
    return State.NEW, "Extract independently", True


def _together(
    mode: str,
    form: FormVersion | None,
    shared: Extraction | None,
    done: _Form,
    results: dict[str, int],
    number: int,
) -> tuple[State, str, bool]:
    if not shared and not number:
        return State.NEW, "Anybody may begin", True
    if (form and not shared) or done.left or (shared and shared.form_version_id and not shared.is_complete):
        return State.OPEN, "Fill in the form" if form else "Go on", True
    to_verify = done.unverified + results.get("unverified", 0) if mode == Mode.VERIFY else 0
    if to_verify:
        others = done.by_others + results.get("by_others", 0)
        return State.VERIFY, "Verify" if others else "Somebody else verifies", bool(others)
    return State.READY, "Declare it complete", True
