"""Random people doing random things: after each gesture the numbers of the diagram add up and list their records."""

import random
import uuid

import pytest

from records.models import ImportBatch, Record
from records.services import split, undo_import, what_undo_loses
from reporting.prisma import BOXES, flow_counts, rows_behind
from reviews.errors import Refused
from screening.models import AutomaticRemoval, FullText, Intake, RemovedRecord, Stage, Verdict
from screening.queue import progress, queue
from screening.services import (
    adjudicate,
    begin_intake,
    carry_out,
    cast_vote,
    mark_duplicate,
    recount,
    removals,
    reopen,
    set_full_text_state,
    undo_intake,
    unmark_duplicate,
)
from tests.factories import make_batch, make_reason, make_record, make_search

SOURCES = ("database", "register", "website", "other")
EARLIER = [
    {"by": "x", "decision": "include", "stage": ""},
    {"by": "y", "decision": "exclude", "stage": "full text"},
]


class Walk:
    """One review and its people; each gesture is one that a page offers, on whatever is there."""

    def __init__(self, review, seed, ana, ben, cleo, dora):
        self.review, self.chance = review, random.Random(seed)
        self.ana, self.dora, self.screeners = ana, dora, (ben, cleo)
        self.reason = make_reason(review)
        for source in SOURCES:
            batch = make_batch(review, make_search(review, source, source_type=source))
            for _ in range(4):
                decided = [self.chance.choice(EARLIER)] if self.chance.random() < 0.5 else []
                make_record(review, batch=batch, earlier=decided)

    def record(self, rows=None) -> Record:
        return self.chance.choice(list(self.review.records.unique() if rows is None else rows))

    def vote(self):
        stage, by = self.chance.choice(list(Stage)), self.chance.choice(self.screeners)
        words = ["include", "include", "exclude", "maybe"]
        word = self.chance.choice(words if stage == Stage.TITLE_ABSTRACT else [*words, "ongoing", "awaiting"])
        cast_vote(
            review=self.review,
            record=self.record(queue(self.review, stage, by)),
            stage=stage,
            reviewer=by,
            vote=word,
            key=uuid.uuid4(),
            reason=self.reason if word == "exclude" else None,
            note="no results yet",
        )

    def retrieve(self):
        state = self.chance.choice(["retrieved", "retrieved", "retrieved", "not_retrieved", "not_sought"])
        record = self.chance.choice(list(FullText.objects.current())).record
        set_full_text_state(review=self.review, record=record, state=state, by=self.ana, why_not="lost")

    def resolve(self):
        conflict = self.chance.choice(list(Verdict.objects.conflicts()))
        included = self.chance.random() < 0.5
        aside = not included and conflict.stage == Stage.FULL_TEXT and self.chance.random() < 0.5
        adjudicate(
            review=self.review,
            record=conflict.record,
            stage=conflict.stage,
            adjudicator=self.dora,
            included=included,
            reason=None if included or aside else self.reason,
            outcome="ongoing" if aside else "",
            comment="no results yet",
        )

    def open_again(self):
        verdict = self.chance.choice(list(Verdict.objects.settled()))
        reopen(review=self.review, record=verdict.record, stage=verdict.stage, by=self.dora, why="again")

    def mark(self):
        one, other = self.record(), self.record()
        stays = self.chance.choice([None, one, other])
        mark_duplicate(review=self.review, record=one, of=other, by=self.ana, stays=stays, anyway=True)

    def unmark(self):
        pair = self.chance.choice(list(self.review.duplicate_candidates.filter(state="merged")))
        unmark_duplicate(review=self.review, pair=pair, by=self.ana)

    def part(self):
        split(record=self.record(self.review.records.duplicates()), by=self.ana)

    def take_in(self):
        kind = self.chance.choice(["outcomes", "votes", "full_text", "included", "excluded", "prior"])
        batch = self.chance.choice(list(self.review.import_batches.filter(state="done")))
        people = {"x": self.screeners[0].pk} if kind == "votes" else {}
        carry_out(
            intake=begin_intake(
                review=self.review, batch=batch, kind=kind, by=self.ana, why="before", people=people
            )
        )

    def take_back(self):
        intake = self.chance.choice(list(Intake.objects.live()))
        undo_intake(review=self.review, intake=intake, by=self.ana)

    def undo_import(self):
        done = list(self.review.import_batches.filter(state=ImportBatch.State.DONE))
        if len(done) > 2:
            batch = self.chance.choice(done)
            undo_import(batch=batch, by=self.ana, confirm=what_undo_loses(batch).confirm)

    def leave_unread(self):
        unread = removals.unread(self.review).values_list("pk", flat=True)
        removals.remove(
            review=self.review,
            kind=AutomaticRemoval.Kind.STOPPED,
            records=[pk for pk in unread if self.chance.random() < 0.5],
            numbers={},
            sentence="Screening was stopped.",
            why="tired",
            by=self.ana,
        )

    def read_after_all(self):
        removals.undo(removal=self.chance.choice(list(AutomaticRemoval.objects.live())), by=self.ana)

    def bring_back(self):
        out = RemovedRecord.objects.live().select_related("record")
        removals.bring_back(record=self.chance.choice(list(out)).record, by=self.ana)

    def count_anew(self):
        recount(review=self.review, by=self.ana)

    def step(self) -> str:
        """One gesture, refused or not; its name."""
        often = [self.vote] * 12 + [self.retrieve, self.mark, self.take_in] * 2
        rare = [self.resolve, self.open_again, self.unmark, self.part, self.take_back, self.undo_import]
        tools = [self.leave_unread, self.bring_back, self.read_after_all]
        act = self.chance.choice([*often, *rare, *tools, self.count_anew])
        try:
            act()
        except (Refused, IndexError):  # not possible now, or nothing there to do it on
            return f"{act.__name__} refused"
        return act.__name__


@pytest.mark.parametrize("seed", range(3))
def test_the_numbers_add_up_after_every_gesture(seed, review, ana, ben, cleo, dora):
    walk, done = Walk(review, seed, ana, ben, cleo, dora), []
    for number in range(40):
        done.append(walk.step())
        counts = flow_counts(review)
        assert counts.problems() == [], done
        for key in BOXES if number % 8 == 7 else ():
            shown = getattr(counts, {"included": "reports"}.get(key, key), None)
            if isinstance(shown, int):
                assert rows_behind(review, key).count() == shown, (key, done)
        for by in (ben, cleo):
            for stage in Stage:
                assert progress(review, stage, by).left == queue(review, stage, by).count(), (stage, done)
    assert recount(review=review, by=ana)["changed"] == {}
    assert len({name for name in done if "refused" not in name}) > 5
