"""The searches as a report prints them, with every item of PRISMA-S."""

import pytest

from records.appendix import Appendix
from records.models import Search, SearchReport
from records.services import SearchRefused, amend_search, describe_searching, merge_candidate
from tests.factories import make_batch, make_record, make_search
from tests.records.conftest import events_of, pair, text

WORDS = {"contacts": "No authors were asked.", "peer_review": "PRESS, by a second librarian."}


def item(review, name):
    return next(item for item in Appendix(review).items if item.name == name)


class TestWriting:
    def test_it_is_kept_with_old_and_new_in_the_history(self, review, ana, ben):
        describe_searching(review=review, by=ana, values=WORDS)
        report = describe_searching(review=review, by=ben, values={"contacts": "Two authors were asked. "})
        assert (report.contacts, report.peer_review, report.updated_by) == (
            "Two authors were asked.",
            WORDS["peer_review"],
            ben,
        )
        last = events_of(review, "records.searching_described")[0]
        assert last.detail["changes"] == {
            "contacts": {"old": "No authors were asked.", "new": "Two authors were asked."}
        }
        assert SearchReport.objects.count() == 1

    def test_the_same_again_writes_nothing(self, review, ana):
        describe_searching(review=review, by=ana, values=WORDS)
        describe_searching(review=review, by=ana, values=WORDS)
        assert len(events_of(review, "records.searching_described")) == 1

    @pytest.mark.parametrize(
        ("values", "says"),
        [({"moon": "full"}, "“moon” is not part of it"), ({"contacts": "x" * 100_001}, "at most")],
    )
    def test_nonsense_is_refused(self, review, ana, values, says):
        with pytest.raises(SearchRefused, match=says):
            describe_searching(review=review, by=ana, values=values)
        assert not SearchReport.objects.exists()


class TestItems:
    def test_there_are_sixteen_in_their_order(self, review):
        items = Appendix(review).items
        assert [one.number for one in items] == list(range(1, 17))
        assert [one.name for one in items][::5] == [
            "Database name",
            "Contacts",
            "Prior work",
            "De-duplication",
        ]

    def test_an_empty_review_says_what_is_lacking(self, review):
        assert {one.name for one in Appendix(review).lacking} == {
            "Database name",
            "Contacts",
            "Full search strategies",
            "Limits and restrictions",
            "Prior work",
            "Updates",
            "Dates of searches",
            "Peer review",
            "Total records",
        }

    def test_a_review_that_says_everything_lacks_nothing(self, review, ana):
        search = make_search(review, platform="Ovid", hits_reported=1, query="1 rest", limits="None")
        amend_search(search=search, by=ana, changes={"searched_on": "2024-01-02", "filters": "None"})
        values = dict.fromkeys(("contacts", "other_methods", "prior_work", "updates", "peer_review"), "None.")
        describe_searching(review=review, by=ana, values=values)
        assert Appendix(type(review).objects.get()).lacking == []

    def test_sources_are_told_by_their_kind(self, review):
        for kind in Search.SourceType.values:
            make_search(review, f"A {kind}", source_type=kind)
        assert "A register." in item(review, "Study registries").said
        assert "A website, A organisation." in item(review, "Online resources and browsing").said
        assert item(review, "Citation searching").lacking, "it is not said how"
        assert "A other." in item(review, "Other methods").said

    def test_counts_are_those_of_the_review(self, review, ana):
        left = make_record(review, "A trial")
        right = make_record(review, "A trial", batch=make_batch(review, make_search(review, "Embase")))
        merge_candidate(candidate=pair(left, right), by=ana, primary=left)
        appendix = Appendix(review)
        assert [(source.imported, source.left) for source in appendix.sources] == [(1, 1), (1, 0)]
        assert "0 pairs were merged by rule, 1 by a person" in item(review, "De-duplication").said
        assert "1 duplicate record" in item(review, "De-duplication").said

    def test_hits_are_compared(self, review):
        make_search(review, hits_reported=5)
        make_record(review)
        assert Appendix(review).sources[0].difference == "4 fewer than the source reported"


class TestFile:
    def test_it_holds_the_strategy_as_it_was_typed(self, review):
        make_search(review, "Embase|x", query="1 exp *rest*/\n2 | and #1", hits_reported=1234)
        file = Appendix(review).markdown()
        assert "## Embase\\|x\n" in file
        assert "    1 exp *rest*/\n    2 | and #1\n" in file
        assert "- Hits reported: 1,234" in file
        assert file.count("\n| ") == 2 + 1, "the head, one source, the total"
        assert file.rstrip().splitlines()[-1].startswith("16. De-duplication")


class TestPages:
    def test_every_member_may_read_and_take_it(self, as_user, observer, to, review):
        make_search(review, query="depress* <b>")
        page = as_user(observer).get(to("search_report"))
        assert "depress* &lt;b&gt;" in page.content.decode()
        assert "Write" not in text(page).split("History")[1].split("MEDLINE")[0]
        file = as_user(observer).get(to("search_report_file"))
        assert file["Content-Type"] == "text/markdown; charset=utf-8"
        assert f"{review.slug}_searches.md" in file["Content-Disposition"]
        assert "depress*" in file.content.decode()

    def test_a_librarian_writes(self, as_user, librarian, to, review):
        client = as_user(librarian)
        response = client.post(to("search_report_edit"), WORDS)
        assert response.url == to("search_report")
        assert "No authors were asked." in text(client.get(to("search_report")))
        assert "No authors were asked." in client.get(to("search_report_edit")).content.decode()
        assert client.post(to("search_report_edit"), {"contacts": "x" * 100_001}).status_code == 422

    def test_ten_more_sources_cost_no_more_queries(
        self, as_user, ana, to, review, django_assert_max_num_queries
    ):
        make_search(review)
        client = as_user(ana)
        client.get(to("search_report"))
        with django_assert_max_num_queries(12) as first:
            client.get(to("search_report"))
        for number in range(10):
            make_search(review, f"Source {number}")
        with django_assert_max_num_queries(len(first)):
            client.get(to("search_report"))
