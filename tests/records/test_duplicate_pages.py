"""Pairs side by side, the answers, and the lists of what was decided."""

import re

import pytest
from django.urls import reverse

from records import services
from records.models import DuplicateCandidate, Record
from records.services import groups, mark_distinct, merge_all_above, merge_candidate
from tests.factories import make_batch, make_record, make_search
from tests.records.conftest import pair, said, text, undo

ROW = r'<tr class="(\w+)[^"]*"><th scope="row">(\w+)</th>'


class TestDuplicates:
    def test_two_records_stand_side_by_side_with_what_differs(self, as_user, ben, to, review):
        left = make_record(review, "A trial", doi="10.1/a", year=2018)
        right = make_record(review, "A Trial.", pages="1-9")
        pair(left, right, reasons=["same title", "different DOIs", "same year"])
        page = as_user(ben).get(to("duplicates"))
        shown = text(page)
        assert "Pair 1 of 1 Likely the same, score 0.80" in shown
        assert "Speaks for it same title · same year" in shown
        assert "Speaks against different DOIs" in shown
        assert page.content.decode().count('<span class="badge badge-accent">stays</span>') == 1
        rows = {label: kind for kind, label in re.findall(ROW, page.content.decode())}
        assert rows["Year"] == "differs"
        assert rows["Title"] == "agrees", "capitals and full stops are no difference"
        assert (rows["Pages"], rows["DOI"]) == ("one", "one")
        assert page.content.decode().count("<mark>") == 4, "year and authors on both sides"
        assert "https://doi.org/10.1/a" in page.content.decode()
        assert f"MEDLINE {left.batch.file_name} · record {left.pk}" in shown

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
            ("linked", "linked", None),
        ],
    )
    def test_each_answer_does_what_it_says_and_can_be_undone(
        self, as_user, ben, to, two_pairs, answer, state, kept
    ):
        first, client = two_pairs[0], as_user(ben)
        response = client.post(to("duplicate_decide", first.pk), {"answer": answer})
        assert response.url == to("duplicates")
        first.refresh_from_db()
        assert (first.state, first.decided_by) == (state, ben)
        if kept is not None:
            assert first.records[kept].duplicate_of is None
            assert first.records[1 - kept].duplicate_of == first.records[kept]
        page = client.get(response.url)
        said_so = {"merged": "merged", "distinct": "not a duplicate", "linked": "two reports of one study"}
        if state == "merged":
            first.left.refresh_from_db()
            stays = first.left.duplicate_of or first.left
            said_so["merged"] = f"merged; {stays.citation} ({stays.search}) stays"
        assert f"{first.left.citation} and {first.right.citation}: {said_so[state]}." in text(page)
        assert to("duplicate_reopen", first.pk) in page.content.decode()
        assert "Pair 1 of 1" in text(page)
        client.post(to("duplicate_reopen", first.pk))
        first.refresh_from_db()
        assert (first.state, first.left.duplicate_of, first.right.duplicate_of) == ("waiting", None, None)

    def test_what_was_undone_is_named_and_an_older_decision_is_offered_quietly(
        self, as_user, ben, to, two_pairs
    ):
        older, newer = two_pairs
        client, htmx = as_user(ben), {"HX-Request": "true"}
        client.post(to("duplicate_decide", older.pk), {"answer": "distinct"})
        shown = client.post(to("duplicate_decide", newer.pk), {"answer": "merge"}, headers=htmx).text
        assert "note-success" in shown
        shown = client.post(to("duplicate_reopen", newer.pk), headers=htmx).text
        assert (
            f"<p>Undone: {newer.left.citation} and {newer.right.citation} wait for a decision again.</p>"
            in shown
        )
        assert "note-success" not in shown
        assert "Earlier, " in shown
        assert to("duplicate_reopen", older.pk) in shown

    def test_a_gesture_on_several_pairs_is_not_undone_by_a_part(self, as_user, ben, to, review, three):
        a, b, c = three
        merge_candidate(candidate=pair(a, b, score=0.9), by=ben)
        merge_candidate(candidate=pair(b, c), by=ben)
        a.refresh_from_db()
        services.split(record=Record.objects.get(pk=c.pk), by=ben)
        split_off = review.duplicate_candidates.filter(state="distinct")
        assert len({pair.decided_at for pair in split_off}) == 1 < len(split_off)
        shown = as_user(ben).get(to("duplicates")).text
        assert not any(to("duplicate_reopen", pair.pk) in shown for pair in split_off)

    def test_a_merge_that_settles_other_questions_says_so(self, as_user, ben, to, review, three):
        a, b, c = three
        first = pair(a, b, score=0.9)
        pair(b, c, score=0.8)
        pair(a, c, score=0.7)
        page = as_user(ben).post(
            to("duplicate_decide", first.pk), {"answer": "merge"}, headers={"HX-Request": "true"}
        )
        assert "1 other question was settled by it." in text(page)

    def test_a_decision_of_somebody_else_is_not_offered_for_undo(self, as_user, ana, ben, to, two_pairs):
        mark_distinct(candidate=two_pairs[0], by=ana)
        page = as_user(ben).get(to("duplicates"))
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
        page = as_user(ben).get(f"{to('duplicates')}?after={place}&before={place}&at={place}")
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
        with django_assert_max_num_queries(22) as first:
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


