"""Searches, imports, records and duplicates for programs."""

import pytest
from django.core.management import call_command

from records.models import DuplicateCandidate, ImportBatch, Record
from records.services import mark_distinct, merge_candidate
from tests.factories import join, make_batch, make_record, make_user
from tests.records.conftest import CUT_XML, NOTHING_IN_IT, PDF, pair, ris, uploaded

ONE = ris({"TI": "A trial of rest", "AU": "Silva, Ana", "PY": "2019"})


@pytest.fixture
def at(review):
    """``at("imports", 3, "undo")`` is an address of this review's API."""
    return lambda *parts: f"/api/reviews/{review.slug}/{'/'.join(map(str, parts))}/"


@pytest.fixture
def observer(review):
    return join(review, make_user("olaf"), "observer").user


class TestWhoMay:
    LISTS = ("searches", "imports", "records", "duplicates", "duplicate-groups")

    @pytest.fixture
    def gestures(self, at, two_pairs):
        pk = two_pairs[0].pk
        return [
            at("searches"),
            at("imports"),
            at("imports", two_pairs[0].left.batch_id, "undo"),
            at("records", two_pairs[0].left_id, "split"),
            *(at("duplicates", pk, verb) for verb in ("merge", "distinct", "link", "reopen")),
            *(at("duplicates", verb) for verb in ("find", "accept", "undo-accepted", "thresholds")),
            at("duplicates", "thresholds", "try"),
            at("duplicate-groups"),
            *(
                at("duplicate-groups", two_pairs[0].left_id, verb)
                for verb in ("lead", "values", "take-out", "dissolve")
            ),
        ]

    def test_members_read_strangers_get_404_and_nobody_401(self, as_user, observer, eve, client, at):
        for name in self.LISTS:
            assert as_user(observer).get(at(name)).status_code == 200
            assert as_user(eve).get(at(name)).status_code == 404
            assert client.get(at(name)).status_code in (401, 403)

    def test_writing_needs_the_right(self, as_user, observer, eve, gestures):
        for address in gestures:
            assert as_user(observer).post(address).status_code == 403, address
            assert as_user(eve).post(address).status_code == 404, address

    def test_a_reviewer_decides_on_duplicates_but_does_not_import(self, as_user, ben, at, two_pairs):
        assert as_user(ben).post(at("imports")).status_code == 403
        assert as_user(ben).post(at("searches")).status_code == 403
        assert as_user(ben).post(at("duplicates", two_pairs[0].pk, "distinct")).status_code == 200

    def test_what_belongs_to_another_review_is_not_found(self, as_user, ana, eve, at):
        other = eve.memberships.get().review
        left, right = make_record(other), make_record(other)
        foreign = pair(left, right)
        client = as_user(ana)
        for address in (at("records", left.pk), at("imports", left.batch_id), at("searches", left.search_id)):
            assert client.get(address).status_code == 404
        assert client.post(at("duplicates", foreign.pk, "merge")).status_code == 404


class TestSearches:
    def test_added_and_amended(self, as_user, ana, at):
        client = as_user(ana)
        made = client.post(
            at("searches"), {"source": "MEDLINE", "platform": "Ovid"}, content_type="application/json"
        )
        assert made.status_code == 201
        changed = client.patch(
            at("searches", made.json()["id"]), {"query": "depress*"}, content_type="application/json"
        )
        assert (changed.status_code, changed.json()["query"], changed.json()["source"]) == (
            200,
            "depress*",
            "MEDLINE",
        )

    @pytest.mark.parametrize(
        ("values", "status"),
        [
            ({"source": ""}, 400),
            ({"source": "x" * 121}, 400),
            ({"source": "CINAHL", "hits_reported": -1}, 400),
            ({"source": "medline"}, 409),
        ],
    )
    def test_nonsense_is_refused(self, as_user, ana, at, search, values, status):
        answer = as_user(ana).post(at("searches"), values, content_type="application/json")
        assert answer.status_code == status
        assert answer.json()


