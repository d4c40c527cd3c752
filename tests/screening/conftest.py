"""What the tests of screening share: records to vote on, and short ways to say who voted what."""

import uuid

import pytest
from django.utils import timezone

from records.models import ImportBatch
from screening.models import Stage
from screening.services import adjudicate, cast_vote, set_full_text_state, set_stage_settings
from tests.factories import make_reason, make_record

TA, FT = Stage.TITLE_ABSTRACT, Stage.FULL_TEXT


def undo_import(batch):
    batch.state, batch.undone_at = ImportBatch.State.UNDONE, timezone.now()
    batch.save()


@pytest.fixture
def record(review):
    return make_record(review, "Psilocybin for depression: a randomised trial", authors=["Nakagawa, A."])


@pytest.fixture
def reason(review):
    return make_reason(review, "Wrong population", order=1)


@pytest.fixture
def vote(review):
    """``vote(ben, record, "include")`` at title and abstract; ``stage=``, ``reason=``, ``note=``, ``key=``."""

    def cast(reviewer, record, word, *, stage=TA, **more):
        return cast_vote(
            review=review,
            record=record,
            stage=stage,
            reviewer=reviewer,
            vote=word,
            key=more.pop("key", None) or uuid.uuid4(),
            **more,
        )

    return cast


@pytest.fixture
def to_full_text(review, vote, ben, cleo, ana):
    """``to_full_text(record)``: both include it and its full text is in hand."""

    def bring(record):
        for reviewer in (ben, cleo):
            vote(reviewer, record, "include")
        set_full_text_state(review=review, record=record, state="retrieved", by=ana)
        return record

    return bring


@pytest.fixture
def include(to_full_text, vote, ben, cleo):
    """``include(record)``: included at both stages; returns its study."""

    def bring(record):
        to_full_text(record)
        for reviewer in (ben, cleo):
            vote(reviewer, record, "include", stage=FT)
        return record.report.study

    return bring


@pytest.fixture
def conflict(vote, ben, cleo):
    """``conflict(record)``: ben includes, cleo excludes."""

    def bring(record, *, stage=TA, reason=None):
        vote(ben, record, "include", stage=stage)
        vote(cleo, record, "exclude", stage=stage, reason=reason)
        return record

    return bring


@pytest.fixture
def resolve(review, dora):
    def bring(record, included, *, stage=TA, by=None, **more):
        return adjudicate(
            review=review, record=record, stage=stage, adjudicator=by or dora, included=included, **more
        )

    return bring


@pytest.fixture
def change(review, ana):
    def change(stage=TA, *, by=ana, **changes):
        settings = set_stage_settings(review=review, stage=stage, changes=changes, by=by)
        review.refresh_from_db()
        return settings

    return change
