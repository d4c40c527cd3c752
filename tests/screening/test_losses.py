"""Before an import is undone: what would be lost in screening, in counts that tell nobody's vote."""

import pytest

from records.services import UndoNotConfirmed, what_undo_loses
from records.services import undo_import as undo
from reporting.prisma import flow_counts
from screening.losses import about
from screening.models import AutomaticRemoval, RemovedRecord, Study
from screening.services import attach_full_text
from tests.factories import make_batch, make_record
from tests.security.world import PDF

pytestmark = pytest.mark.django_db


@pytest.fixture
def batch(review):
    return make_batch(review)


def lost(batch):
    return {loss.kind: loss.count for loss in what_undo_loses(batch).losses}


def test_an_untouched_import_loses_nothing(review, batch):
    make_record(review, batch=batch)
    assert lost(batch) == {}


def test_everything_that_would_go_is_counted(
    review, batch, include, conflict, resolve, vote, ana, ben, cleo, django_capture_on_commit_callbacks
):
    from django.core.files.base import ContentFile

    done, disputed, open_one = (make_record(review, batch=batch) for _ in range(3))
    study = include(done)
    attach_full_text(review=review, record=done, file=ContentFile(PDF, name="a.pdf"), by=ana)
    conflict(disputed)
    resolve(disputed, False)
    vote(ben, open_one, "include")
    make_record(review, batch=batch)
    assert lost(batch) == {"voted": 3, "resolved": 1, "full_text": 1, "pdfs": 1, "studies": 1}
    with pytest.raises(UndoNotConfirmed, match="3 records that somebody voted on leave the review"):
        undo(batch=batch, by=ana)
    undo(batch=batch, by=ana, confirm=what_undo_loses(batch).confirm)
    assert not Study.objects.current().exists()
    assert Study.objects.get() == study
    assert flow_counts(review).problems() == []


def test_what_was_left_unread_is_told_and_wants_a_look(review, batch, ana, vote, ben, cleo):
    """But for what has an outcome all the same; a merge says it, too."""
    unread, settled = make_record(review, batch=batch), make_record(review, batch=batch)
    for by in (ben, cleo):
        vote(by, settled, "exclude")
    removal = AutomaticRemoval.objects.create(
        review=review, kind="stopped", number=1, sentence="Done.", by=ana
    )
    RemovedRecord.objects.bulk_create(
        RemovedRecord(removal=removal, record=each) for each in (unread, settled)
    )
    assert lost(batch) == {"voted": 1, "unread": 1}
    with pytest.raises(
        UndoNotConfirmed, match=r"1 record left unread .* imported again, it waits to be screened"
    ):
        undo(batch=batch, by=ana)
    assert about([unread.pk, settled.pk]) == {
        unread.pk: "left unread (screening was stopped)",
        settled.pk: "excluded at title and abstract",
    }


def test_a_study_with_a_report_elsewhere_stays(review, batch, include):
    from screening.services import group_reports

    one, other = make_record(review, batch=batch), make_record(review, batch=make_batch(review))
    first, second = include(one), include(other)
    group_reports(
        review=review, study=second, reports=first.reports.all(), by=review.memberships.first().user
    )
    assert "studies" not in lost(batch)


def test_a_colleagues_vote_beside_ones_own_changes_no_number(review, batch, vote, ana, ben, cleo):
    """One record, one's own vote and a colleague's: neither waiting nor in conflict may the numbers differ."""
    record = make_record(review, batch=batch)
    vote(ana, record, "include")
    before = what_undo_loses(batch)
    vote(ben, record, "exclude")
    assert what_undo_loses(batch) == before


def test_a_merged_records_votes_are_not_lost_with_it(review, batch, vote, ben):
    leader = make_record(review, batch=make_batch(review))
    twin = make_record(review, batch=batch)
    vote(ben, twin, "include")
    twin.duplicate_of = leader
    twin.save()
    assert lost(batch) == {}
