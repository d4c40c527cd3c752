"""Pairs side by side, the answers, and the lists of what was decided."""

import re

import pytest
from django.urls import reverse

from records.models import Record
from records.services import mark_distinct, merge_candidate
from tests.factories import make_batch, make_record
from tests.records.conftest import pair, said, text, undo

ROW = r'<tr( class="differs")?><th scope="row">(\w+)</th>'


class TestDuplicates:
    def test_two_records_stand_side_by_side_with_what_differs(self, as_user, ben, to, review):
        left = make_record(review, "A trial", doi="10.1/a", year=2018)
        right = make_record(review, "A Trial.", pages="1-9")
        pair(left, right)
        page = as_user(ben).get(to("duplicates"))
        shown = text(page)
        assert "Pair 1 of 1 Score 0.80 same title · same year" in shown
        assert page.content.decode().count('<span class="badge badge-accent">stays</span>') == 1
        rows = {label: differs for differs, label in re.findall(ROW, page.content.decode())}
        assert rows["Year"] == ' class="differs"'
        assert rows["Title"] == "", "capitals and full stops are no difference"

    def test_the_group_that_stays_is_marked(self, as_user, ben, to, review):
        leader, follower = make_record(review), make_record(review)
        merge_candidate(candidate=pair(leader, follower), by=ben, primary=leader)
        pair(follower, make_record(review, abstract="Long", doi="10.1000/full", batch=make_batch(review)))
        assert "its group stays" in text(as_user(ben).get(to("duplicates")))

    @pytest.mark.parametrize(
        ("answer", "state", "kept"),
        [
            ("merge", "merged", None),
            ("left", "merged", 0),
            ("right", "merged", 1),
            ("distinct", "distinct", None),
        ],
    )
    def test_each_answer_does_what_it_says_and_can_be_undone(
        self, as_user, ben, to, two_pairs, answer, state, kept
    ):
        first, client = two_pairs[0], as_user(ben)
        response = client.post(to("duplicate_decide", first.pk), {"answer": answer})
        assert response.url == to("duplicates") + f"?decided={first.pk}"
        first.refresh_from_db()
        assert (first.state, first.decided_by) == (state, ben)
        if kept is not None:
            assert first.records[kept].duplicate_of is None
            assert first.records[1 - kept].duplicate_of == first.records[kept]
        page = client.get(response.url)
        assert (
            f"{first.left.citation} and {first.right.citation}: {'merged' if state == 'merged' else 'not'}"
            in text(page)
        )
        assert to("duplicate_reopen", first.pk) in page.content.decode()
        assert "Pair 1 of 1" in text(page)
        client.post(to("duplicate_reopen", first.pk))
        first.refresh_from_db()
        assert (first.state, first.left.duplicate_of, first.right.duplicate_of) == ("waiting", None, None)

    def test_a_decision_of_somebody_else_is_not_offered_for_undo(self, as_user, ana, ben, to, two_pairs):
        mark_distinct(candidate=two_pairs[0], by=ana)
        page = as_user(ben).get(to("duplicates") + f"?decided={two_pairs[0].pk}")
        assert to("duplicate_reopen", two_pairs[0].pk) not in page.content.decode()

    @pytest.mark.parametrize("answer", ["", "banana", "MERGE"])
    def test_nonsense_decides_nothing(self, as_user, ben, to, two_pairs, answer):
        client = as_user(ben)
        response = client.post(to("duplicate_decide", two_pairs[0].pk), {"answer": answer})
        assert "Say whether the two are the same work" in said(client, response)
        two_pairs[0].refresh_from_db()
        assert two_pairs[0].state == "waiting"

    def test_one_decided_meanwhile_is_said(self, as_user, ana, ben, to, two_pairs):
        mark_distinct(candidate=two_pairs[0], by=ana)
        client = as_user(ben)
        response = client.post(to("duplicate_decide", two_pairs[0].pk), {"answer": "merge"})
        assert "This pair was told apart meanwhile." in said(client, response)

    def test_skipping_goes_on_and_stays_skipped_after_a_decision(self, as_user, ben, to, review, two_pairs):
        third = pair(make_record(review), make_record(review), score=0.5)
        client = as_user(ben)
        page = client.get(to("duplicates") + f"?after={two_pairs[0].pk}")
        assert "Pair 2 of 3" in text(page)
        assert f'name="after" value="{two_pairs[0].pk}"' in page.content.decode()
        response = client.post(
            to("duplicate_decide", two_pairs[1].pk), {"answer": "distinct", "after": two_pairs[0].pk}
        )
        assert to("duplicate_decide", third.pk) in client.get(response.url).content.decode()
        end = client.get(to("duplicates") + f"?after={third.pk}")
        assert "2 pairs were skipped and still wait for a decision." in text(end)

    @pytest.mark.parametrize("place", ["²", "-1", "9" * 5000, "x", "1,2", "%00", "0"])
    def test_a_nonsense_place_is_the_beginning(self, as_user, ben, to, two_pairs, place):
        page = as_user(ben).get(f"{to('duplicates')}?after={place}&decided={place}")
        assert page.status_code == 200
        assert "Pair 1 of 2" in text(page)

    def test_an_observer_looks_and_skips_but_does_not_decide(self, as_user, observer, to, two_pairs):
        page = as_user(observer).get(to("duplicates"))
        assert "Your role does not decide on duplicates." in text(page)
        assert "<button" not in page.content.decode().split('id="pair"')[1].split("</main>")[0]
        assert "Skip" in text(page)

    def test_without_a_pair_it_says_so(self, as_user, ben, to):
        assert "No pair waits for a decision" in text(as_user(ben).get(to("duplicates")))

    def test_pairs_of_an_undone_import_are_asked_no_more(self, as_user, ana, to, two_pairs):
        undo(two_pairs[0].left.batch, by=ana)
        assert "No pair waits for a decision" in text(as_user(ana).get(to("duplicates")))

    def test_many_waiting_pairs_cost_no_more_queries(
        self, as_user, ben, to, review, two_pairs, django_assert_max_num_queries
    ):
        client = as_user(ben)
        client.get(to("duplicates"))
        with django_assert_max_num_queries(12) as first:
            client.get(to("duplicates"))
        for _ in range(10):
            pair(make_record(review), make_record(review))
        with django_assert_max_num_queries(len(first)):
            assert "Pair 1 of 12" in text(client.get(to("duplicates")))

    def test_search_again_leads_to_its_job(self, as_user, ben, to, review):
        response = as_user(ben).post(to("find_duplicates"))
        job = review.jobs.get()
        assert (job.task, job.requested_by) == ("records.deduplicate", ben)
        assert response.url == reverse("reviews:job", args=[review.slug, job.pk])


