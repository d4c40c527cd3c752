"""Groups, thresholds and many pairs at once, as pages: what they show, what they do, and for whom."""

import pytest

from records.models import DuplicateCandidate
from records.services import merge, merge_all_above, thresholds_of
from reviews import jobs
from tests.factories import make_batch, make_record, make_search
from tests.records.conftest import pair, said, text
from tests.records.groups import check_the_groups, fresh, groups

State = DuplicateCandidate.State


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


class TestGroups:
    def test_each_group_is_one_line_with_its_sources(self, as_user, ben, to, review, trio):
        a, b = make_record(review, "Zinc"), make_record(review, "Zinc")
        merge(review=review, records=[a, b], primary=a, by=ben)
        shown = text(as_user(ben).get(to("groups")))
        assert "2 groups" in shown
        assert shown.index("A trial") < shown.index("Zinc"), "the largest first"
        assert "3 MEDLINE, MEDLINE, Embase" in shown

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ({}, True),
            ({"q": "rest"}, True),
            ({"q": "zinc"}, False),
            ({"q": "10.1000/A"}, True),
            ({"least": "3"}, True),
            ({"least": "4"}, False),
            ({"decided": "by_hand"}, True),
            ({"decided": "automatic"}, False),
        ],
    )
    def test_they_are_filtered(self, as_user, ben, to, trio, query, found):
        page = text(as_user(ben).get(to("groups"), query))
        assert ("1 group " in page) is found
        assert ("No group matches" in page) is not found

    def test_by_source_of_any_member(self, as_user, ben, to, review, trio):
        client, other = as_user(ben), make_search(review, "CENTRAL")
        assert "1 group " in text(client.get(to("groups"), {"source": trio[2].search_id}))
        assert "No group matches" in text(client.get(to("groups"), {"source": other.pk}))

    def test_more_groups_cost_no_more_queries(
        self, as_user, ben, to, review, trio, django_assert_max_num_queries
    ):
        client = as_user(ben)
        with django_assert_max_num_queries(20) as first:
            client.get(to("groups"))
        for _ in range(10):
            a, b = make_record(review), make_record(review)
            merge(review=review, records=[a, b], primary=a, by=ben)
        with django_assert_max_num_queries(len(first)):
            assert "11 groups" in text(client.get(to("groups")))


class TestGroup:
    def test_members_stand_side_by_side_and_loans_are_named(self, as_user, ben, to, trio):
        page = as_user(ben).get(to("group", trio[0].pk))
        shown = text(page)
        assert "3 records that are one." in shown
        assert f"from record {trio[1].pk}" in shown, "its pages"
        assert f"Records {trio[0].pk} and {trio[1].pk}: by hand: merged" in shown
        assert page.content.decode().count('name="title"') == 3
        assert 'name="doi"' not in page.content.decode(), "only one of them has it: nothing to choose"

    def test_asked_for_a_member_it_shows_the_group(self, as_user, ben, to, trio):
        assert as_user(ben).get(to("group", trio[2].pk)).url == to("group", trio[0].pk)

    def test_another_one_leads(self, as_user, ben, to, review, trio):
        client = as_user(ben)
        page = said(client, client.post(to("group_primary", trio[1].pk)))
        assert f"(record {trio[1].pk}) stands for its group now." in page
        assert fresh(trio[0]).duplicate_of == trio[1]
        assert "it stands already" in said(client, client.post(to("group_primary", trio[1].pk)))
        check_the_groups(review)

    def test_values_of_members_stand(self, as_user, ben, to, trio):
        client = as_user(ben)
        data = {"title": trio[1].pk, "year": trio[2].pk, "authors": trio[0].pk}
        page = said(client, client.post(to("group_values", trio[0].pk), data))
        assert "first values are kept" in page
        fresh(trio[0])
        assert (trio[0].title, trio[0].year, trio[0].original) == (
            "A trial of rest",
            2018,
            {"title": "A trial", "year": 2017},
        )

    @pytest.mark.parametrize("value", ["banana", "0", "-1", "9" * 30])
    def test_nonsense_values_are_refused(self, as_user, ben, to, trio, value):
        client = as_user(ben)
        page = said(client, client.post(to("group_values", trio[0].pk), {"title": value}))
        assert "Give the number of a record of the group." in page
        assert fresh(trio[0]).title == "A trial"

    def test_one_is_taken_out(self, as_user, ben, to, review, trio):
        client = as_user(ben)
        response = client.post(to("split", trio[2].pk), {"linked": "on"})
        assert response.url == to("group", trio[0].pk)
        assert review.duplicate_candidates.get(left=trio[0], right=trio[2]).state == State.LINKED
        assert "Same study 2" in text(client.get(to("decided", "linked")))

    def test_the_group_is_parted_and_put_together_again(self, as_user, ben, to, review, trio):
        client = as_user(ben)
        response = client.post(to("group_dissolve", trio[0].pk))
        assert len(groups(review)) == 3
        assert "The 3 records stand for themselves again" in text(client.get(response.url))
        data = {"primary": trio[0].pk, "records": [record.pk for record in trio]}
        assert "stands for the group" in said(client, client.post(to("merge_by_hand"), data))
        assert groups(review) == {frozenset(record.pk for record in trio)}
        assert fresh(trio[0]).duplicate_of is None
        again = client.post(to("group_dissolve", trio[0].pk))
        assert "stand for themselves" in text(client.get(again.url))

    def test_records_of_another_review_are_not_merged(self, as_user, ben, eve, to, review, three):
        foreign = make_record(eve.memberships.get().review)
        client = as_user(ben)
        data = {"primary": three[0].pk, "records": [three[0].pk, foreign.pk]}
        assert "Choose at least two records of this review" in said(
            client, client.post(to("merge_by_hand"), data)
        )


