"""Searches are described once, and amended with their old values in the history."""

import pytest
from django.utils import timezone

from records.services import SearchExists, SearchRefused, add_search, amend_search
from tests.factories import make_search
from tests.records.conftest import events_of


def test_a_search_is_described_with_a_line_in_the_history(review, ana):
    search = add_search(review=review, source=" MEDLINE ", platform="Ovid", by=ana, hits_reported=12)
    assert (search.source, search.created_by, search.hits_reported) == ("MEDLINE", ana, 12)
    assert events_of(review, "records.search_added")[0].sentence == "added the search of MEDLINE (Ovid)."


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"source": "  "}, "source"),
        ({"source": "x" * 121}, "source"),
        ({"source": "CINAHL", "source_type": "oracle"}, "source_type"),
        ({"source": "CINAHL", "hits_reported": -1}, "hits_reported"),
        ({"source": "medline"}, "source"),
    ],
)
def test_nonsense_is_refused_and_names_the_field(review, ana, search, fields, field):
    with pytest.raises(SearchRefused) as refusal:
        add_search(review=review, by=ana, **fields)
    assert refusal.value.field == field
    assert review.searches.count() == 1
    assert events_of(review, "records.search_added") == []


def test_an_amendment_keeps_the_old_values_in_the_history(review, ana, search):
    changes = {
        "query": " depress*\nAND therapy ",
        "searched_on": timezone.now().date(),
        "source": "MEDLINE",
    }
    search = amend_search(search=search, by=ana, changes=changes)
    assert search.query == "depress*\nAND therapy"
    event = events_of(review, "records.search_amended")[0]
    assert event.detail == {
        "changes": {
            "query": {"old": "", "new": "depress*\nAND therapy"},
            "searched_on": {"old": None, "new": changes["searched_on"].isoformat()},
        }
    }


def test_an_amendment_that_changes_nothing_is_no_event(review, ana, search):
    amend_search(search=search, by=ana, changes={"source": "MEDLINE "})
    assert events_of(review, "records.search_amended") == []


def test_an_amendment_cannot_make_two_of_one(review, ana, search):
    other = make_search(review, "Embase")
    with pytest.raises(SearchExists, match="already has a search of Medline"):
        amend_search(search=other, by=ana, changes={"source": "Medline"})
    other.refresh_from_db()
    assert other.source == "Embase"
