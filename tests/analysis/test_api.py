"""Plans and runs for programs: the same verbs, the same table of permissions."""

import pytest

from analysis import services
from analysis.models import Plan
from analysis.plan_settings import PLAN_SETTINGS
from extraction.models import Result
from reviews.models import Job
from tests.factories import make_outcome, make_result, make_review, make_study


def path(review, rest):
    return f"/api/reviews/{review.slug}/{rest}"


def post(client, address, data=None):
    return client.post(address, data or {}, content_type="application/json")


def test_write_run_and_read(trials, review, outcome, stan, as_user, work):
    client = as_user(stan)
    written = post(client, path(review, "plans/"), {"name": "All trials", "outcome": outcome.pk, "test": "z"})
    assert written.status_code == 201
    plan = written.json()
    assert (plan["slug"], plan["measure"], plan["test"]) == ("all-trials", "SMD", "z")
    asked = post(client, path(review, f"plans/{plan['id']}/run/"))
    assert asked.status_code == 202
    assert (asked.json()["state"], asked.json()["result"]) == ("queued", None)
    work()
    run = client.get(path(review, f"runs/{asked.json()['id']}/")).json()
    assert (run["state"], run["stale"], run["result"]["pooled"]["k"]) == ("done", False, 3)
    rows = client.get(path(review, "runs/?state=done")).json()["results"]
    assert [row["id"] for row in rows] == [run["id"]]
    assert "snapshot" not in rows[0]
    assert client.get(path(review, f"runs/?plan={plan['id']}&state=failed")).json()["count"] == 0


def test_a_stranger_gets_404_and_a_role_without_the_right_403(run, review, outcome, ben, eve, as_user):
    found = run()
    reads = ["plans/", f"plans/{found.plan_id}/", "runs/", f"runs/{found.pk}/"]
    verbs = [
        "plans/",
        f"plans/{found.plan_id}/run/",
        f"plans/{found.plan_id}/retire/",
        f"runs/{found.pk}/cancel/",
    ]
    for rest in reads:
        assert as_user(ben).get(path(review, rest)).status_code == 200, rest
        assert as_user(eve).get(path(review, rest)).status_code == 404, rest
    for rest in verbs:
        assert post(as_user(ben), path(review, rest)).status_code == 403, rest
        assert post(as_user(eve), path(review, rest)).status_code == 404, rest


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"name": ""}, 400),
        ({"measure": "XYZ"}, 400),
        ({"level": 100}, 422),
        ({"level": "NaN"}, 400),
        ({"outcome": 99999}, 400),
        ({"prefer_rater": "nobody"}, 400),
    ],
)
def test_nonsense_is_refused(review, outcome, ana, as_user, change, status):
    answer = post(as_user(ana), path(review, "plans/"), {"name": "A", "outcome": outcome.pk} | change)
    assert answer.status_code == status, answer.content
    assert not Plan.objects.exists()


def test_rows_of_another_review_are_unknown(review, outcome, ana, as_user):
    other = make_review("elsewhere")
    foreign, study = make_outcome(other), make_study(other)
    client = as_user(ana)
    assert post(client, path(review, "plans/"), {"name": "A", "outcome": foreign.pk}).status_code == 400
    both = {"name": "A", "outcome": outcome.pk, "excluded_studies": [study.pk], "exclusion_note": "x"}
    assert post(client, path(review, "plans/"), both).status_code == 400


def test_refusals_come_as_detail_with_their_status(run, write, review, ana, as_user):
    found, client = run(), as_user(ana)
    late = post(client, path(review, f"runs/{found.pk}/cancel/"))
    assert (late.status_code, late.json()["detail"]) == (409, "This run is done already.")
    assert post(client, path(review, f"plans/{found.plan_id}/retire/")).status_code == 200
    again = post(client, path(review, f"plans/{found.plan_id}/run/"))
    assert again.status_code == 422
    assert "retired" in again.json()["detail"]


def test_cancel_a_waiting_run(write, trials, review, ana, as_user):
    found = services.request_run(plan=write(), by=ana)
    answer = post(as_user(ana), path(review, f"runs/{found.pk}/cancel/"))
    assert answer.json()["state"] == "cancelled"
    assert Job.objects.get(pk=found.job_id).state == Job.State.CANCELLED


