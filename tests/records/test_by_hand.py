"""Adding a record that no export holds."""

import pytest

from records.lookalikes import known_as
from records.models import ImportBatch, Record
from records.services import (
    CannotRead,
    KnownAlready,
    SearchRefused,
    add_record,
    read_reference,
    undo_import,
    what_undo_loses,
)
from records.values import CannotBe
from reviews.errors import Conflict
from tests.factories import make_batch, make_record, make_search
from tests.records.conftest import events_of, ris

TRIAL = {"title": "Rest for sleepless adults: a randomised trial", "doi": "10.1234/abc", "year": "2019"}


def test_it_is_in_the_review_at_once_under_its_source(review, ana):
    record = add_record(
        review=review, values=TRIAL, by=ana, new_search={"source": "WHO website", "source_type": "website"}
    )
    assert list(Record.objects.unique()) == [record]
    assert (record.search.source, record.search.source_type) == ("WHO website", "website")
    assert (record.batch.format, record.batch.sha256, record.batch.state) == ("manual", "", "done")
    assert (record.year, record.doi, record.original) == (2019, "10.1234/abc", {})
    (event,) = events_of(review, "records.record_added")
    assert event.sentence == (
        f"added record {record.pk} ({record.citation}) by hand, found through WHO website."
    )
    assert [job.task for job in review.jobs.all()] == ["records.deduplicate"]


def test_a_pasted_entry_keeps_its_text_and_unknown_tags(review, ana, search):
    entry = "TY  - JOUR\nTI  - A trial\nUR  - www.example.org\nXX  - odd\nER  - "
    record = add_record(review=review, search=search, values={"year": "2001"}, by=ana, pasted=entry)
    assert (record.title, record.year, record.extra["XX"]) == ("A trial", 2001, ["odd"])
    assert "XX  - odd" in record.raw


def test_several_in_one_search_and_one_taken_out(review, ana, search):
    first = add_record(review=review, search=search, values={"title": "A first trial"}, by=ana)
    second = add_record(review=review, search=search, values={"title": "Another study"}, by=ana)
    undoing = what_undo_loses(first.batch)
    assert undoing.records == 1
    undo_import(batch=first.batch, by=ana, confirm=undoing.confirm)
    assert list(Record.objects.live()) == [second]
    assert Record.objects.count() == 2


def test_one_added_later_does_not_take_the_lead_from_a_screened_record(review, ana, bring_in, work):
    entry = {
        "TI": TRIAL["title"],
        "AU": ["Silva, Ana", "Berg, Bo"],
        "PY": "2019",
        "DO": "10.1234/abc",
        "JO": "Sleep",
    }
    site = make_search(review, "Website", source_type="website")
    add_record(review=review, search=site, values={"title": "Something else altogether"}, by=ana)
    work()
    bring_in(ris(entry))
    imported = Record.objects.get(doi="10.1234/abc")
    added = add_record(
        review=review,
        search=site,
        values=TRIAL | {"authors": "Silva, Ana\nBerg, Bo", "journal": "Sleep", "abstract": "Whole."},
        by=ana,
        anyway=True,
    )
    work()
    added.refresh_from_db()
    assert added.duplicate_of == imported


class TestWhatIsKnownAlready:
    @pytest.fixture
    def there(self, review):
        return make_record(review, TRIAL["title"], doi="10.1234/abc", pmid="77", pmcid="PMC7777")

    @pytest.mark.parametrize(
        "values",
        [
            {"title": "Other", "doi": "https://doi.org/10.1234/ABC"},
            {"title": "Other", "pmid": "PMID 77"},
            {"title": "Other", "pmcid": "pmc 7777"},
            {"title": "REST for sleepless adults – a randomised trial."},
        ],
    )
    def test_it_is_shown_before_anything_is_added(self, review, ana, there, search, values):
        with pytest.raises(KnownAlready) as refusal:
            add_record(review=review, search=search, values=values, by=ana)
        assert refusal.value.records == [there]
        assert f"record {there.pk}" in str(refusal.value)
        assert list(Record.objects.all()) == [there]

    def test_and_added_when_that_is_meant(self, review, ana, there, search):
        add_record(review=review, search=search, values=TRIAL, by=ana, anyway=True)
        assert Record.objects.count() == 2

    def test_generic_titles_and_records_that_left_are_no_hindrance(self, review, ana, there, search):
        make_record(review, "Editorial", batch=there.batch)
        add_record(review=review, search=search, values={"title": "Editorial"}, by=ana)
        ImportBatch.objects.filter(pk=there.batch_id).update(state="undone")
        add_record(review=review, search=search, values=TRIAL, by=ana)

    def test_another_reviews_records_are_not_told_of(self, eve, review, ana, search):
        make_record(eve.memberships.get().review, TRIAL["title"], doi=TRIAL["doi"])
        add_record(review=review, search=search, values=TRIAL, by=ana)

    def test_looking_costs_the_same_among_many(self, review, there, django_assert_max_num_queries):
        with django_assert_max_num_queries(5) as first:
            known_as(review, TRIAL)
        batch = make_batch(review)
        for number in range(10):
            make_record(review, f"Rest for sleepless adults, part {number}", batch=batch)
        with django_assert_max_num_queries(len(first)):
            assert known_as(review, TRIAL) == [there]


class TestRefused:
    @pytest.mark.parametrize(
        ("given", "kind", "said"),
        [
            ({"values": {}}, CannotBe, "Title: a record needs one"),
            ({"values": {"title": "A", "year": "soon"}}, CannotBe, "no year of publication"),
            ({"values": {"title": "A", "colour": "red"}}, CannotBe, "no field “colour”"),
            ({"values": {"title": "A"}, "search": None}, SearchRefused, "Source"),
            ({"values": {"title": "A"}, "pasted": "x " * 3000}, CannotRead, "too long for one citation"),
        ],
    )
    def test_nothing_is_half_added(self, review, ana, search, given, kind, said):
        with pytest.raises(kind, match=said):
            add_record(**{"review": review, "search": search, "by": ana} | given)
        assert not Record.objects.exists()
        assert not ImportBatch.objects.exists()

    def test_an_archived_review_takes_nothing_in(self, review, ana, search):
        review.archived_at = search.created_at
        with pytest.raises(Conflict, match="archived"):
            add_record(review=review, search=search, values=TRIAL, by=ana)


def test_a_reference_is_read_into_fields_without_the_blanks():
    assert read_reference("PMID: 31234567") == {"pmid": "31234567"}, "nobody knows its kind"
    with pytest.raises(CannotRead):
        read_reference(" ")
