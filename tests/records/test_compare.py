"""Two records side by side: what differs, and what only looks as if it did."""

import pytest

from records.compare import side_by_side
from records.models import Record, Search
from tests.factories import make_batch, make_record, make_search

pytestmark = pytest.mark.django_db


def lines(left: dict, right: dict) -> dict:
    sources = Search(source="MEDLINE", platform="Ovid"), Search(source="Embase")
    records = [Record(search=source, **values) for source, values in zip(sources, (left, right), strict=True)]
    return {line.label: line for line in side_by_side(*records)}


@pytest.mark.parametrize(
    ("field", "left", "right", "label", "differs"),
    [
        ("title", "A trial of rest", "A Trial of Rest.", "Title", False),
        ("title", "A trial of rest", "A trial of unrest", "Title", True),
        ("year", 2018, 2019, "Year", True),
        ("year", 2018, 2018, "Year", False),
        ("pages", "914-924", "914–924", "Pages", False),
        ("pages", "914-924", "914-24", "Pages", True),
        ("doi", "10.1/A", "10.1/a", "DOI", False),
        ("doi", "10.1/a", "", "DOI", False),
        ("authors", ["Silva, A.", "Kim, B."], ["Silva, A", "Kim, B"], "Authors", False),
        ("authors", ["Silva, A.", "Kim, B."], ["Kim, B.", "Silva, A."], "Authors", True),
        ("title", "抑うつの治療", "抑うつの看護", "Title", True),
    ],
)
def test_a_field_differs_when_both_have_it_and_its_letters_or_figures_differ(
    field, left, right, label, differs
):
    assert lines({field: left}, {field: right})[label].differs is differs


def test_the_sources_are_named_and_never_a_difference():
    line = lines({}, {})["Source"]
    assert (line.left, line.right, line.differs) == ("MEDLINE (Ovid)", "Embase", False)


def test_fields_that_neither_has_are_left_out_and_one_sided_ones_stay():
    found = lines({"title": "A", "pmid": "1"}, {"title": "A"})
    assert [*found] == ["Source", "Title", "PMID"]
    assert (found["PMID"].left, found["PMID"].right) == ("1", "")


def test_lists_are_joined():
    assert lines({"authors": ["Silva, A.", "Kim, B."]}, {})["Authors"].left == "Silva, A.; Kim, B."


def test_it_says_what_a_record_is_merged_with(review):
    leader = make_record(review, authors=["Silva, A."], year=2019)
    embase = make_batch(review, make_search(review, "Embase"))
    follower = make_record(review, batch=embase, authors=["Kim, B."], year=2018, duplicate_of=leader)
    alone = make_record(review)
    line = side_by_side(leader, alone)[1]
    assert (line.label, line.left, line.right) == ("Merged with", "Kim 2018, Embase", "")
    assert side_by_side(alone, follower)[1].right == "Silva 2019, MEDLINE"
