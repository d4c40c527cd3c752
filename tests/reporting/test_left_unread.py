"""Records that tools took out of screening, and those they voted on, in the flow diagram and what is made of it."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from records.models import ImportBatch
from records.services import merge
from reporting.counts import FlowCounts
from reporting.flow import flow
from reporting.models import Version
from reporting.prisma import BOXES, flow_counts, rows_behind
from reporting.prisma2020 import PrismaFile, compare, prisma_csv
from reporting.table import as_table
from reviews.models import User
from screening.models import Adjudication, AutomaticRemoval, RemovedRecord, Stage
from tests.factories import make_batch, make_record, make_search
from tests.geometry import texts
from tests.reporting.conftest import settle, vote

SENTENCE = "Screening was stopped after 6 of 9 records; the rest was left unread."


def leave_unread(by, *records, kind="stopped", sentence=SENTENCE, at=None) -> AutomaticRemoval:
    review = records[0].review
    removal = AutomaticRemoval.objects.create(
        review=review,
        kind=kind,
        number=review.automatic_removals.count() + 1,
        sentence=sentence,
        by=by,
        created_at=at or timezone.now(),
    )
    RemovedRecord.objects.bulk_create(RemovedRecord(removal=removal, record=each) for each in records)
    return removal


#: The boxes that these tests move records between.
MOVED = [
    key for key in BOXES if re.search("automat|tool|taken_up|awaiting_screening|excluded$|screened", key)
]


def balanced(review, **when) -> FlowCounts:
    """The counts, after a look whether they add up and each of these boxes lists as many as it counts."""
    counts = flow_counts(review, **when)
    assert counts.problems() == []
    for key in MOVED:
        if (shown := getattr(counts, key, None)) is not None:  # a box of one arm may have no number
            assert rows_behind(review, key, **when).count() == shown, key
    return counts


def told(counts: FlowCounts) -> str:
    return " ".join(texts(flow(counts))).replace("\xa0", " ")


@pytest.fixture
def stopped(flowing, ana):
    """Of the flowing review the record that waited, another one, and one from a website are left unread."""
    more = make_record(flowing.medline.review, "Unread, too", batch=flowing.embase)
    outside = make_record(flowing.medline.review, "Unread, from the site", batch=flowing.site)
    flowing.removal = leave_unread(ana, flowing.waiting, more, outside)
    flowing.more, flowing.outside = more, outside
    return flowing


def test_they_are_removed_before_screening_and_listed(review, stopped):
    counts = balanced(review)
    assert (counts.automation, counts.other_automation, counts.awaiting_screening) == (2, 1, 0)
    assert (counts.screened, counts.removed) == (5, 3)
    assert [row.title for row in rows_behind(review, "automation")] == ["Nobody voted yet", "Unread, too"]
    assert [row.title for row in rows_behind(review, "other_automation")] == ["Unread, from the site"]


def test_the_diagram_and_its_table_say_by_whose_word(review, stopped):
    counts = flow_counts(review)
    words = told(counts)
    assert "Records marked as ineligible by automation tools (n = 2)" in words
    assert f"Marked as ineligible by automation tools, 3 records: {SENTENCE}" in words
    assert "Identified via other methods and not sought: 1 marked as ineligible by automation tools." in words
    lines = {line.label: line for line in as_table(review, counts)}
    line = next(line for label, line in lines.items() if "ineligible by automation tools" in label)
    assert (line.n, line.href) == (2, f"/reviews/{review.slug}/prisma/records/automation/")
    assert FlowCounts.from_json(counts.to_json()).removals == counts.removals == [(SENTENCE, 3)]


def test_the_list_says_by_whose_word_and_where_it_is_undone(review, stopped, as_user, ana):
    page = as_user(ana).get(f"/reviews/{review.slug}/prisma/records/automation/").content.decode()
    assert f"<p>{SENTENCE}</p>" in page
    assert "3 records are out by it now" in page
    assert f"/reviews/{review.slug}/priority/stopping/" in page
    for other in ("automation/?as_of=2020-01-01", "screened/"):
        assert (
            SENTENCE
            not in as_user(ana).get(f"/reviews/{review.slug}/prisma/records/{other}").content.decode()
        )


def test_what_is_settled_all_the_same_was_screened(review, stopped):
    settle(stopped.more, Stage.TITLE_ABSTRACT, "excluded")
    counts = balanced(review)
    assert (counts.automation, counts.excluded) == (1, 2)


def test_what_was_brought_back_waits_again(review, stopped):
    RemovedRecord.objects.filter(record=stopped.more).update(withdrawn_at=timezone.now())
    counts = balanced(review)
    assert (counts.automation, counts.awaiting_screening, counts.removals) == (1, 1, [(SENTENCE, 2)])
    RemovedRecord.objects.live().update(withdrawn_at=timezone.now())
    assert (balanced(review).removals, flow_counts(review).awaiting_screening) == ([], 2)


def test_two_removals_have_a_sentence_each(review, stopped, ana):
    rest = make_record(review, "A cohort", batch=stopped.medline)
    leave_unread(ana, rest, kind="design", sentence="A filter marked records that are no trials.")
    assert balanced(review).removals == [(SENTENCE, 3), ("A filter marked records that are no trials.", 1)]


def test_a_copy_of_one_that_is_found_again_is_a_duplicate(review, stopped, ana):
    again = make_record(review, "Nobody voted yet", batch=make_batch(review, make_search(review, "CENTRAL")))
    merge(review=review, records=[again, stopped.waiting], primary=stopped.waiting, by=ana)
    counts = balanced(review)
    assert (counts.automation, counts.duplicates) == (2, 2)


def test_an_undone_import_takes_them_along(review, stopped):
    stopped.embase.state = ImportBatch.State.UNDONE
    stopped.embase.save()
    assert balanced(review).automation == 1


def test_each_moment_is_told_again(review, stopped, ana):
    """Nothing unread before the stop, all of it after, less what came back, and none when it was undone."""
    at = timezone.now()
    stopped.removal.created_at = at - timedelta(hours=3)
    stopped.removal.save()
    out = RemovedRecord.objects.filter(removal=stopped.removal)
    out.filter(record=stopped.more).update(withdrawn_at=at - timedelta(hours=2))
    out.exclude(record=stopped.more).update(withdrawn_at=at - timedelta(hours=1))
    ImportBatch.objects.update(created_at=at - timedelta(days=1))
    review.events.update(at=at - timedelta(days=1))
    hours = {4: (0, 0), 2.5: (2, 1), 1.5: (1, 1), 0.5: (0, 0)}
    for ago, numbers in hours.items():
        moment = at - timedelta(hours=ago)
        counts = flow_counts(review, as_of=moment)
        assert counts.problems() == []
        assert rows_behind(review, "automation", as_of=moment).count() == counts.automation
        assert (counts.automation, counts.other_automation) == numbers, ago
        assert bool(counts.removals) == bool(sum(numbers))


class TestUpdates:
    """What was left unread when a version was closed does not come again; what changed since is taken up."""

    def test_those_of_the_version_are_in_no_box(self, review, stopped):
        self.closed(review)
        make_record(review, "New", batch=make_batch(review, make_search(review, "MEDLINE again")))
        counts = balanced(review)
        assert (counts.identified, counts.automation, counts.taken_up, counts.removals) == (1, 0, 0, [])
        assert balanced(review, whole=True).automation == 2

    def test_one_that_came_back_is_taken_up(self, review, stopped):
        self.closed(review)
        make_record(review, "New", batch=make_batch(review, make_search(review, "MEDLINE again")))
        RemovedRecord.objects.filter(record=stopped.more).update(withdrawn_at=timezone.now())
        counts = balanced(review)
        assert (counts.taken_up, counts.awaiting_screening) == (1, 2)

    def test_one_that_waited_then_and_is_left_now_is_taken_up_and_removed(self, review, flowing, ana):
        self.closed(review)
        new = make_record(review, "New", batch=make_batch(review, make_search(review, "MEDLINE again")))
        leave_unread(ana, flowing.waiting, new)
        counts = balanced(review)
        assert (counts.taken_up, counts.automation, counts.removals) == (1, 2, [(SENTENCE, 2)])
        assert "Records taken up again from the version before: 1." in told(counts)

    def closed(self, review):
        Version.objects.create(review=review, number=1, label="First", closed_at=timezone.now())


class TestVotesOfATool:
    @pytest.fixture
    def robot(self, db):
        return User.objects.create(email="model@example.invalid", name="Model", is_active=False)

    @pytest.fixture
    def voted(self, review, flowing, robot, ben, cleo):
        """Three excluded with a model: with a person, with a resolver, and by it alone; a fourth by people."""
        rows = [make_record(review, name, batch=flowing.medline) for name in ("person", "resolver", "alone")]
        for record in (*rows, flowing.site_excluded):
            vote(record, robot, what="exclude", model="ranker 1")
        vote(rows[0], ben, what="exclude")
        vote(flowing.excluded, cleo, what="exclude")
        Adjudication.objects.create(
            review=review, record=rows[1], stage=Stage.TITLE_ABSTRACT, adjudicator=cleo, included=False
        )
        for record in rows:
            settle(record, Stage.TITLE_ABSTRACT, "excluded")
        return rows

    def test_are_told_apart_from_what_people_excluded(self, review, voted):
        counts = balanced(review)
        assert (counts.excluded, counts.excluded_with_tool, counts.excluded_automatically) == (4, 3, 1)
        assert (counts.other_excluded_with_tool, counts.other_excluded_automatically) == (1, 1)
        words = told(counts)
        assert "** Excluded by people: 3; by automation tools: 1." in words
        assert "Of the records excluded, 3 had a vote of an automation tool." in words
        lines = {line.key: line for line in as_table(review, counts)}
        assert (
            lines["excluded_with_tool"].href == f"/reviews/{review.slug}/prisma/records/excluded_with_tool/"
        )

    def test_count_while_they_stand(self, review, voted):
        at = timezone.now()
        review.decisions.exclude(model="").update(withdrawn_at=timezone.now())
        assert balanced(review).excluded_with_tool == 0
        assert flow_counts(review, as_of=at).excluded_with_tool == 3

    def test_on_what_is_not_settled_are_told_to_nobody(self, review, flowing, voted, robot):
        before = flow_counts(review).to_json()
        vote(flowing.waiting, robot, what="exclude", model="ranker 1")
        assert flow_counts(review).to_json() == before


def test_more_records_cost_no_more_queries(review, stopped, ana, django_assert_num_queries):
    with CaptureQueriesContext(connection) as before:
        flow_counts(review)
    leave_unread(ana, *(make_record(review) for _ in range(10)))
    with django_assert_num_queries(len(before)):
        flow_counts(review)


def test_the_csv_of_prisma2020_has_the_number(review, stopped):
    content = prisma_csv(flow_counts(review)).encode()
    row = next(line for line in content.decode().splitlines() if line.startswith("excluded_automatic,"))
    assert row.endswith(",2")
    assert compare(PrismaFile.read(content), flow_counts(review), {}).numbers == []