class TestThresholds:
    def test_what_would_change_comes_first(self, as_user, ben, to, review, two_pairs):
        client = as_user(ben)
        shown = text(client.get(to("thresholds")))
        assert "Pairs that score 0.95 or more are merged by themselves, pairs from 0.5 wait" in shown
        shown = text(client.get(to("thresholds"), {"merge_at": "0.85", "ask_at": "0.4"}))
        assert "1 waiting pair would be merged at once." in shown
        assert "Below 0.95 pairs are merged that a rule would have held back" in shown
        assert "takes a comparison of all records" in shown
        assert thresholds_of(review) == (0.95, 0.5)

    def test_they_are_set_and_undone(self, as_user, ben, to, review, two_pairs):
        client = as_user(ben)
        page = said(client, client.post(to("thresholds"), {"merge_at": "0.85", "ask_at": "0.4"}))
        assert "Pairs are merged from 0.85 and asked about from 0.4 now. 1 merged." in page
        assert "Undo: back to 0.95 and 0.5" in page
        page = said(client, client.post(to("thresholds"), {"merge_at": "0.95", "ask_at": "0.5"}))
        assert "1 wait for a decision again" in page
        assert fresh(two_pairs[0]).state == "waiting"

    @pytest.mark.parametrize(
        ("merge_at", "ask_at", "says"),
        [
            ("0.5", "0.9", "0.9 is above 0.5"),
            ("2", "0.5", "less than or equal to 1"),
            ("", "0.5", "required"),
            ("nan", "0.5", "Enter a number"),
            ("0.95", "0.5", "hold already"),
        ],
    )
    def test_nonsense_is_refused_with_a_sentence(self, as_user, ben, to, review, merge_at, ask_at, says):
        response = as_user(ben).post(to("thresholds"), {"merge_at": merge_at, "ask_at": ask_at})
        assert response.status_code == 422
        assert says in text(response)
        assert thresholds_of(review) == (0.95, 0.5)

    def test_new_questions_are_counted_in_the_background(self, as_user, ben, to, review, three, looks_alike):
        looks_alike({(three[0], three[1]): 0.45})
        client = as_user(ben)
        client.post(to("thresholds_trial"), {"merge_at": "0.95", "ask_at": "0.4"})
        job = review.jobs.get(task="records.try_thresholds")
        jobs.perform(job.pk)
        job.refresh_from_db()
        shown = text(client.get(job.result["url"]))
        assert "would find 1 new question and merge 0 pairs" in shown
        assert not DuplicateCandidate.objects.exists()

    def test_a_trial_of_nonsense_is_refused(self, as_user, ben, to, review):
        client = as_user(ben)
        assert "Give two scores" in said(client, client.post(to("thresholds_trial"), {"merge_at": "x"}))
        page = said(client, client.post(to("thresholds_trial"), {"merge_at": "0.5", "ask_at": "0.9"}))
        assert "0.9 is above 0.5" in page
        assert not review.jobs.exists()
        for trial in ("banana", "9" * 30, "²", "0"):
            assert client.get(to("thresholds"), {"trial": trial}).status_code == 200


