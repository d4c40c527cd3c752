"""A small review with every way a record can go."""

from types import SimpleNamespace

import pytest

from records.models import Record
from screening.models import Decision, FullText, Report, Stage, Study, Verdict
from tests.analysis.conftest import outcome, run, trials, write  # noqa: F401
from tests.analysis.test_synthesis_pages import network_data, ran  # noqa: F401
from tests.factories import make_batch, make_reason, make_record, make_search

State = Verdict.State


def settle(record: Record, stage: str, state: str, reason=None, votes: int = 2) -> Verdict:
    return Verdict.objects.create(
        review=record.review, record=record, stage=stage, state=state, votes=votes, reason=reason
    )


def include_title(record: Record, retrieval: str = FullText.State.RETRIEVED) -> FullText:
    settle(record, Stage.TITLE_ABSTRACT, State.INCLUDED)
    return FullText.objects.create(review=record.review, record=record, state=retrieval)


def vote(record: Record, by, stage=Stage.TITLE_ABSTRACT, what="include", **fields) -> Decision:
    return Decision.objects.create(
        review=record.review, record=record, reviewer=by, stage=stage, vote=what, **fields
    )


@pytest.fixture
def flowing(review):
    """Seven database records and three from a website; a duplicate in each; two studies in the end."""
    wrong = make_reason(review, "Wrong population", 1)
    medline = make_batch(review, make_search(review, "MEDLINE"))
    embase = make_batch(review, make_search(review, "Embase"))
    site = make_batch(review, make_search(review, "WHO site", source_type="website"))
    included = make_record(review, "Included trial", batch=medline)
    second_report = make_record(review, "Second report of it", batch=medline)
    excluded = make_record(review, "Excluded on title", batch=medline)
    waiting = make_record(review, "Nobody voted yet", batch=medline)
    missing = make_record(review, "Never retrieved", batch=embase)
    refused = make_record(review, "Excluded at full text", batch=embase)
    twin = make_record(review, "Included trial", batch=embase, duplicate_of=included)
    site_twin = make_record(review, "Included trial", batch=site, duplicate_of=included)
    site_only = make_record(review, "Only on the site", batch=site)
    site_excluded = make_record(review, "Site, excluded", batch=site)
    for record in (included, second_report, refused, site_only):
        include_title(record)
    include_title(missing, FullText.State.NOT_RETRIEVED)
    for record in (excluded, site_excluded):
        settle(record, Stage.TITLE_ABSTRACT, State.EXCLUDED)
    settle(refused, Stage.FULL_TEXT, State.EXCLUDED, wrong)
    for record in (included, second_report, site_only):
        settle(record, Stage.FULL_TEXT, State.INCLUDED)
    study = Study.objects.create(review=review, label="Trial 2017")
    Report.objects.create(study=study, record=included, is_main=True)
    Report.objects.create(study=study, record=second_report)
    other = Study.objects.create(review=review, label="Site 2018")
    Report.objects.create(study=other, record=site_only, is_main=True)
    return SimpleNamespace(**{name: value for name, value in locals().items() if name != "review"})
