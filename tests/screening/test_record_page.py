"""What a record's page tells of its identifiers, its group, its corrections, and what it keeps from whom."""

import pytest
from django.urls import reverse

from records import services as records
from records.services import words_about
from screening.models import Intake
from screening.services import begin_intake, carry_out, mark_duplicate
from tests.factories import make_batch, make_record, make_search

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(as_user):
    def read(who, record):
        return as_user(who).get(reverse("screening:record", args=["trd", record.pk])).text

    return read


def test_identifiers_are_links(review, page, ben):
    record = make_record(review, doi="10.1000/a", pmid="12", pmcid="PMC34", registry_ids=["NCT01234567"])
    text = page(ben, record)
    for address in ("doi.org/10.1000/a", "pubmed.ncbi.nlm.nih.gov/12/", "articles/PMC34/", "/NCT01234567"):
        assert address in text, address


def test_a_group_shows_its_sources_and_a_removed_record_who_did_it(review, record, page, ben):
    twin = make_record(review, "The same", batch=make_batch(review, make_search(review, "Embase")))
    mark_duplicate(review=review, record=twin, of=record, by=ben)
    kept, gone = page(ben, record), page(ben, twin)
    assert "Embase" in kept
    assert "by Ben" in gone
    assert "Take it back" in gone
    assert "marked “The same” as a duplicate" in gone


def test_a_correction_shows_the_first_text(review, record, page, ben):
    first = record.title
    records.correct_record(record=record, changes={"title": "Corrected"}, by=ben)
    text = page(ben, record)
    assert "Corrected" in text
    assert first in text


LABELS = {
    "N1": ['RAYYAN-INCLUSION: {"Kim"=>"Included"}', "A plain note"],
    "Included": "1",
    "Notes": "ASReview_relevant",
}


@pytest.fixture
def labelled(review):
    return make_record(
        review,
        "Labelled",
        batch=make_batch(review),
        keywords=["depression", "ASReview_relevant"],
        extra=LABELS,
        earlier=[{"by": "Kim", "decision": "include", "reason": "", "stage": ""}],
    )


def telling(text):
    return [
        word
        for word in ("RAYYAN", "ASReview_relevant", ">Included<", "Kim")
        if word in text.split("<main")[1]
    ]


def test_labels_of_the_file_are_kept_from_those_who_screen(review, labelled, page, as_user, vote, ana, ben):
    """In notes, columns and keywords, on every page and in the queue, before and after something was said of them."""
    places = [
        reverse("screening:record", args=["trd", labelled.pk]),
        reverse("screening:screen_record", args=["trd", "title_abstract", labelled.pk]),
        reverse("screening:screen_duplicate", args=["trd", "title_abstract", labelled.pk]),
    ]
    client = as_user(ben)
    for kind in (None, Intake.Kind.PRIOR):
        if kind:
            begin_intake(review=review, batch=labelled.batch, kind=kind, by=ana)
        for place in places:
            assert telling(client.get(place).text) == [], place
        assert "ASReview" not in client.get("/api/reviews/trd/queue/").content.decode()
    assert "A plain note" in client.get(places[0]).text
    vote(ben, labelled, "exclude")
    shown = client.get(places[0]).text
    assert "Kim" in shown
    assert "RAYYAN" not in shown


def test_what_is_said_to_the_records_room_is_open_anyway(review, record, include, vote, ana, ben, cleo):
    waiting, disputed = make_record(review), make_record(review)
    study = include(record)
    vote(ben, waiting, "include")
    vote(ben, disputed, "include")
    vote(cleo, disputed, "exclude")
    assert words_about([record.pk, waiting.pk, disputed.pk]) == {
        record.pk: "included at title and abstract, included at full text, full text retrieved, "
        f"a report of the study {study}"
    }


def test_citations_of_an_included_record_are_followed_where_the_server_allows_it(
    review, record, page, include, settings, ana, ben
):
    words = "Follow its citations"
    include(record)
    assert words not in page(ana, record)
    settings.NETWORK_IMPORTS = True
    assert words in page(ana, record)
    assert words not in page(ben, record)  # a reviewer imports nothing
    assert words not in page(ana, make_record(review))


def test_what_came_from_before_is_told_with_its_file(review, labelled, page, ana, ben):
    batch = labelled.batch
    carry_out(intake=begin_intake(review=review, batch=batch, kind="excluded", by=ana, why="Version of 2019"))
    text = page(ben, labelled)
    assert "Before this review" in text
    assert "Version of 2019" in text
    other = make_record(
        review, batch=make_batch(review), earlier=[{"by": "Kim", "decision": "include", "stage": ""}]
    )
    people = {"Kim": ben.pk}
    begun = begin_intake(review=review, batch=other.batch, kind="votes", by=ana, people=people)
    carry_out(intake=begun)
    assert f"from {other.batch}" in page(ben, other)
    assert f"from {other.batch}" not in page(ana, other).split('id="votes"')[1]
