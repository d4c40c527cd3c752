"""Replays of a screened review: what is used, what is shown, who may ask."""

import json
from io import StringIO

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from records.models import Record
from reviews.models import AuditEvent, Job
from screening.models import Replay, Verdict
from screening.replay_chart import chart
from screening.services import NotAllowed, NotEligible, replays
from tests.factories import join, make_batch, make_record, make_user
from tests.screening.conftest import FT, TA

pytestmark = pytest.mark.django_db

State = Verdict.State


def settle(review, records, states, stage=TA):
    Verdict.objects.bulk_create(
        Verdict(review=review, record=record, stage=stage, state=state, settled_at=timezone.now())
        for record, state in zip(records, states, strict=True)
    )


@pytest.fixture
def screened(review):
    """Sixty records with outcomes; every sixth is included and speaks of sleep."""
    rng, batch = np.random.default_rng(3), make_batch(review)
    made = Record.objects.bulk_create(
        Record(
            review=review,
            batch=batch,
            search=batch.search,
            position=1000 + number,
            title=" ".join(rng.choice([f"word{n}" for n in range(30)], 5))
            + (" insomnia sleep exercise" if number % 6 == 0 else ""),
            abstract=" ".join(rng.choice([f"word{n}" for n in range(30)], 15)),
        )
        for number in range(60)
    )
    settle(review, made, [State.INCLUDED if n % 6 == 0 else State.EXCLUDED for n in range(60)])
    return made


def replayed(review, by, work, **chosen):
    replay, job = replays.request_replay(review=review, by=by, **({"runs": 2} | chosen))
    work()
    job.refresh_from_db()
    replay.refresh_from_db()
    return replay, job


def test_runs_with_new_priors_tell_what_would_have_been_saved(review, screened, ana, work):
    replay, job = replayed(review, ana, work)
    assert (job.state, job.done, job.total) == (Job.State.DONE, 200, 200)
    result = replay.result
    assert (result["n"], result["included"], len(result["runs"])) == (58, 9, 2)
    assert [run["seed"] for run in result["runs"]] == [0, 1]
    assert result["runs"][0]["priors"] != result["runs"][1]["priors"]
    assert result["mean"]["atd"] < 20
    assert result["runs"][0]["curve"][-1] == [58, 9]
    assert set(result["runs"][0]["stops"]) >= {"published", "50_in_a_row"}
    kept = {record.pk: label for record, label in zip(screened, [1, 0, 0, 0, 0, 0] * 10, strict=True)}
    assert [kept[pk] for pk in result["runs"][0]["priors"]] == [1, 0]
    event = AuditEvent.objects.get(verb="screening.replay_requested")
    assert event.detail["runs"] == 2


def test_the_same_seed_gives_the_same_figures(review, screened, ana, work):
    def figures(replay):
        return [{key: run[key] for key in run if key != "seconds"} for run in replay.result["runs"]]

    first, again = (replayed(review, ana, work, seed=5)[0] for _ in range(2))
    assert figures(first) == figures(again)


def test_only_what_everybody_is_told_is_used(review, screened, vote, ben):
    before = replays.outcomes(review, TA)
    waiting = make_record(review, "Waits for a vote")
    vote(ben, waiting, "include")
    settle(review, [make_record(review, "In conflict")], [State.CONFLICT])
    settle(review, [make_record(review, "Merged", duplicate_of=screened[0])], [State.INCLUDED])
    assert replays.outcomes(review, TA) == before
    assert replays.enough(review, TA) == (TA, 60, 10)


def test_at_full_text_it_is_the_final_inclusion(review, screened):
    included = [record for number, record in enumerate(screened) if number % 6 == 0]
    settle(review, included[:7], [State.INCLUDED] * 6 + [State.EXCLUDED], stage=FT)
    labels = replays.outcomes(review, FT)
    assert len(labels) == 50 + 7
    assert sum(labels.values()) == 6
    assert included[8].pk not in labels


def test_it_takes_enough_outcomes(review, ana):
    with pytest.raises(NotEligible, match="50 more records with an outcome and 5 more that are included"):
        replays.request_replay(review=review, by=ana)
    assert not Replay.objects.exists()


@pytest.mark.parametrize(
    ("chosen", "field"),
    [
        ({"runs": 0}, "runs"),
        ({"runs": 21}, "runs"),
        ({"seed": -1}, "seed"),
        ({"prior_included": 10}, "prior_included"),
        ({"prior_excluded": 51}, "prior_excluded"),
        ({"stage": "title"}, "stage"),
    ],
)
def test_numbers_out_of_range_are_refused_with_their_field(review, screened, ana, chosen, field):
    with pytest.raises(NotEligible) as told:
        replays.request_replay(review=review, by=ana, **chosen)
    assert told.value.field == field


def test_who_analyses_or_leads_may_ask(review, screened, ana, ben, stan, eve):
    for by in (ana, stan):
        assert replays.request_replay(review=review, by=by)[0].by == by
    for by in (ben, eve):
        with pytest.raises(NotAllowed):
            replays.request_replay(review=review, by=by)


def test_outcomes_taken_back_meanwhile_end_it_with_a_sentence(review, screened, ana, work):
    replay, job = replays.request_replay(review=review, by=ana)
    Verdict.objects.filter(state=State.INCLUDED).update(state=State.PENDING)
    work()
    job.refresh_from_db()
    assert job.state == Job.State.FAILED
    assert job.error.startswith("Outcomes were taken back meanwhile")
    replay.refresh_from_db()
    assert replay.result is None


