"""Thresholds, many pairs at once, linked reports, groups and the ledger for programs."""

import pytest

from records.ledger import HEADER
from records.models import DuplicateCandidate
from records.services import merge, merge_all_above, merge_candidate, thresholds_of
from reviews import jobs
from tests.factories import make_batch, make_record, make_search
from tests.records.conftest import pair
from tests.records.groups import fresh, groups

State = DuplicateCandidate.State


@pytest.fixture
def call(review, as_user, ben):
    """``call("get", "duplicates/ledger", score_from=1)`` is (status, JSON) as ben sees it."""

    def send(method: str, path: str, who=None, **data):
        client = as_user(who or ben)
        more = {"content_type": "application/json"} if method == "post" else {}
        answer = getattr(client, method)(f"/api/reviews/{review.slug}/{path}/", data, **more)
        return answer.status_code, answer.json()

    return send


@pytest.fixture
def trio(review, ana):
    medline, embase = make_batch(review), make_batch(review, make_search(review, "Embase"))
    records = [
        make_record(review, "A trial", batch=medline, doi="10.1000/a"),
        make_record(review, "A trial of rest", batch=medline, pages="1-9"),
        make_record(review, "A trial", batch=embase, volume="7", year=2018),
    ]
    merge(review=review, records=records, primary=records[0], by=ana)
    return fresh(*records)


def test_two_reports_are_linked_and_the_link_is_listed(call, ben, two_pairs):
    status, told = call("post", f"duplicates/{two_pairs[0].pk}/link")
    assert (status, told["state"], told["decided_by"]) == (200, "linked", ben.pk)
    assert [row["id"] for row in call("get", "duplicates", state="linked")[1]["results"]] == [two_pairs[0].pk]
    status, told = call("post", f"duplicates/{two_pairs[0].pk}/merge")
    assert (status, "linked as two reports" in told["detail"]) == (409, True)
    assert call("post", f"duplicates/{two_pairs[0].pk}/reopen")[1]["state"] == "waiting"


class TestAccept:
    def test_shown_merged_and_undone(self, call, two_pairs):
        first, second = two_pairs
        status, shown = call("get", "duplicates/above", score=0.55)
        assert (status, shown["count"], shown["pairs"]) == (200, 2, [first.pk, second.pk])
        assert [row["id"] for row in shown["lowest"]] == [second.pk, first.pk]
        status, done = call("post", "duplicates/accept", score=0.55, expected=2)
        assert (status, done["pairs"]) == (200, 2)
        assert {fresh(candidate).state for candidate in two_pairs} == {"merged"}
        assert call("post", "duplicates/undo-accepted", lot=done["lot"]) == (200, done)
        assert {fresh(candidate).state for candidate in two_pairs} == {"waiting"}

    @pytest.mark.parametrize(
        ("data", "status"),
        [
            ({"score": 0.55, "expected": 3}, 409),
            ({"score": 0.99}, 422),
            ({"score": 0}, 422),
            ({"score": 2}, 400),
            ({"score": "banana"}, 400),
            ({}, 400),
        ],
    )
    def test_nonsense_merges_nothing(self, call, two_pairs, data, status):
        assert call("post", "duplicates/accept", **data)[0] == status
        assert not DuplicateCandidate.objects.exclude(state="waiting").exists()

    def test_a_lot_of_another_review_is_not_found(self, call, eve):
        other = eve.memberships.get().review
        pair(make_record(other), make_record(other))
        lot = merge_all_above(review=other, score=0.5, by=eve)
        assert call("post", "duplicates/undo-accepted", lot=lot.pk)[0] == 404
        assert call("post", "duplicates/undo-accepted", lot="x")[0] == 400


class TestThresholds:
    def test_read_tried_and_set(self, call, review, two_pairs):
        assert call("get", "duplicates/thresholds") == (200, {"merge_at": 0.95, "ask_at": 0.5})
        status, change = call("get", "duplicates/thresholds/change", merge_at=0.85, ask_at=0.4)
        assert (status, change["merges"], change["compares"]) == (200, [two_pairs[0].pk], True)
        assert len(change["warnings"]) == 1
        status, job = call("post", "duplicates/thresholds/try", merge_at=0.85, ask_at=0.4)
        assert status == 202
        jobs.perform(job["job"])
        assert review.jobs.get(pk=job["job"]).result["questions"] == 0
        assert thresholds_of(review) == (0.95, 0.5)
        status, change = call("post", "duplicates/thresholds", merge_at=0.85, ask_at=0.4)
        assert (status, change["merges"]) == (200, [two_pairs[0].pk])
        assert call("get", "duplicates/thresholds")[1] == {"merge_at": 0.85, "ask_at": 0.4}

    @pytest.mark.parametrize(
        ("data", "status"),
        [({"merge_at": 0.5, "ask_at": 0.9}, 422), ({"merge_at": 2, "ask_at": 0.5}, 400), ({}, 400)],
    )
    @pytest.mark.parametrize("path", ["duplicates/thresholds", "duplicates/thresholds/try"])
    def test_nonsense_is_refused(self, call, review, path, data, status):
        assert call("post", path, **data)[0] == status
        assert call("get", "duplicates/thresholds/change", **data)[0] == status
        assert thresholds_of(review) == (0.95, 0.5)

    def test_an_observer_may_look(self, call, observer, two_pairs):
        assert call("get", "duplicates/thresholds", observer)[0] == 200
        assert call("get", "duplicates/above", observer, score=0.5)[0] == 200