class TestInPlace:
    """htmx: the answer to a gesture is the next pair, with the address at which one comes back to it."""

    HTMX = {"HTTP_HX_REQUEST": "true"}

    def test_a_decision_is_answered_with_the_next_pair(self, as_user, ben, to, two_pairs):
        first, second = two_pairs
        response = as_user(ben).post(to("duplicate_decide", first.pk), {"answer": "distinct"}, **self.HTMX)
        assert response.status_code == 200
        assert "<html" not in response.content.decode()
        assert to("duplicate_decide", second.pk) in response.content.decode()
        assert response["HX-Replace-Url"] == to("duplicates") + f"?at={second.pk}"
        shown = text(response)
        assert "Pair 1 of 1" in shown
        assert "Not a duplicate. 1 left." in shown
        assert "Not duplicates 1" in shown, "the tabs count along"

    def test_the_last_one_is_answered_with_the_end(self, as_user, ben, to, two_pairs):
        client = as_user(ben)
        for candidate in two_pairs:
            response = client.post(to("duplicate_decide", candidate.pk), {"answer": "merge"}, **self.HTMX)
        assert "No pair waits for a decision" in text(response)

    def test_undo_shows_the_pair_again(self, as_user, ben, to, two_pairs):
        client, (first, _) = as_user(ben), two_pairs
        client.post(to("duplicate_decide", first.pk), {"answer": "merge"}, **self.HTMX)
        response = client.post(to("duplicate_reopen", first.pk), **self.HTMX)
        assert to("duplicate_decide", first.pk) in response.content.decode()
        assert "Pair 1 of 2" in text(response)
        assert "opened again by a person" in text(response)

    def test_decided_meanwhile_it_says_so_and_goes_on(self, as_user, ana, ben, to, two_pairs):
        first, second = two_pairs
        mark_distinct(candidate=first, by=ana)
        response = as_user(ben).post(to("duplicate_decide", first.pk), {"answer": "merge"}, **self.HTMX)
        assert response.status_code == 409
        assert "This pair was told apart meanwhile." in text(response)
        assert to("duplicate_decide", second.pk) in response.content.decode()

    def test_what_cannot_be_is_said_on_the_same_pair(self, as_user, ana, ben, to, review, three):
        a, b, c = three
        mark_distinct(candidate=pair(a, b, score=0.2), by=ana)
        merge_candidate(candidate=pair(a, c), by=ana)
        third, other = pair(b, c), pair(make_record(review), make_record(review), score=0.7)
        response = as_user(ben).post(to("duplicate_decide", third.pk), {"answer": "merge"}, **self.HTMX)
        assert response.status_code == 422
        assert "were told apart by Ana" in text(response)
        assert to("duplicate_decide", other.pk) in response.content.decode(), "it is asked no more"

    def test_one_goes_back_and_on(self, as_user, ben, to, review, two_pairs):
        first, second = two_pairs
        client = as_user(ben)
        back = client.get(to("duplicates") + f"?before={second.pk}", **self.HTMX)
        assert to("duplicate_decide", first.pk) in back.content.decode()
        assert "before=" not in back.content.decode()
        on = client.get(to("duplicates") + f"?at={second.pk}")
        assert "Pair 2 of 2" in text(on)
        assert f"?before={second.pk}" in on.content.decode()
        mark_distinct(candidate=first, by=ben)
        gone = client.get(to("duplicates") + f"?at={first.pk}")
        assert "Pair 1 of 1" in text(gone), "the one behind the pair that is gone"

    def test_what_was_last_is_offered_for_undo_until_another_is(self, as_user, ben, ana, to, two_pairs):
        client, (first, second) = as_user(ben), two_pairs
        mark_distinct(candidate=first, by=ben)
        mark_distinct(candidate=second, by=ben)
        assert to("duplicate_reopen", second.pk) in client.get(to("duplicates")).content.decode()
        client.post(to("duplicate_reopen", second.pk))
        assert to("duplicate_reopen", first.pk) in client.get(to("duplicates")).content.decode()

    def test_of_many_at_once_none_is_offered_alone(self, as_user, ben, to, review, two_pairs):
        merge_all_above(review=review, score=0.5, by=ben)
        assert "/reopen/" not in as_user(ben).get(to("duplicates")).content.decode()


