"""A person corrects what a record says: the first text stays, the change is told, nothing is overwritten unseen."""

import pytest
from django.utils import timezone

from records.models import DuplicateCandidate, Record
from records.services import merge, split, undo_import
from records.services.corrections import (
    CannotCorrect,
    ChangedMeanwhile,
    NotInTheReview,
    correct_record,
    restore_original,
)
from records.values import CannotBe, read_values
from tests.factories import make_batch, make_record
from tests.records.conftest import events_of, ris


@pytest.fixture
def record(review):
    return make_record(
        review,
        "A trail of rest",
        authors=["Silva, Ana"],
        year=2019,
        journal="Sleep",
        abstract="First.\nSecond.",
        doi="10.1234/a",
    )


class TestCorrecting:
    def test_the_text_is_replaced_and_the_first_one_kept(self, record, ben):
        after = correct_record(
            record=record, changes={"title": " A trial  of rest ", "year": "2020"}, by=ben, why="Misprint"
        )
        assert (after.title, after.year) == ("A trial of rest", 2020)
        assert after.original == {"title": "A trail of rest", "year": 2019}
        again = correct_record(record=record, changes={"title": "A trial of sleep"}, by=ben)
        assert again.original["title"] == "A trail of rest"

    def test_history_says_who_what_and_why(self, record, ben):
        correct_record(
            record=record, changes={"doi": "https://doi.org/10.1234/B", "year": 2020}, by=ben, why="Misprint."
        )
        (event,) = events_of(record.review, "records.record_corrected")
        assert event.actor == ben
        assert event.sentence == f"corrected the DOI and year of record {record.pk}: Misprint."
        assert event.detail["changes"] == {
            "doi": {"old": "10.1234/a", "new": "10.1234/b"},
            "year": {"old": 2019, "new": 2020},
        }
        assert (event.target_type, event.target_id) == ("records.record", str(record.pk))

    def test_back_to_the_first_value_is_not_corrected_any_more(self, record, ben):
        correct_record(record=record, changes={"year": 2020}, by=ben)
        assert correct_record(record=record, changes={"year": 2019}, by=ben).original == {}

    def test_the_same_value_is_no_correction(self, record, ben):
        with pytest.raises(CannotCorrect, match="says this already"):
            correct_record(
                record=record, changes={"title": "A trail  of rest", "abstract": "First.\r\nSecond."}, by=ben
            )
        assert events_of(record.review, "records.record_corrected") == []

    def test_one_wrong_value_keeps_all_from_being_saved(self, record, ben):
        with pytest.raises(CannotBe, match="DOI: “none” is none") as refusal:
            correct_record(record=record, changes={"year": 2020, "doi": "none"}, by=ben)
        assert refusal.value.field == "doi"
        record.refresh_from_db()
        assert (record.year, record.original) == (2019, {})

    def test_a_record_of_an_undone_import_is_not_corrected(self, record, ana):
        undo_import(batch=record.batch, by=ana)
        with pytest.raises(NotInTheReview, match="its import was undone"):
            correct_record(record=record, changes={"year": 2020}, by=ana)

    def test_an_archived_review_is_not_changed(self, record, ana):
        record.review.archived_at = timezone.now()
        record.review.save()
        with pytest.raises(NotInTheReview, match="archived"):
            correct_record(record=record, changes={"year": 2020}, by=ana)

    def test_a_reason_as_long_as_a_letter_is_refused(self, record, ben):
        with pytest.raises(CannotCorrect, match="at most 500 characters, this has 501"):
            correct_record(record=record, changes={"year": 2020}, by=ben, why="x" * 501)


