"""Plans and runs for programs: the same verbs, the same table of permissions."""

import pytest

from analysis import services
from analysis.models import Plan
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