class TestAcceptMany:
    def test_how_many_and_the_least_alike_are_shown_first(self, as_user, ben, to, two_pairs):
        shown = text(as_user(ben).get(to("accept"), {"score": "0.55"}))
        assert "2 pairs score 0.55 or more" in shown
        assert "Merge 2 pairs" in shown
        assert shown.index("0.60 ") < shown.index("0.90 ")
        assert not DuplicateCandidate.objects.exclude(state="waiting").exists()

    def test_all_are_merged_and_all_are_undone(self, as_user, ben, to, review, two_pairs):
        client = as_user(ben)
        page = said(client, client.post(to("accept"), {"score": "0.55", "expected": "2"}))
        assert "2 pairs merged." in page
        assert "Undo all 2" in page
        assert {fresh(candidate).state for candidate in two_pairs} == {"merged"}
        lot = review.events.get(verb="records.merged_above")
        page = said(client, client.post(to("accepted_undo", lot.pk)))
        assert "Undone: 2 pairs wait for a decision again." in page
        assert {fresh(candidate).state for candidate in two_pairs} == {"waiting"}
        assert "there is nothing to undo" in said(client, client.post(to("accepted_undo", lot.pk)))

    @pytest.mark.parametrize(
        ("data", "says"),
        [
            ({"score": "0.55", "expected": "3"}, "There are 2 such pairs by now, not 3"),
            ({"score": "0.55", "expected": "3"}, "Merge 2 pairs"),
            ({"score": "banana"}, "Enter a number"),
            ({"score": "0.99"}, "No waiting pair scores 0.99 or more"),
            ({"score": "0"}, "Give a score above 0"),
        ],
    )
    def test_what_cannot_be_is_said(self, as_user, ben, to, two_pairs, data, says):
        response = as_user(ben).post(to("accept"), data)
        assert response.status_code == 422
        assert says in text(response)
        assert not DuplicateCandidate.objects.exclude(state="waiting").exists()

    def test_a_lot_of_another_review_is_not_found(self, as_user, ben, eve, to):
        other = eve.memberships.get().review
        pair(make_record(other), make_record(other))
        lot = merge_all_above(review=other, score=0.5, by=eve)
        assert as_user(ben).post(to("accepted_undo", lot.pk)).status_code == 404


class TestWhoMay:
    GESTURES = ("group_primary", "group_values", "group_dissolve", "split")

    def test_an_observer_looks_and_a_stranger_finds_nothing(
        self, as_user, observer, eve, to, trio, two_pairs
    ):
        for name, *args in (("groups",), ("group", trio[0].pk), ("decided", "linked"), ("decided", "merged")):
            assert as_user(observer).get(to(name, *args)).status_code == 200
            assert as_user(eve).get(to(name, *args)).status_code == 404
        for name in ("duplicates_csv", "duplicates_ris"):
            assert as_user(observer).get(to(name)).status_code == 403
            assert as_user(eve).get(to(name)).status_code == 404
            assert to(name) not in as_user(observer).get(to("decided", "merged")).text
        shown = as_user(observer).get(to("group", trio[0].pk)).content.decode().split("<main")[1]
        assert "<button" not in shown.split("</main>")[0]

    def test_deciding_needs_the_right(self, as_user, observer, eve, to, trio):
        posts = [to(name, trio[1].pk) for name in self.GESTURES]
        posts += [to(name) for name in ("thresholds", "thresholds_trial", "accept", "merge_by_hand")]
        posts += [to("accepted_undo", 1)]
        for address in posts:
            assert as_user(observer).post(address).status_code == 403, address
            assert as_user(eve).post(address).status_code == 404, address
        assert fresh(trio[1]).duplicate_of == trio[0]