class TestSomebodyElseMeanwhile:
    def test_what_a_colleague_wrote_is_not_overwritten(self, record, ben, cleo):
        correct_record(record=record, changes={"year": 2020, "journal": "SLEEP"}, by=cleo)
        with pytest.raises(ChangedMeanwhile) as refusal:
            correct_record(
                record=record,
                changes={"year": 2021, "title": "Mine"},
                by=ben,
                seen={"year": 2019, "title": record.title},
            )
        assert refusal.value.status == 409
        assert refusal.value.now == {"year": 2020}
        assert "Year says “2020” now, you wrote “2021”" in str(refusal.value)
        record.refresh_from_db()
        assert (record.year, record.title) == (2020, "A trail of rest")

    def test_different_fields_do_not_collide(self, record, ben, cleo):
        correct_record(record=record, changes={"year": 2020}, by=cleo, seen={"year": 2019})
        after = correct_record(record=record, changes={"title": "Mine"}, by=ben, seen={"title": record.title})
        assert (after.year, after.title) == (2020, "Mine")

    def test_the_same_answer_twice_is_no_conflict(self, record, ben, cleo):
        correct_record(record=record, changes={"year": 2020}, by=cleo, seen={"year": 2019})
        with pytest.raises(CannotCorrect, match="says this already"):
            correct_record(record=record, changes={"year": 2020}, by=ben, seen={"year": 2019})


class TestRestoring:
    def test_all_or_some_fields_get_their_first_text_back(self, record, ben):
        correct_record(record=record, changes={"year": 2020, "title": "Other", "doi": ""}, by=ben)
        some = restore_original(record=record, fields=["year"], by=ben)
        assert (some.year, some.title) == (2019, "Other")
        whole = restore_original(record=record, by=ben)
        assert (whole.title, whole.doi, whole.original) == ("A trail of rest", "10.1234/a", {})
        sentences = [event.sentence for event in events_of(record.review, "records.record_restored")]
        assert f"gave back its first text to the year of record {record.pk}." in sentences

    @pytest.mark.parametrize("fields", [None, ["year"], ["nonsense"]])
    def test_what_was_never_corrected_cannot_be_restored(self, record, ben, fields):
        with pytest.raises(CannotCorrect, match="there is nothing to restore"):
            restore_original(record=record, fields=fields, by=ben)


class TestGroups:
    @pytest.fixture
    def twins(self, review, record, ana):
        twin = make_record(
            review,
            record.title,
            batch=record.batch,
            authors=["Silva, Ana"],
            year=2019,
            pmid="77",
            abstract="Twin's.",
        )
        merge(review=review, records=[record, twin], primary=record, by=ana)
        record.refresh_from_db()
        twin.refresh_from_db()
        assert record.filled == {"pmid": twin.pk}
        return record, twin

    def test_a_corrected_loan_is_a_loan_no_more(self, twins, ana):
        record, twin = twins
        after = correct_record(record=record, changes={"pmid": "78"}, by=ana)
        assert (after.pmid, after.filled, after.original) == ("78", {}, {"pmid": ""})
        split(record=twin, by=ana)
        record.refresh_from_db()
        assert record.pmid == "78"

    def test_an_emptied_field_is_not_lent_again_until_restored(self, twins, ana):
        record, twin = twins
        assert correct_record(record=record, changes={"pmid": ""}, by=ana).pmid == ""
        after = restore_original(record=record, by=ana)
        assert (after.pmid, after.filled) == ("77", {"pmid": twin.pk})

    def test_a_corrected_lender_lends_the_new_value(self, twins, ana):
        record, twin = twins
        correct_record(record=twin, changes={"pmid": "79"}, by=ana)
        record.refresh_from_db()
        twin.refresh_from_db()
        assert (record.pmid, twin.duplicate_of_id) == ("79", record.pk)