class TestGroups:
    def test_listed_with_members_and_loans(self, call, trio):
        (group,) = call("get", "duplicate-groups")[1]["results"]
        assert (group["id"], group["size"]) == (trio[0].pk, 3)
        assert [member["id"] for member in group["members"]] == [record.pk for record in trio]
        assert group["filled"] == {"pages": trio[1].pk}
        assert call("get", f"duplicate-groups/{trio[2].pk}")[1] == group
        assert call("get", "duplicate-groups", source=trio[2].search_id)[1]["count"] == 1
        assert call("get", "duplicate-groups", q="zinc")[1]["count"] == 0
        assert call("get", "duplicate-groups", source="x")[0] == 400

    def test_every_verb(self, call, review, trio):
        first, second, third = trio
        status, group = call("post", f"duplicate-groups/{second.pk}/lead")
        assert (status, group["id"]) == (200, second.pk)
        assert call("post", f"duplicate-groups/{second.pk}/lead")[0] == 422
        values = {"year": third.pk}
        assert call("post", f"duplicate-groups/{first.pk}/values", values=values)[0] == 200
        assert fresh(second).year == 2018
        status, group = call("post", f"duplicate-groups/{third.pk}/take-out", linked=True)
        assert (status, group["id"], group["size"]) == (200, second.pk, 2)
        assert review.duplicate_candidates.get(left=second, right=third).state == State.LINKED
        assert call("post", f"duplicate-groups/{first.pk}/dissolve") == (
            200,
            {"kept": second.pk, "members": [first.pk, second.pk]},
        )
        assert len(groups(review)) == 3
        records = [first.pk, second.pk]
        status, group = call("post", "duplicate-groups", records=records, primary=first.pk)
        assert (status, group["id"], group["size"]) == (201, first.pk, 2)

    @pytest.mark.parametrize(
        "values", [{"banana": 1}, {"title": 10**6}, {"title": "x"}, {"title": 10**30}, {}, "x", None]
    )
    def test_nonsense_values_are_refused(self, call, trio, values):
        assert call("post", f"duplicate-groups/{trio[0].pk}/values", values=values)[0] in (400, 422)
        assert fresh(trio[0]).title == "A trial"

    def test_of_another_review_nothing_is_found(self, call, eve, trio):
        foreign = make_record(eve.memberships.get().review)
        assert call("get", f"duplicate-groups/{foreign.pk}")[0] == 404
        for verb in ("lead", "values", "take-out", "dissolve"):
            assert call("post", f"duplicate-groups/{foreign.pk}/{verb}")[0] == 404
        records = [trio[0].pk, foreign.pk]
        assert call("post", "duplicate-groups", records=records, primary=trio[0].pk)[0] == 422

    def test_ten_more_cost_no_more_queries(self, call, ben, review, trio, django_assert_max_num_queries):
        with django_assert_max_num_queries(30) as first:
            call("get", "duplicate-groups")
        for _ in range(10):
            a, b = make_record(review), make_record(review)
            merge(review=review, records=[a, b], primary=a, by=ben)
        with django_assert_max_num_queries(len(first)):
            assert call("get", "duplicate-groups")[1]["count"] == 11


def test_the_ledger_is_paged_and_filtered(call, ben, two_pairs):
    for candidate in two_pairs:
        merge_candidate(candidate=candidate, by=ben)
    status, told = call("get", "duplicates/ledger")
    assert (status, told["count"]) == (200, 2)
    assert tuple(told["results"][0]) == HEADER
    assert told["results"][0]["decided_by"] == "Ben"
    assert call("get", "duplicates/ledger", score_from=0.8)[1]["count"] == 1
    assert call("get", "duplicates/ledger", score_from="x")[0] == 400