def test_curves_have_few_points_and_both_ends():
    curve = replays.points([1, 0] * 5000)
    assert curve[0] == [0, 0]
    assert curve[-1] == [10_000, 5_000]
    assert len(curve) == 201
    assert [10, 1] in replays.points([1] + [0] * 98 + [1])


def test_the_table_beside_the_curve_says_what_the_figures_say(review, screened, ana, work):
    """Also where a share of the records is no whole number of them."""
    replay, _ = replayed(review, ana, work)
    drawn = {row.read: row.mean for row in chart(replay.result).shares}
    assert drawn[10] == pytest.approx(replay.result["mean"]["recall_at_10"], abs=0.01)
    assert drawn[20] == pytest.approx(replay.result["mean"]["recall_at_20"], abs=0.01)


def test_the_chart_is_the_figures():
    run = {"n": 10, "included": 2, "curve": [[0, 0], [1, 1], [5, 2], [10, 2]]}
    stop = {"stopped_at": 5, "read": 50.0, "recall": 100.0}
    never = {"stopped_at": None, "read": 100.0, "recall": 100.0}
    late = run | {"curve": [[0, 0], [5, 1], [10, 2]], "stops": {"half_read": never}}
    drawn = chart({"runs": [run | {"stops": {"half_read": stop}}, late]})
    assert [(row.read, row.mean, row.least, row.most) for row in drawn.shares if row.read in (20, 50)] == [
        (20, 25, 0, 50),
        (50, 75, 50, 100),
    ]
    (half,) = drawn.stops
    assert (half.rule, half.read, half.never, half.reached) == ("Half of the records screened", 75, 1, 2)
    assert drawn.lines[0].split()[0] == f"{drawn.left},{drawn.base}"
    assert drawn.lines[0].split()[-1] == f"{drawn.right},10.0"


def test_the_pages_from_nothing_to_figures(review, ana, ben, screened, work, as_user):
    page = as_user(ana)
    said = page.get(reverse("screening:replays", args=[review.slug])).content.decode()
    assert "60 records with an outcome, 10 of them included" in said
    assert "No replay yet" in said
    answer = page.post(
        reverse("screening:replay_ask", args=[review.slug]),
        {"stage": TA, "runs": 2, "prior_included": 1, "prior_excluded": 1, "seed": 0},
    )
    replay = Replay.objects.get()
    assert answer.url == reverse("screening:replay", args=[review.slug, replay.pk])
    assert "The figures come here" in page.get(answer.url).content.decode()
    work()
    said = as_user(ben).get(answer.url).content.decode()
    assert "work saved at 95&nbsp;% recall" in said
    assert said.count('<polyline class="trend-line"') == 2
    assert "style=" not in said
    assert "Outcomes were added" not in said
    settle(review, [make_record(review, "One more")], [State.EXCLUDED])
    assert "Outcomes were added" in page.get(answer.url).content.decode()
    assert (
        reverse("screening:replay", args=[review.slug, replay.pk])
        in page.get(reverse("screening:replays", args=[review.slug])).content.decode()
    )


def test_what_is_refused_stands_beside_the_form(review, ana, ben, screened, as_user):
    here = reverse("screening:replay_ask", args=[review.slug])
    given = {"stage": TA, "runs": 2, "prior_included": 20, "prior_excluded": 1, "seed": 0}
    answer = as_user(ana).post(here, given)
    assert answer.status_code == 400
    assert "at most 9 can be known" in answer.content.decode()
    answer = as_user(ben).post(here, given)
    assert answer.status_code in (400, 403)
    assert not Replay.objects.exists()


def test_a_strangers_replay_is_not_there(review, ana, eve, screened, as_user):
    replay, _ = replays.request_replay(review=review, by=ana)
    assert as_user(eve).get(reverse("screening:replay", args=[review.slug, replay.pk])).status_code == 404
    join(review.__class__.objects.get(slug="other"), make_user("mia"), "owner")
    assert as_user(eve).get(reverse("screening:replay", args=["other", replay.pk])).status_code == 404


def test_programs_ask_and_read(review, ana, ben, screened, work, as_user):
    here = reverse("screening-replays-list", args=[review.slug])
    answer = as_user(ana).post(here, {"runs": 1}, content_type="application/json")
    assert answer.status_code == 202
    work()
    found = as_user(ben).get(f"{here}{answer.json()['replay']}/").json()
    assert found["result"]["runs"][0]["n"] == 58
    (row,) = as_user(ben).get(here).json()["results"]
    assert row["mean"] == found["mean"] == found["result"]["mean"]
    assert "result" not in row
    assert as_user(ben).post(here, {}, content_type="application/json").status_code == 403
    answer = as_user(ana).post(here, {"runs": 99}, content_type="application/json")
    assert (answer.status_code, list(answer.json())) == (400, ["runs"])


@pytest.mark.django_db(transaction=True)
def test_the_command_waits_for_the_figures(review, ana, screened):
    out = StringIO()
    call_command("replay_screening", "--review", review.slug, "--runs", "2", "--json", stdout=out)
    said = json.loads(out.getvalue())
    assert (said["n"], len(said["runs"])) == (58, 2)
    with pytest.raises(CommandError, match="Runs: give a whole number from 1 to 20"):
        call_command("replay_screening", "--review", review.slug, "--runs", "0")