class TestDuplicatesAfterwards:
    def test_a_corrected_record_meets_its_duplicate(self, review, ana, bring_in, work):
        same = {"AU": ["Silva, Ana", "Berg, Bo"], "PY": "2019", "JO": "Sleep", "VL": "3", "SP": "11"}
        bring_in(ris({"TI": "Rest for sleepless adults: a randomised controlled trial"} | same))
        bring_in(ris({"TI": "Nothing alike at all in this heading", "AU": "Kim, K"}), "embase.ris")
        wrong = Record.objects.get(authors=["Kim, K"])
        assert not Record.objects.duplicates().exists()
        correct_record(
            record=wrong,
            by=ana,
            changes={
                "title": "Rest for sleepless adults: a randomised controlled trial",
                "authors": "Silva, Ana\nBerg, Bo",
                "year": 2019,
                "journal": "Sleep",
                "volume": "3",
                "pages": "11",
            },
        )
        work()
        wrong.refresh_from_db()
        assert wrong.duplicate_of is not None
        assert DuplicateCandidate.objects.get().state == "merged"

    def test_a_field_nobody_compares_starts_no_search(self, record, ana):
        correct_record(record=record, changes={"language": "German"}, by=ana)
        assert not record.review.jobs.exists()
        correct_record(record=record, changes={"year": 2001}, by=ana)
        assert [job.task for job in record.review.jobs.all()] == ["records.deduplicate"]


class TestValues:
    @pytest.mark.parametrize(
        ("name", "given", "kept"),
        [
            ("title", "e\u0301tude\u00a0 of\tre\u00adst ", "étude of rest"),
            ("title", "\u0645\u06cc\u200c\u0631\u0648\u0645", "\u0645\u06cc\u200c\u0631\u0648\u0645"),
            ("abstract", "One.\r\n\r\n\r\n\r\nTwo.  \n", "One.\n\nTwo."),
            ("authors", "Silva, Ana\n\n Berg,  Bo \nSilva, Ana", ["Silva, Ana", "Berg, Bo"]),
            ("keywords", ["rest", ""], ["rest"]),
            ("year", "", None),
            ("year", 1999, 1999),
            ("pages", "99 – 110", "99-110"),
            ("doi", "https://doi.org/10.1001/JAMA.2020.1.", "10.1001/jama.2020.1"),
            ("doi", "", ""),
            ("pmid", "PMID: 0123", "123"),
            ("pmcid", "pmc 12345", "PMC12345"),
            ("registry_ids", "ClinicalTrials.gov NCT 01234567\nREG-9", ["NCT01234567", "REG-9"]),
            ("type", "Article", "article"),
            ("url", "https://example.org/a?b=c", "https://example.org/a?b=c"),
            ("issn", "0028-0836", "0028-0836"),
        ],
    )
    def test_each_field_has_one_spelling(self, name, given, kept):
        assert read_values({name: given}) == {name: kept}

    @pytest.mark.parametrize(
        ("name", "given", "said"),
        [
            ("title", "  ", "a record needs one"),
            ("title", "x" * 5001, "at most 5,000"),
            ("title", ["a"], "give one text"),
            ("journal", "x" * 501, "this has 501 characters, at most 500"),
            ("year", "19", "four digits from 1500"),
            ("year", "2999", "is no year of publication"),
            ("year", "２０１９", "is no year of publication"),
            ("doi", "11.1/x", "begins with 10."),
            ("pmid", "123456789", "at most eight digits"),
            ("pmcid", "PMC", "PMC with a number"),
            ("registry_ids", "NCT0123456", "NCT is followed by 8 digits"),
            ("registry_ids", "none yet", "for example NCT01234567"),
            ("type", "Poem", "“poem” is none of article"),
            ("url", "javascript:alert(1)", "begins with https://"),
            ("authors", ["a", 3], "give a list of texts"),
            ("authors", "x" * 501, "write one on each line"),
            ("keywords", [f"k{number}" for number in range(5001)], "at most 5,000 lines"),
            ("raw", "x", "no field “raw”"),
        ],
    )
    def test_what_a_field_cannot_be_is_said(self, name, given, said):
        with pytest.raises(CannotBe) as refusal:
            read_values({name: given})
        assert said in str(refusal.value)


def test_a_correction_costs_the_same_in_a_large_review(review, ana, record, django_assert_max_num_queries):
    with django_assert_max_num_queries(40) as first:
        correct_record(record=record, changes={"year": 2020}, by=ana)
    batch = make_batch(review)
    for _ in range(10):
        make_record(review, batch=batch)
    with django_assert_max_num_queries(len(first)):
        correct_record(record=record, changes={"year": 2021}, by=ana)
