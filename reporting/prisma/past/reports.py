"""How far the retrieval of reports was at a moment, and which study each belonged to."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from reporting.prisma.past.imports import changes_since
from reporting.prisma.present import GIVEN_UP, studies_now
from reviews.models import Review
from screening.models import FullText, Stage, Study, Verdict

State = FullText.State
STATE = "screening.full_text_state"
UNDONE = "screening.full_text_states_undone"
LOT = "screening.full_text_states"
ATTACHED = "screening.full_text_attached"
DETACHED = "screening.full_text_detached"
#: By these a record may come to be included at title and abstract.
INCLUDED = ("screening.record_settled", "screening.conflict_resolved", "screening.record_placed")
STUDIES = ("screening.reports_grouped", "screening.grouping_undone", "screening.report_separated")


class Told(NamedTuple):
    """A state of a full text and the event that told it."""

    event: int
    state: str


def retrieval_at(review: Review, at: datetime) -> dict[int, str]:
    """The states of full texts then, by record: today's where nothing was said since, else by the history."""
    now = FullText.objects.filter(review=review).order_by().values_list("record_id", "state", "changed_at")
    found = {record: state for record, state, changed_at in now.iterator() if changed_at <= at}
    told = {record: told for record, told in _told_until(review, at).items() if record not in found}
    begun = _begun(review, at, [record for record, (_, state) in told.items() if state in GIVEN_UP])
    return found | {
        record: State.SOUGHT if begun.get(record, 0) > event else state
        for record, (event, state) in told.items()
    }


def _begun(review: Review, at: datetime, records: Iterable[int]) -> dict[int, int]:
    """The last event that included each of these at title and abstract, by which its search began, perhaps anew."""
    ids = [str(pk) for pk in records]
    events = review.events.filter(verb__in=INCLUDED, at__lte=at, target_id__in=ids).order_by("pk")
    return {
        int(record): event
        for event, record, detail in events.values_list("pk", "target_id", "detail").iterator()
        if detail["stage"] == Stage.TITLE_ABSTRACT
        and (detail.get("included") or detail.get("state") == Verdict.State.INCLUDED)
    }


def _told_until(review: Review, at: datetime) -> dict[int, Told]:
    """The last state that the history tells of each full text until then."""
    verbs = [STATE, LOT, UNDONE, ATTACHED, DETACHED]
    events = review.events.filter(verb__in=verbs, at__lte=at).order_by("pk")
    told: dict[int, Told] = {}
    before: dict[int, list[str]] = defaultdict(list)  # what a PDF that is taken off gives back
    lots: dict[int, dict] = {}
    for pk, verb, target, detail in events.values_list("pk", "verb", "target_id", "detail").iterator():
        record = int(target or 0)
        if verb == STATE:
            told[record] = Told(pk, detail["new"])
        elif verb == LOT:
            lots[pk] = detail["records"]
        elif verb == UNDONE:
            left = {str(each) for each in detail["left"]}
            given_back = {each: kept for each, kept in lots.get(detail["event"], {}).items() if kept}
            told |= {
                int(each): Told(pk, kept["was"]["state"])
                for each, kept in given_back.items()
                if each not in left
            }
        elif verb == ATTACHED:
            was = told[record].state if record in told else State.SOUGHT
            before[record].append(State.SOUGHT if was in GIVEN_UP else was)
            told[record] = Told(pk, State.RETRIEVED)
        elif verb == DETACHED:
            told[record] = Told(pk, before[record].pop() if before[record] else State.SOUGHT)
    return told


def studies_at(review: Review, at: datetime, included: Iterable[int], doubts: list[str]) -> dict[int, int]:
    """The study of each report then, by record; of reports that left since, by the lines of the history."""
    studies = studies_now(review)
    labels = dict(Study.objects.filter(review=review).values_list("label", "pk"))
    for target, detail in changes_since(review, at, STUDIES):
        _turn_back(studies, labels, target, detail)
    missing = [record for record in included if record not in studies]
    if missing:
        studies |= _made_until(review, at, missing)
        if unknown := [record for record in missing if record not in studies]:
            studies |= {record: -record for record in unknown}  # a study of its own, which no other has
            s = "" if len(unknown) == 1 else "s"
            doubts.append(
                f"{len(unknown):,} report{s} whose study is not known any more: each counted as a study."
            )
    return studies


def _turn_back(studies: dict[int, int], labels: dict[str, int], target: int, detail: dict) -> None:
    """Undo one change of the studies of reports."""
    if "moved" in detail:  # grouped
        studies |= {record: old for record, old, *_ in detail["moved"] if record in studies}
    elif "event" in detail:  # a grouping was undone
        studies |= {record: target for record in detail["records"] if record in studies}
    elif detail.get("record") in studies:  # separated, from a study that the history only names
        studies[detail["record"]] = labels.get(detail["from"], -target)


def _made_until(review: Review, at: datetime, records: Iterable[int]) -> dict[int, int]:
    """The study that each of these reports had last, as the history tells."""
    wanted = set(records)
    found: dict[int, int] = {}
    verbs = ["screening.study_made", *STUDIES]
    events = review.events.filter(verb__in=verbs, at__lte=at).order_by("pk")
    for target, detail in events.values_list("target_id", "detail").iterator():
        told = [detail["record"]] if "record" in detail else detail.get("records", [])
        found |= {record: int(target or 0) for record in told if record in wanted}
    return found
