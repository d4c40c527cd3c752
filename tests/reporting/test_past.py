"""What the flow said on a past day, told by the history: the same as it said on that day."""

from datetime import timedelta

import pytest
from django.utils import timezone

from records.services import amend_search, dissolve, merge, move_import, reopen_candidate, set_thresholds
from reporting.prisma import BOXES, flow_counts, rows_behind
from reporting.services.adjustments import adjust, withdraw
from reviews.services import amend_protocol
from screening.models import FullText, Report, Study
from screening.services import (
    cast_vote,
    group_reports,
    merge_reasons,
    reopen,
    separate_report,
    set_full_text_state,
    set_stage_settings,
    set_states_of,
    undo_merge,
    undo_states,
)
from tests.factories import make_batch, make_reason, make_record, make_search
from tests.reporting.test_random_gestures import Walk


def said(counts):
    """All numbers, without the moment."""
    return counts.to_json() | {"as_of": None, "doubts": []}


class Diary:
    """What the flow said after each act, to be compared with what it says of that moment later."""

    def __init__(self, review):
        self.review, self.pages = review, []

    def write(self, what):
        self.pages.append((what, timezone.now(), flow_counts(self.review)))

    def compare(self):
        for what, at, counts in self.pages:
            assert said(flow_counts(self.review, as_of=at)) == said(counts), what


@pytest.mark.parametrize("seed", [11])
def test_every_moment_of_a_random_walk_is_told_again(seed, review, ana, ben, cleo, dora):
    walk, diary = Walk(review, seed, ana, ben, cleo, dora), Diary(review)
    for _ in range(28):
        name = walk.step()
        if "refused" not in name:
            diary.write(name)
    assert len({name for name, *_ in diary.pages}) > 5
    diary.compare()
    _, at, counts = diary.pages[len(diary.pages) // 2]
    assert flow_counts(review, as_of=at).doubts == []
    for key in BOXES:
        shown = getattr(counts, {"included": "reports"}.get(key, key), None)
        if isinstance(shown, int):
            assert rows_behind(review, key, as_of=at).count() == shown, key


@pytest.fixture
def read(review, ana, ben, cleo):
    """Two people vote alike on a record, at one stage after the other."""

    def both(record, vote, reason=None):
        stage = "full_text" if FullText.objects.filter(record=record).exists() else "title_abstract"
        if stage == "full_text":
            set_full_text_state(review=review, record=record, state="retrieved", by=ana)
        for by in (ben, cleo):
            cast_vote(review=review, record=record, stage=stage, reviewer=by, vote=vote, reason=reason)

    return both


def test_sources_reasons_and_studies_are_told_as_they_were(review, ana, dora, read):
    diary = Diary(review)
    diary.write("nothing")
    wrong, also = make_reason(review, "Wrong population", 1), make_reason(review, "Wrong people", 2)
    first, second = (make_batch(review, make_search(review, name)) for name in ("MEDLINE", "Embase"))
    rows = [make_record(review, f"Report {number}", batch=first) for number in range(4)]
    more = make_record(review, "Another", batch=second)
    diary.write("imported")
    for row in rows:
        read(row, "include")
    diary.write("read")
    for row in rows[:2]:
        read(row, "include")
    read(rows[2], "exclude", wrong)
    read(rows[3], "exclude", also)
    diary.write("included and excluded")
    study = Study.objects.order_by("pk").first()
    group_reports(review=review, study=study, reports=[Report.objects.get(record=rows[1])], by=ana)
    diary.write("grouped")
    done = merge_reasons(review=review, reason=also, into=wrong, by=ana)
    diary.write("reasons merged")
    separate_report(review=review, report=Report.objects.get(record=rows[1]), by=ana)
    diary.write("separated")
    undo_merge(review=review, merge=done, by=ana)
    diary.write("reasons parted")
    amend_search(search=second.search, by=ana, changes={"source_type": "register"})
    diary.write("a register")
    move_import(batch=second, by=ana, new_search={"source": "WHO", "source_type": "website"})
    diary.write("moved")
    reopen(review=review, record=rows[1], stage="full_text", by=dora, why="again")
    diary.write("opened again")
    read(more, "exclude")
    diary.write("excluded")
    assert diary.pages[-1][2].problems() == []
    diary.compare()


def test_groups_lots_and_rules_are_told_as_they_were(review, ana, ben, cleo, read):
    diary, batch = Diary(review), make_batch(review, make_search(review, "MEDLINE"))
    rows = [make_record(review, f"Report {number}", batch=batch) for number in range(6)]
    merge(review=review, records=rows[:3], primary=rows[0], by=ana)
    diary.write("merged")
    dissolve(record=rows[0], by=ana)
    diary.write("dissolved")
    merge(review=review, records=rows[4:], primary=rows[5], by=ana)
    reopen_candidate(candidate=review.duplicate_candidates.get(left=rows[4], right=rows[5]), by=ana)
    diary.write("merged and reopened")
    for row in rows[:3]:
        read(row, "include")
    lost = set_states_of(
        review=review, records=[row.pk for row in rows[:3]], state="not_retrieved", by=ana, why_not="lost"
    )
    diary.write("lost")
    undo_states(review=review, event=lost.event, by=ana)
    diary.write("found")
    cast_vote(review=review, record=rows[3], stage="title_abstract", reviewer=ben, vote="exclude")
    diary.write("one vote of two")
    amend_protocol(review=review, by=ana, changes={"quorum_title_abstract": 1})
    review.refresh_from_db()
    cast_vote(review=review, record=rows[4], stage="title_abstract", reviewer=ben, vote="exclude")
    diary.write("one vote is enough")
    set_stage_settings(
        review=review, stage="title_abstract", changes={"quorum": 2, "hold_minutes": 30}, by=ana
    )
    review.refresh_from_db()
    for by in (ben, cleo):
        cast_vote(review=review, record=rows[5], stage="title_abstract", reviewer=by, vote="exclude")
    diary.write("held back")
    set_stage_settings(review=review, stage="title_abstract", changes={"hold_minutes": 0}, by=ana)
    diary.compare()


def test_corrections_count_from_when_they_were_made_until_they_were_taken_back(review, flowing, ana):
    diary = Diary(review)
    diary.write("before")
    made = adjust(review=review, by=ana, key="duplicates", amount=4, reason="In EndNote")
    diary.write("corrected")
    withdraw(review=review, by=ana, adjustment=made)
    diary.write("after")
    diary.compare()
    assert len(diary.pages) == 3
    assert [counts.duplicates for *_, counts in diary.pages] == [1, 5, 1]


def test_what_history_cannot_tell_is_said(review, flowing, ana, django_assert_max_num_queries):
    past = flow_counts(review, as_of=timezone.now())
    assert past.doubts == [
        "2 duplicates without a decision: counted as duplicates at any time.",
        "7 outcomes without a time: counted as if settled before.",
        "4 outcomes without a time: counted as if settled before.",
    ]
    assert said(past) == said(flow_counts(review))
    assert flow_counts(review, as_of=timezone.now() - timedelta(days=1)).identified == 0
    review.duplicate_candidates.create(
        left=flowing.included,
        right=flowing.twin,
        score=0.91,
        state="merged",
        automatic=True,
        decided_at=timezone.now(),
        rule="x",
    )
    at = timezone.now()
    set_thresholds(review=review, merge_at=0.97, ask_at=0.6, by=ana)
    assert any("thresholds of de-duplication" in doubt for doubt in flow_counts(review, as_of=at).doubts)
    with django_assert_max_num_queries(50):
        flow_counts(review, as_of=at)