class TestImports:
    def test_a_file_is_taken_and_followed(self, as_user, ana, at, search, work):
        client = as_user(ana)
        answer = client.post(at("imports"), {"file": uploaded(ONE + NOTHING_IN_IT), "search": search.pk})
        assert answer.status_code == 202
        batch = answer.json()
        assert (batch["state"], batch["file_name"], batch["error"]) == ("waiting", "medline.ris", "")
        work()
        done = client.get(at("imports", batch["id"])).json()
        assert (done["state"], done["records_read"], done["records_rejected"]) == ("done", 1, 1)
        assert done["rejected"][0]["line"] == 6
        listed = client.get(at("imports")).json()["results"]
        assert [row["id"] for row in listed] == [batch["id"]]
        assert "rejected" not in listed[0]
        undone = client.post(at("imports", batch["id"], "undo"))
        assert (undone.status_code, undone.json()["state"]) == (200, "undone")
        again = client.post(at("imports", batch["id"], "undo"))
        assert (again.status_code, "nothing to undo" in again.json()["detail"]) == (409, True)

    def test_the_same_file_is_409(self, as_user, ana, at, search, bring_in):
        bring_in(ONE)
        answer = as_user(ana).post(at("imports"), {"file": uploaded(ONE, "again.ris"), "search": search.pk})
        assert answer.status_code == 409
        assert "again.ris: exactly this file was imported on" in answer.json()["detail"]

    @pytest.mark.parametrize(
        ("name", "data", "says"),
        [("paper.ris", PDF, "PDF document"), ("none.ris", b"", "“none.ris” is empty")],
    )
    def test_a_file_that_is_no_search_result_is_422(self, as_user, ana, at, search, name, data, says):
        answer = as_user(ana).post(at("imports"), {"file": uploaded(data, name), "search": search.pk})
        assert answer.status_code == 422
        assert says in answer.json()["detail"]
        assert not ImportBatch.objects.exists()

    def test_one_that_could_not_be_read_says_why(self, as_user, ana, at, bring_in):
        found = as_user(ana).get(at("imports", bring_in(CUT_XML, "cut.xml").pk)).json()
        assert found["state"] == "failed"
        assert "cut.xml" in found["error"]

    def test_a_search_that_is_not_there_is_404_and_no_file_400(self, as_user, ana, at, search):
        client = as_user(ana)
        for pk in (search.pk + 1, 10**30):
            assert client.post(at("imports"), {"file": uploaded(ONE), "search": pk}).status_code == 404
        assert client.post(at("imports"), {"search": search.pk}).json() == {
            "file": ["No file was submitted."]
        }

    def test_ten_more_cost_no_more_queries(self, as_user, ana, at, review, django_assert_max_num_queries):
        make_batch(review)
        client = as_user(ana)
        client.get(at("imports"))
        with django_assert_max_num_queries(8) as first:
            client.get(at("imports"))
        for _ in range(10):
            make_batch(review)
        with django_assert_max_num_queries(len(first)):
            assert client.get(at("imports")).json()["count"] == 11