def test_ten_more_rows_cost_no_more_queries(
    run, write, review, outcome, ben, ana, as_user, django_assert_max_num_queries
):
    client = as_user(ana)
    run()
    addresses = [path(review, "plans/"), path(review, "runs/")]
    counts = []
    for address in addresses:
        with django_assert_max_num_queries(30) as seen:
            client.get(address)
        counts.append(len(seen))
    for number in range(10):
        make_result(make_study(review, f"More {number}"), outcome, ben)
        services.request_run(plan=write(f"Plan {number}"), by=ana)
    for address, count in zip(addresses, counts, strict=True):
        with django_assert_max_num_queries(count):
            assert client.get(address).json()["count"] == 11


def test_every_setting_is_written_read_and_changed(trials, review, outcome, stan, as_user):
    client, given = (
        as_user(stan),
        {
            "name": "Everything",
            "outcome": outcome.pk,
            "question": "Does it help?",
            "selection": {"scales": ["HDRS"], "when": "last", "multi_arm": "combine"},
            "moderators": [{"name": "age", "type": "number"}],
            "sensitivity": ["tests"],
            "small_study_tests": ["egger"],
            "prediction": "t(k-2)",
            "excluded_studies": [trials[0].pk],
            "exclusion_note": "doubtful",
        },
    )
    written = post(client, path(review, "plans/"), given).json()
    assert {name: written[name] for name in given} == given
    assert set(PLAN_SETTINGS) < set(written)
    assert (written["version"], written["changes"], written["sensitivity"]) == (1, [], ["tests"])
    change = {"seen_version": 1, "reason": "asked", "test": "z", "excluded_studies": []}
    changed = post(client, path(review, f"plans/{written['id']}/change/"), change)
    assert changed.status_code == 200, changed.content
    assert (changed.json()["version"], changed.json()["test"]) == (2, "z")
    assert changed.json()["question"] == "Does it help?"
    (kept,) = changed.json()["changes"]
    assert kept["changed"] == {"test": ["knha", "z"], "excluded_studies": [["Ade 2001"], []]}
    assert (kept["reason"], kept["post_hoc"]) == ("asked", False)
    late = post(client, path(review, f"plans/{written['id']}/change/"), change | {"test": "t"})
    assert (late.status_code, "changed in the meantime" in late.json()["detail"]) == (409, True)


def test_what_a_plan_would_take_in_is_told_before_it_is_written(trials, review, outcome, ben, ana, as_user):
    client = as_user(ana)
    make_result(trials[0], outcome, ben, scale="BDI", is_preferred=False)
    Result.objects.filter(study=trials[0]).update(is_preferred=False)
    asked = post(client, path(review, "plans/eligible/"), {"outcome": outcome.pk}).json()
    assert (asked["eligible"], [one["study"] for one in asked["ties"]]) == (2, ["Ade 2001"])
    assert len(asked["ties"][0]["results"]) == 2
    chosen = {"outcome": outcome.pk, "selection": {"scales": ["BDI"]}, "excluded_studies": [trials[1].pk]}
    asked = post(client, path(review, "plans/eligible/"), chosen | {"exclusion_note": "x"}).json()
    assert [row["study"] for row in asked["rows"]] == ["Ade 2001", "Cruz 2010"]
    assert not Plan.objects.exists()
    wrong = post(
        client, path(review, "plans/eligible/"), {"outcome": outcome.pk, "selection": {"whem": "last"}}
    )
    assert (wrong.status_code, "There is no rule “whem”" in wrong.json()["detail"]) == (422, True)


def test_a_retired_plan_is_restored_and_a_plan_says_what_it_takes_in(
    trials, write, review, ana, ben, as_user
):
    plan, client = write(), as_user(ana)
    assert client.get(path(review, f"plans/{plan.pk}/eligible/")).json()["eligible"] == 3
    assert post(as_user(ben), path(review, f"plans/{plan.pk}/restore/")).status_code == 403
    assert post(client, path(review, f"plans/{plan.pk}/restore/")).status_code == 409
    assert post(client, path(review, f"plans/{plan.pk}/retire/")).json()["retired_at"]
    assert post(client, path(review, f"plans/{plan.pk}/restore/")).json()["retired_at"] is None


@pytest.mark.parametrize("nonsense", ["a\x00b", "\ud800"])
def test_text_that_no_database_takes_is_refused_in_lists_too(review, outcome, ana, as_user, nonsense):
    for setting in ({"selection": {"scales": [nonsense]}}, {"question": nonsense}):
        with pytest.raises(services.InvalidPlan, match="no text"):
            services.write_plan(review=review, name="A", outcome=outcome, by=ana, **setting)
