"""Records left unread: out of queues and counters, refused to votes, and brought back."""

import pytest

from records import services as merging
from reviews.models import AuditEvent
from screening import dashboard, queue
from screening.models import AutomaticRemoval, Decision, RemovedRecord, Stage, Verdict
from screening.services import NotAllowed, NotEligible, begin_pilot, bulk_votes, removals, undo_vote
from screening.services.votes import cast_vote
from tests.factories import make_record, make_review

TA = Stage.TITLE_ABSTRACT


@pytest.fixture
def records(review):
    return [make_record(review, f"Title {number}") for number in range(6)]


def remove(review, records, by, kind="stopped"):
    return removals.remove(
        review=review,
        kind=kind,
        records=[record.pk for record in records],
        numbers={"screened": 2},
        sentence="Screening was stopped.",
        why="Enough.",
        by=by,
    )


def vote(review, record, person, word="exclude"):
    return cast_vote(review=review, record=record, stage=TA, reviewer=person, vote=word)


def ids(rows):
    return [row.pk for row in rows]


def test_removed_records_leave_queues_and_counters_and_come_back(review, records, ana, ben, cleo):
    vote(review, records[0], ben)
    vote(review, records[0], cleo)
    removal = remove(review, records[2:], ana)
    assert ids(queue.queue(review, TA, ben)) == [records[1].pk]
    assert ids(queue.ahead(review, TA, ben)) == [records[1].pk]
    progress = queue.progress(review, TA, ben)
    assert (progress.total, progress.left, progress.complete) == (2, 1, 1)
    (bar, _) = dashboard.lead_view(review.memberships.get(user=ana)).stages
    assert (bar.total, bar.done, bar.open) == (2, 1, 1)
    assert AuditEvent.objects.filter(verb="screening.records_removed").count() == 1
    removals.undo(removal=removal, by=ana)
    assert ids(queue.queue(review, TA, ben)) == ids(records[1:])
    with pytest.raises(removals.UndoneAlready, match="taken back already"):
        removals.undo(removal=removal, by=ana)


def test_a_vote_on_a_removed_record_is_refused_with_what_to_do(review, records, ana, ben):
    remove(review, records[2:], ana)
    with pytest.raises(NotEligible, match=r"left unread on .* \(screening was stopped\).*bring it back"):
        vote(review, records[3], ben)
    row = removals.bring_back(record=records[3], by=ana)
    assert row.withdrawn_at
    vote(review, records[3], ben)
    with pytest.raises(removals.NotRemoved, match="nothing to bring back"):
        removals.bring_back(record=records[3], by=ana)


def test_partly_voted_records_and_conflicts_stay(review, records, ana, ben, cleo):
    vote(review, records[0], ben, "include")
    vote(review, records[1], ben, "include")
    vote(review, records[1], cleo)
    vote(review, records[2], ben)
    undo_vote(review=review, stage=TA, reviewer=ben, record=records[2])
    Decision.objects.create(
        review=review, record=records[3], stage=TA, reviewer=cleo, vote="exclude", model="m 1"
    )
    assert list(removals.unread(review)) == records[2:]
    with pytest.raises(removals.ChangedMeanwhile, match="1 of these 2 records was"):
        remove(review, records[1:3], ana)
    assert not AutomaticRemoval.objects.exists()


def test_only_who_may_amend_the_protocol_removes_and_brings_back(review, records, ana, ben):
    with pytest.raises(NotAllowed):
        remove(review, records, ben)
    removal = remove(review, records, ana)
    with pytest.raises(NotAllowed):
        removals.undo(removal=removal, by=ben)
    with pytest.raises(NotAllowed):
        removals.bring_back(record=records[0], by=ben)
    with pytest.raises(removals.NothingToRemove):
        remove(review, [], ana)
    with pytest.raises(removals.ChangedMeanwhile):
        remove(review, [make_record(make_review("other"))], ana)


def test_a_second_removal_takes_what_is_left_and_each_is_undone_by_itself(review, records, ana):
    first = remove(review, records[:2], ana, kind="design")
    removals.bring_back(record=records[0], by=ana)
    second = remove(review, [records[0], *records[2:]], ana)
    assert (first.number, second.number) == (1, 2)
    removals.undo(removal=first, by=ana)
    assert set(RemovedRecord.objects.live().values_list("record", flat=True)) == set(
        ids([records[0], *records[2:]])
    )


def test_the_record_that_leads_decides_for_its_group(review, records, ana, ben):
    removal = remove(review, records[2:], ana)
    new = make_record(review, "Imported later")
    merging.merge(review=review, records=[records[2], new], primary=records[2], by=ana)
    assert ids(queue.queue(review, TA, ben)) == ids(records[:2])
    merging.merge(review=review, records=[records[0], records[3]], primary=records[0], by=ana)
    assert ids(queue.queue(review, TA, ben)) == ids(records[:2])
    removals.undo(removal=removal, by=ana)
    assert ids(queue.queue(review, TA, ben)) == ids(
        [records[0], records[1], records[2], records[4], records[5]]
    )


def test_pilots_and_bulk_votes_leave_them_out(review, records, ana, ben, cleo):
    remove(review, records[2:], ana)
    asked = {"review": review, "by": ben, "stage": TA, "records": review.records.all()}
    assert bulk_votes.preview(**asked).elsewhere == 4
    lot = bulk_votes.cast_lot(**asked, vote="exclude")
    assert lot.records == ids(records[:2])
    bulk_votes.undo_lot(lot=lot, by=ben)
    make_record(review, "Imported later")
    pilot = begin_pilot(review=review, stage=TA, size=50, people=[ben, cleo], by=ana)
    assert pilot.sample.count() == 1
    assert Verdict.objects.settled().count() == 0
