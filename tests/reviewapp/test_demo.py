"""manage.py demo builds a whole review through the services, once."""

import json
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import transaction
from django.test import override_settings

from analysis.models import Run
from certainty.models import Grade
from certainty.staleness import what_changed_in
from records.models import DuplicateCandidate
from reporting.prisma import flow_counts
from reviewapp.demo import story
from reviewapp.demo.evidence import rows_of
from reviewapp.demo.screeners import Vote
from reviews.models import Review, User
from screening.models import Decision, Ranking, Verdict

pytestmark = [pytest.mark.core, pytest.mark.slow, pytest.mark.django_db]


def load() -> dict:
    out = StringIO()
    call_command("demo", json=True, stdout=out)
    return json.loads(out.getvalue())


@pytest.fixture(scope="module")
def demo(django_db_setup, django_db_blocker, tmp_path_factory):
    """The demo, loaded once for this module in one transaction that is rolled back at its end."""
    folder = tmp_path_factory.mktemp("demo")
    here = {"VAR_DIR": folder, "MEDIA_ROOT": folder, "WORKER_HEARTBEAT_FILE": folder / "no-worker"}
    hashers = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    with (
        django_db_blocker.unblock(),
        override_settings(**here, PASSWORD_HASHERS=hashers),
        transaction.atomic(),
    ):
        told = load()
        yield Review.objects.get(slug=story.SLUG), told
        transaction.set_rollback(True)


def test_the_demo_is_a_review_in_progress_that_adds_up(demo):
    review, told = demo
    counts = flow_counts(review)
    assert counts.problems() == []
    assert counts.identified == 480
    assert counts.other_identified == 12
    assert counts.studies == 11
    assert counts.awaiting_screening == story.LEFT_TO_SCREEN + story.LEFT_IN_CONFLICT
    assert told["unfinished_jobs"] == 0
    merged = review.duplicate_candidates.filter(state=DuplicateCandidate.State.MERGED)
    titles = sorted(pair.left.title[:30] for pair in merged.select_related("left"))
    assert [title.split()[1] for title in titles] == ["randomised", "exploratory", "effects"]


def test_every_trial_of_the_data_is_a_study_with_its_results(demo):
    review, _ = demo
    assert {study.label for study in review.studies.all()} == {row["study"] for row in rows_of("trials.csv")}
    assert review.results.current().count() == 16
    assert review.results.current().filter(is_preferred=True).count() == 11
    assert review.results.filter(derived=True).count() == 3


def test_two_people_rated_the_certainty_and_a_third_settled(demo):
    review, _ = demo
    agreed = Grade.objects.agreed().filter(finding__review=review).prefetch_related("steps")
    assert [grade.level.value for grade in agreed] == ["low", "low"]
    assert {grade.rater.name for grade in agreed} == {"Dora Lind"}
    assert Grade.objects.individual().complete().filter(finding__review=review).count() == 4
    assert what_changed_in(agreed) == {grade.pk: [] for grade in agreed}


def test_two_people_voted_and_a_third_resolved(demo):
    review, _ = demo
    voters = set(Decision.objects.filter(review=review).values_list("reviewer__name", flat=True))
    assert voters == {"Ben Fischer", "Cleo Martin"}
    assert set(review.adjudications.values_list("adjudicator__name", flat=True)) == {"Dora Lind"}
    assert review.verdicts.filter(state=Verdict.State.CONFLICT).count() == story.LEFT_IN_CONFLICT
    assert Decision.objects.filter(review=review, vote=Vote.MAYBE).exists()


def test_what_waits_comes_in_a_learned_order_and_nobody_is_shown_a_score(demo):
    review, _ = demo
    ranking = Ranking.objects.get(review=review, reviewer=None)
    assert ranking.about["start"] == "decisions"
    assert len(ranking.order) == story.LEFT_TO_SCREEN + story.LEFT_IN_CONFLICT
    assert review.stage_settings.get().scores_shown == "hidden"


def test_the_runs_are_done(demo):
    review, _ = demo
    runs = Run.objects.filter(review=review)
    assert runs.count() == len(story.PLANS)
    assert all(run.result for run in runs)


def test_the_sign_ins_work_and_are_private(demo):
    _, told = demo
    assert [entry["role"] for entry in told["sign_ins"]] == ["owner", "reviewer", "reviewer", "adjudicator"]
    for entry in told["sign_ins"]:
        assert User.objects.get(email=entry["email"]).check_password(entry["password"])
    assert (settings.VAR_DIR / "demo_accounts.json").stat().st_mode & 0o077 == 0


def test_loading_again_changes_nothing(demo):
    review, told = demo
    before = review.events.count(), Decision.objects.count(), told["sign_ins"]
    again = load()
    assert again["loaded"] == []
    assert (review.events.count(), Decision.objects.count(), again["sign_ins"]) == before
