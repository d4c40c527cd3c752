"""The update of a version: what it included is previous, and only records that came later are identified here."""

from datetime import timedelta

import pytest
from django.utils import timezone

from analysis.models import Plan, Run
from records.services import merge, undo_import
from reporting.models import Version
from reporting.prisma import BOXES, flow_counts, rows_behind
from reporting.services.adjustments import adjust
from reviews.models import Job
from screening.models import FullText, Report, Study
from screening.services import cast_vote, group_reports, reopen, set_full_text_state
from tests.factories import make_batch, make_outcome, make_reason, make_record, make_search


@pytest.fixture
def read(review, ana, ben, cleo):
    """Two people say the same of a record at both stages, up to ``vote`` at ``stage``."""

    def both(record, vote, stage="full_text", reason=None):
        if stage == "full_text" and not FullText.objects.filter(record=record).exists():
            both(record, "include", "title_abstract")
        if stage == "full_text":
            set_full_text_state(review=review, record=record, state="retrieved", by=ana)
        for by in (ben, cleo):
            cast_vote(
                review=review, record=record, stage=stage, reviewer=by, vote=vote, reason=reason, note="none"
            )

    return both


@pytest.fixture
def first(review, read):
    """The first version: two included, one excluded at each stage, one awaiting, one to read, one untouched."""
    reason = make_reason(review, "Wrong design")
    batch = make_batch(review, make_search(review, "MEDLINE"))
    names = ("one", "two", "title", "full", "awaiting", "to_read", "untouched")
    rows = {name: make_record(review, name, batch=batch) for name in names}
    for name in ("one", "two"):
        read(rows[name], "include")
    read(rows["title"], "exclude", "title_abstract")
    read(rows["full"], "exclude", reason=reason)
    read(rows["awaiting"], "awaiting")
    read(rows["to_read"], "include", "title_abstract")
    return rows


def close(review):
    number = review.versions.count() + 1
    return Version.objects.create(review=review, number=number, label="Closed", closed_at=timezone.now())


def new_records(review, *titles, source="MEDLINE"):
    search = review.searches.filter(source=source).first() or make_search(review, source)
    batch = make_batch(review, search)
    return [make_record(review, title, batch=batch) for title in titles]


def numbers(review, **asked):
    """The counts; they add up, and each box lists as many as it counts."""
    counts = flow_counts(review, **asked)
    asked.pop("adjusted", None)
    assert counts.problems() == []
    for key in BOXES:
        shown = getattr(counts, {"included": "reports"}.get(key, key), None)
        if isinstance(shown, int):
            assert rows_behind(review, key, **asked).count() == shown, key
    return counts


def test_until_something_is_imported_the_whole_review_is_told(review, first):
    before = numbers(review)
    close(review)
    assert numbers(review) == before
    assert before.since == ""


def test_only_what_came_later_is_identified_and_what_was_included_is_previous(review, ana, first, read):
    whole = numbers(review)
    version = close(review)
    again, new, out = new_records(review, "one", "new", "out")
    merge(review=review, records=[first["one"], again], primary=first["one"], by=ana)
    read(new, "include")
    read(out, "exclude", "title_abstract")
    counts = numbers(review)
    assert counts.since == str(version)
    assert (counts.databases, counts.duplicates) == ([("MEDLINE", 3)], 1)
    assert (counts.previous_studies, counts.previous_reports) == (2, 2)
    # the untouched one is screened here; those awaiting or still to read are sought here
    assert (counts.taken_up, counts.awaiting_screening, counts.screened, counts.excluded) == (1, 1, 2, 1)
    assert (counts.carried, counts.sought, counts.awaiting_full_text) == (2, 3, 1)
    assert (counts.awaiting_classification, counts.studies, counts.reports) == (1, 1, 1)
    assert (counts.total_studies, counts.total_reports) == (3, 3)
    everything = numbers(review, whole=True)
    assert everything.identified == whole.identified + 3
    assert (everything.total_studies, everything.previous_studies) == (3, 0)
    assert numbers(review, since=version) == counts