class TestDecided:
    def test_merged_pairs_show_why_by_whom_and_which_stayed(self, as_user, ana, ben, to, two_pairs):
        kept = merge_candidate(candidate=two_pairs[0], by=ana, primary=two_pairs[0].left)
        page = text(as_user(ben).get(to("decided", "merged")))
        assert f"{kept.citation} A trial MEDLINE · kept" in page
        assert "same title · same year 0.90 Ana" in page
        assert "1 duplicate record removed so far." in page

    def test_automatic_ones_and_undone_imports_are_marked(self, as_user, ben, ana, to, review):
        left, right = make_record(review), make_record(review, batch=make_batch(review))
        pair(left, right, state="merged", automatic=True)
        Record.objects.filter(pk=right.pk).update(duplicate_of=left)
        undo(right.batch, by=ana)
        page = text(as_user(ben).get(to("decided", "merged")))
        assert "its import was undone" in page
        assert " Rule " in page

    def test_empty_lists_say_what_will_be_there(self, as_user, ben, to):
        for state in ("merged", "distinct"):
            assert "Nothing here yet" in text(as_user(ben).get(to("decided", state)))
        assert as_user(ben).get(to("decided", "merged").replace("merged", "waiting")).status_code == 404

    def test_a_pair_that_waits_cannot_be_undone(self, as_user, ben, to, two_pairs):
        client = as_user(ben)
        response = client.post(to("duplicate_reopen", two_pairs[0].pk))
        assert "there is nothing to undo" in said(client, response)

    def test_a_record_is_taken_out_of_its_group(self, as_user, ben, to, two_pairs):
        first = two_pairs[0]
        merge_candidate(candidate=first, by=ben, primary=first.left)
        client = as_user(ben)
        page = said(client, client.post(to("split", first.right_id)))
        assert f"{first.right.citation} stands for itself again." in page
        response = client.post(to("split", first.right_id))
        assert "is not marked as a duplicate" in said(client, response)

    def test_the_ledger_is_a_csv(self, as_user, ben, to, review, two_pairs):
        first = two_pairs[0]
        merge_candidate(candidate=first, by=ben, primary=first.left)
        client = as_user(ben)
        assert to("duplicates_csv") in client.get(to("decided", "merged")).content.decode()
        download = client.get(to("duplicates_csv"))
        header, row, end = download.getvalue().decode().split("\r\n")
        assert header.startswith(
            "\ufeffkept_id,removed_id,matched_with_id,score,rule,reasons,decided,decided_by"
        )
        assert row.startswith(
            f"{first.left_id},{first.right_id},{first.left_id},0.9,title and year,same title; same year,human,Ben,20"
        )
        assert end == ""

    def test_ten_more_pairs_cost_no_more_queries(
        self, as_user, ben, to, review, django_assert_max_num_queries
    ):
        def decide():
            mark_distinct(candidate=pair(make_record(review), make_record(review)), by=ben)

        decide()
        client = as_user(ben)
        client.get(to("decided", "distinct"))
        with django_assert_max_num_queries(12) as first:
            client.get(to("decided", "distinct"))
        for _ in range(10):
            decide()
        with django_assert_max_num_queries(len(first)):
            assert client.get(to("decided", "distinct")).content.decode().count("Undo:") == 11