class TestRecords:
    def test_live_records_come_in_pages(self, as_user, ben, at, review):
        for number in range(5):
            make_record(review, f"Trial {number}")
        hidden = make_record(review, batch=make_batch(review))
        ImportBatch.objects.filter(pk=hidden.batch_id).update(state="waiting")
        client = as_user(ben)
        page = client.get(at("records") + "?limit=2&offset=2").json()
        assert (page["count"], [row["title"] for row in page["results"]]) == (5, ["Trial 2", "Trial 3"])
        assert client.get(at("records", hidden.pk)).status_code == 404
        assert "raw" not in page["results"][0]

    @pytest.mark.parametrize(
        ("query", "titles"),
        [
            ("text=rest trial", ["A trial of rest"]),
            ("text=Müller", ["Yoga"]),
            ("text=Silva", ["A trial of rest"]),
            ("year_from=2019", ["Yoga"]),
            ("year_to=2018", ["A trial of rest", "Twin"]),
            ("duplicate=true", ["Twin"]),
            ("duplicate=false", ["A trial of rest", "Yoga"]),
            ("doi=10.1/yoga", ["Yoga"]),
        ],
    )
    def test_filters(self, as_user, ben, at, review, query, titles):
        first = make_record(review, "A trial of rest", authors=["Silva, A."], year=2018)
        make_record(review, "Yoga", authors=["Müller, B."], year=2019, doi="10.1/yoga")
        make_record(review, "Twin", authors=[], year=2018, duplicate_of=first)
        found = as_user(ben).get(at("records") + "?" + query).json()["results"]
        assert [row["title"] for row in found] == titles

    def test_a_nonsense_filter_is_400(self, as_user, ben, at):
        assert as_user(ben).get(at("records") + "?year_from=soon").status_code == 400

    def test_a_record_is_taken_out_of_its_group(self, as_user, ben, at, two_pairs):
        first = two_pairs[0]
        merge_candidate(candidate=first, by=ben, primary=first.left)
        client = as_user(ben)
        answer = client.post(at("records", first.right_id, "split"))
        assert (answer.status_code, answer.json()["duplicate_of"]) == (200, None)
        again = client.post(at("records", first.right_id, "split"))
        assert (again.status_code, "not marked as a duplicate" in again.json()["detail"]) == (422, True)


class TestDuplicates:
    def test_merge_and_reopen(self, as_user, ben, at, two_pairs):
        first, client = two_pairs[0], as_user(ben)
        answer = client.post(
            at("duplicates", first.pk, "merge"), {"keep": first.right_id}, content_type="application/json"
        )
        assert (answer.status_code, answer.json()["state"], answer.json()["decided_by"]) == (
            200,
            "merged",
            ben.pk,
        )
        assert Record.objects.get(pk=first.left_id).duplicate_of_id == first.right_id
        late = client.post(at("duplicates", first.pk, "distinct"))
        assert (late.status_code, "was merged meanwhile" in late.json()["detail"]) == (409, True)
        answer = client.post(at("duplicates", first.pk, "reopen"))
        assert (answer.status_code, answer.json()["state"]) == (200, "waiting")

    def test_one_to_keep_that_is_not_of_the_pair_is_refused(self, as_user, ben, at, two_pairs, review):
        first, client = two_pairs[0], as_user(ben)
        for keep, status in ((two_pairs[1].left_id, 422), (10**6, 404), ("x", 400)):
            answer = client.post(
                at("duplicates", first.pk, "merge"), {"keep": keep}, content_type="application/json"
            )
            assert answer.status_code == status
        first.refresh_from_db()
        assert first.state == "waiting"

    def test_filters(self, as_user, ben, at, review, two_pairs):
        first, second = two_pairs
        moot = pair(first.left, second.left, score=0.7)
        mark_distinct(candidate=moot, by=ben)
        hidden = pair(first.right, second.right, score=0.3, state=DuplicateCandidate.State.WAITING)
        merge_candidate(candidate=first, by=ben)
        merge_candidate(candidate=second, by=ben)

        def ids(query):
            return {row["id"] for row in as_user(ben).get(at("duplicates") + query).json()["results"]}

        assert ids("") == {first.pk, second.pk, moot.pk, hidden.pk}
        assert ids("?state=merged") == {first.pk, second.pk}
        assert ids("?state=waiting") == {hidden.pk}
        assert ids("?to_decide=true") == set()
        assert ids("?to_decide=false&automatic=false") == {first.pk, second.pk, moot.pk, hidden.pk}
        assert as_user(ben).get(at("duplicates") + "?state=nonsense").status_code == 400

    def test_a_search_is_queued(self, as_user, ben, at, review):
        answer = as_user(ben).post(at("duplicates", "find"))
        assert answer.status_code == 202
        assert answer.json() == {"job": review.jobs.get().pk, "state": "queued"}


def test_the_schema_describes_this_room_without_errors(capfd):
    call_command("spectacular", "--validate", "--file", "/dev/null")
    assert "records/api/" not in capfd.readouterr().err