def test_what_the_version_left_open_and_what_was_opened_again_is_counted_once(review, dora, first, read):
    close(review)
    new_records(review, "new")
    read(first["untouched"], "include")
    reopen(review=review, record=first["title"], stage="title_abstract", by=dora, why="again")
    reopen(review=review, record=first["full"], stage="full_text", by=dora, why="again")
    read(first["full"], "include")
    counts = numbers(review)
    assert (counts.taken_up, counts.screened, counts.awaiting_screening) == (2, 1, 2)
    assert counts.carried == 3  # awaiting, still to read, and excluded then
    assert (counts.studies, counts.reports, counts.total_studies) == (2, 2, 4)


def test_a_study_that_is_included_no_more_is_said_in_the_totals(review, dora, first, read):
    close(review)
    new_records(review, "new")
    reopen(review=review, record=first["two"], stage="full_text", by=dora, why="retracted")
    counts = numbers(review)
    assert (counts.previous_studies, counts.total_studies, counts.total_studies_correction) == (2, 1, -1)
    assert (counts.previous_reports, counts.total_reports, counts.total_reports_correction) == (2, 1, -1)
    assert any("1 dropped or merged since" in check.words for check in counts.balance)


def test_a_new_report_of_a_known_study_is_no_new_study(review, ana, first, read):
    close(review)
    (new,) = new_records(review, "follow-up")
    read(new, "include")
    counts = numbers(review)
    assert (counts.studies, counts.reports, counts.total_studies) == (1, 1, 3)
    group_reports(
        review=review,
        study=Study.objects.get(reports__record=new),
        reports=[Report.objects.get(record=first["one"])],
        by=ana,
    )
    counts = numbers(review)
    assert (counts.studies, counts.reports) == (0, 1)
    assert (counts.previous_studies, counts.total_studies, counts.total_reports) == (2, 2, 3)


def test_versions_follow_each_other_and_can_be_asked_for_as_of_a_day(review, ana, first, read):
    one = close(review)
    (new,) = new_records(review, "new")
    read(new, "include")
    made = adjust(review=review, by=ana, key="databases", name="By hand", amount=2, reason="Elsewhere")
    between, at = flow_counts(review), timezone.now()
    assert "databases:By hand" in between.adjustments
    two = close(review)
    (later,) = new_records(review, "later")
    counts = numbers(review)
    assert (counts.since, counts.previous_studies, counts.identified) == (str(two), 3, 1)
    assert counts.adjustments == {}  # said of the version before
    past = flow_counts(review, as_of=at)
    assert past.to_json() | {"as_of": None} == between.to_json()
    whole = flow_counts(review, whole=True)
    assert made.reason in whole.adjustments["databases:By hand"].reason
    assert numbers(review, since=one, adjusted=False).previous_studies == 2
    undo_import(batch=later.batch, by=ana)
    assert flow_counts(review).since == ""
    two.withdrawn_at = timezone.now()
    two.save()
    assert flow_counts(review).since == str(one)


def finish(review, plan, studies, finished_at):
    key = f"{plan.slug}-{plan.runs.count()}"
    return Run.objects.create(
        review=review,
        plan=plan,
        job=Job.objects.create(review=review, task="analysis.run", key=key, state=Job.State.DONE),
        snapshot={"rows": [{"study_id": study.pk} for study in studies]},
        input_hash=key.ljust(64, "0"),
        engine_version="engine",
        result={"pooled": {"k": len(studies)}},
        finished_at=finished_at,
    )


def test_the_meta_analysis_counts_studies_of_the_newest_results(review, first, read):
    assert (numbers(review).studies_in_analysis, numbers(review).reports_in_analysis) == (None, None)
    one, two = Study.objects.order_by("pk")
    outcome, now = make_outcome(review, "Death"), timezone.now()
    pools, also, words = (
        Plan.objects.create(review=review, slug=name, name=name, outcome=outcome, measure="OR", kind=kind)
        for name, kind in (("pools", "pairwise"), ("also", "network"), ("words", "narrative"))
    )
    finish(review, pools, [one, two], now - timedelta(minutes=1))
    at = timezone.now()
    finish(review, pools, [one, one], at + timedelta(seconds=1))
    finish(review, words, [one, two], now)
    counts = numbers(review)
    assert (counts.studies_in_analysis, counts.reports_in_analysis) == (1, 1)
    assert flow_counts(review, as_of=at).studies_in_analysis == 2
    finish(review, also, [two], now)
    assert numbers(review).studies_in_analysis == 2
    also.retired_at = timezone.now()
    also.save()
    assert numbers(review).studies_in_analysis == 1