class TestWords:
    def test_what_was_done_with_the_records_and_the_rule_for_votes_are_shown(
        self, as_user, ben, to, two_pairs, monkeypatch
    ):
        first, second = two_pairs
        told = {first.left_id: "2 votes", second.left_id: "a PDF"}
        monkeypatch.setattr(groups, "WORDS_ABOUT", [lambda ids: {pk: told[pk] for pk in ids if pk in told}])
        client = as_user(ben)
        shown = text(client.get(to("duplicates")))
        assert "2 votes" in shown
        assert "Votes stay with the record they were cast on" in shown
        merge_candidate(candidate=first, by=ben)
        shown = text(client.get(to("duplicates")))
        assert "People worked on one of them already. Votes stay with the record they were cast on" in shown
        shown = text(client.get(to("decided", "merged")))
        assert "2 votes" in shown
        assert "Votes stay with the record they were cast on" in shown
        shown = text(client.get(to("group", first.right_id), follow=True))
        assert "2 votes" in shown
        assert "Votes stay with the record they were cast on" in shown


class TestDecided:
    def test_the_lists_are_filtered(self, as_user, ana, ben, to, review, two_pairs):
        embase = make_batch(review, make_search(review, "Embase"))
        lone = pair(make_record(review, "Zinc"), make_record(review, "Zinc!", batch=embase), score=0.55)
        for candidate in (*two_pairs, lone):
            merge_candidate(candidate=candidate, by=ana)
        DuplicateCandidate.objects.filter(pk=two_pairs[1].pk).update(automatic=True)
        client = as_user(ben)

        def shown(**query):
            page = client.get(to("decided", "merged"), query)
            shown = page.content.decode()
            return {pk for pk in (first, second, third) if to("duplicate_reopen", pk) in shown}

        first, second, third = (candidate.pk for candidate in (*two_pairs, lone))
        assert shown() == {first, second, third}
        assert shown(q="zinc") == {third}
        assert shown(source=embase.search_id) == {third}
        assert shown(decided="automatic") == {second}
        assert shown(decided="by_hand") == {first, third}
        assert shown(score_from="0.7") == {first}
        DuplicateCandidate.objects.filter(pk=first).update(score=0.869)  # reads 0.87
        assert shown(score_from="0.87") == {first}
        assert first not in shown(score_to="0.86")
        assert first in shown(score_to="0.87")
        assert shown(score_to="0.58") == {third}
        assert shown(score_to="banana") == {first, second, third}
        assert "No pair matches" in text(client.get(to("decided", "merged"), {"q": "nothing"}))
        rows = client.get(to("duplicates_csv"), {"q": "zinc"}).getvalue().decode().strip().split("\r\n")
        assert len(rows) == 2
        exported = client.get(to("duplicates_ris"), {"q": "zinc"}).getvalue().decode()
        assert exported.count("TY  - ") == 1
        assert "TI  - Zinc" in exported
        assert client.get(to("duplicates_ris")).getvalue().decode().count("TY  - ") == 3

    def test_a_cell_that_a_spreadsheet_would_run_is_harmless_in_the_csv(self, as_user, ben, to, review):
        merge_candidate(candidate=pair(make_record(review, "=1+1"), make_record(review, "=1+1")), by=ben)
        assert "'=1+1" in as_user(ben).get(to("duplicates_csv")).getvalue().decode()

    def test_undo_in_a_list_goes_back_to_it(self, as_user, ben, to, two_pairs):
        mark_distinct(candidate=two_pairs[0], by=ben)
        response = as_user(ben).post(to("duplicate_reopen", two_pairs[0].pk), {"back": "distinct"})
        assert response.url == to("decided", "distinct")

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
        for state in ("merged", "distinct", "linked"):
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
        assert f"{first.right.citation} (record {first.right_id}) stands for itself again." in page
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
        with django_assert_max_num_queries(16) as first:
            client.get(to("decided", "distinct"))
        for _ in range(10):
            decide()
        with django_assert_max_num_queries(len(first)):
            assert client.get(to("decided", "distinct")).content.decode().count("Undo:") == 11
