"""What stands beside a record besides votes: labels, notes and terms to be marked, as one member may see them.

Each function asks a fixed number of queries for however many records.
"""

from collections.abc import Iterable
from itertools import groupby

from django.http import HttpRequest

from records.models import ImportBatch, Record
from reviews.models import Membership, User
from screening.models import Label, Labelling, Mention, MentionQuerySet, Note, Stage, TermList, Verdict
from screening.services.hands import has_hand


def labels_on(membership: Membership, records: Iterable[Record]) -> dict[int, list[Labelling]]:
    """For each record that has some, one Labelling a label: ``own`` tells whether it is the member's own, ``others``
    names the colleagues whose use may be shown."""
    pks = [record.pk for record in records]
    uses = Labelling.objects.live().visible_to(membership).filter(record__in=pks)
    ordered = uses.select_related("label", "by").order_by("record", "label__order", "label", "pk")
    found: dict[int, list[Labelling]] = {}
    for (pk, _), of_label in groupby(ordered, key=lambda use: (use.record_id, use.label_id)):
        together = list(of_label)
        first = next((use for use in together if use.by_id == membership.user_id), together[0])
        first.own = first.by_id == membership.user_id  # type: ignore[attr-defined]
        first.others = [str(use.by) for use in together if use.by_id != membership.user_id]  # type: ignore[attr-defined]
        found.setdefault(pk, []).append(first)
    return found


def labels_offered(membership: Membership) -> list[Label]:
    """The labels that the member may put on records: the shared ones, then their own."""
    offered = Label.objects.visible_to(membership).in_use().order_by("order", "name", "pk")
    return sorted(offered, key=lambda label: label.owner_id is not None) if has_hand(membership) else []


def notes_on(membership: Membership, records: Iterable[Record], stage: str) -> dict[int, list[Note]]:
    """For each record that has some, the notes of every stage that the member may read, answers below what they
    answer. ``mine`` tells one's own, ``is_answer`` an answer below its note, ``elsewhere`` one of another stage."""
    pks = [record.pk for record in records]
    notes = Note.objects.live().visible_to(membership).filter(record__in=pks)
    found: dict[int, list[Note]] = {}
    for note in notes.select_related("author", "asked").order_by("record", "pk"):
        note.mine = note.author_id == membership.user_id  # type: ignore[attr-defined]
        note.elsewhere = note.stage != stage  # type: ignore[attr-defined]
        found.setdefault(note.record_id, []).append(note)
    return {pk: _threads(of_record) for pk, of_record in found.items()}


def _threads(notes: list[Note]) -> list[Note]:
    """Answers right below their note; one whose note is gone stands by itself."""
    there = {note.pk for note in notes}
    answers: dict[int, list[Note]] = {}
    for note in notes:
        note.is_answer = note.parent_id in there  # type: ignore[attr-defined]
        if note.parent_id in there:
            answers.setdefault(note.parent_id, []).append(note)
    tops = [note for note in notes if note.parent_id not in there]
    return [each for top in tops for each in (top, *answers.get(top.pk, []))]


def colleagues(membership: Membership) -> list[User]:
    """Whom the member may ask or mention: everybody else with a part in the work, by name."""
    present = Membership.objects.present().filter(review=membership.review).select_related("user")
    people = [other.user for other in present if other.user_id != membership.user_id and has_hand(other)]
    return sorted(people, key=lambda user: str(user).casefold())


def beside(membership: Membership) -> dict:
    """What ``_labels.html`` and ``_notes.html`` need that is the same for every record."""
    return {
        "labels_offered": labels_offered(membership),
        "colleagues": colleagues(membership) if has_hand(membership) else [],
        "may_remark": has_hand(membership) and membership.review.archived_at is None,
    }


def beside_record(membership: Membership, record: Record, stage: Stage) -> dict:
    """What ``_labels.html`` and ``_notes.html`` need for one record; ``settled``: the team reads notes now."""
    told = Verdict.objects.told().at(stage).filter(record=record)
    shared = beside(membership)
    in_play = record.duplicate_of_id is None and record.batch.state == ImportBatch.State.DONE
    return shared | {
        "may_remark": shared["may_remark"] and in_play,
        "stage": stage,
        "settled": told.exists(),
        "labels": labels_on(membership, [record]).get(record.pk, []),
        "notes": notes_on(membership, [record], stage).get(record.pk, []),
    }


def unseen(membership: Membership) -> int:
    """How many notices wait for the member in this review."""
    return notices(membership).count()


def notices_context(request: HttpRequest) -> dict:
    """Context processor: how many notices wait, asked for only where a page shows it."""
    membership = getattr(request, "membership", None)
    return {"unseen_notices": lambda: unseen(membership) if membership else 0}


def notices(membership: Membership) -> MentionQuerySet:
    """The member's notices that they have not seen yet."""
    return Mention.objects.unseen().visible_to(membership)


def terms_for(membership: Membership) -> list[dict]:
    """The lists whose terms are marked for this member: ``[{"name", "kind", "colour", "terms": [...]}]``, the
    review's first; those they switched off are left out."""
    off = set(membership.user.preferences.get("term_lists_off", ()))
    lists = TermList.objects.visible_to(membership).in_use().order_by("order", "pk")
    return [
        {"name": each.name, "kind": each.kind, "colour": each.colour, "terms": each.terms}
        for each in sorted(lists, key=lambda each: each.owner_id is not None)
        if each.pk not in off and each.terms
    ]
