"""Two records side by side: what differs, and what only looks as if it did."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.compare import arguments, likeness, merged_with, rows_of, side_by_side
from records.models import DuplicateCandidate, Record
from tests.factories import make_batch, make_record, make_search

pytestmark = pytest.mark.django_db


def lines(left: dict, right: dict) -> dict:
    return {line.label: line for line in side_by_side(Record(**left), Record(**right))}


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


def test_fields_that_neither_has_are_left_out_and_one_sided_ones_stay():
    found = lines({"title": "A", "pmid": "1"}, {"title": "A"})
    assert [*found] == ["Title", "PMID"]
    assert (found["PMID"].left, found["PMID"].right, found["PMID"].kind) == ("1", "", "one")


def test_lists_are_joined():
    assert lines({"authors": ["Silva, A.", "Kim, B."]}, {})["Authors"].left == "Silva, A.; Kim, B."


def test_it_says_what_a_record_is_merged_with(review):
    leader = make_record(review, authors=["Silva, A."], year=2019)
    embase = make_batch(review, make_search(review, "Embase"))
    follower = make_record(review, batch=embase, authors=["Kim, B."], year=2018, duplicate_of=leader)
    alone = make_record(review)
    assert merged_with(leader) == "Kim 2018, Embase"
    assert merged_with(follower) == "Silva 2019, MEDLINE"
    assert merged_with(alone) == ""


def marked(pieces):
    return "".join(f"[{piece.text}]" if piece.differs else piece.text for piece in pieces)


@pytest.mark.parametrize(
    ("left", "right", "shown_left", "shown_right"),
    [
        ("A trial of rest", "A Trial of unrest.", "A trial of [rest]", "A Trial of [unrest.]"),
        ("A trial: part I", "A trial: part II", "A trial: part [I]", "A trial: part [II]"),
        ("Rest", "Rest and sleep in adults", "Rest", "Rest [and sleep in adults]"),
        ("Yoga", "Zinc", "[Yoga]", "[Zinc]"),
        ("Alzheimer\u02bcs rest", "Alzheimer's sleep", "Alzheimer\u02bcs [rest]", "Alzheimer's [sleep]"),
    ],
)
def test_within_a_field_the_words_that_differ_are_marked(left, right, shown_left, shown_right):
    line = lines({"title": left}, {"title": right})["Title"]
    assert (marked(line.left_pieces), marked(line.right_pieces)) == (shown_left, shown_right)


@given(st.text(max_size=80), st.text(max_size=80))
def test_the_pieces_are_the_texts_and_the_same_is_marked_on_neither_side(left, right):
    for line in side_by_side(Record(title=left), Record(title=right)):
        for (text, pieces), whole in zip(line.sides, (left, right), strict=True):
            joined = "".join(piece.text for piece in pieces)
            assert joined == text == whole or joined.split() == whole.split()
        if not line.differs:
            assert not any(piece.differs for piece in (*line.left_pieces, *line.right_pieces))


def test_very_long_texts_are_shown_whole_and_quickly():
    one, other = "word " * 5000, "words " * 5000
    line = lines({"abstract": one}, {"abstract": other})["Abstract"]
    assert (line.differs, marked(line.left_pieces)) == (True, one)


def test_a_group_has_a_row_per_field_that_says_whether_members_differ():
    members = [Record(title="A", year=2018), Record(title="a.", year=2019), Record(title="A", pages="1")]
    rows = {row.name: row for row in rows_of(members)}
    assert [*rows] == ["title", "year", "pages"]
    assert (rows["title"].differs, rows["year"].differs, rows["pages"].differs) == (False, True, False)
    assert [value for _, value in rows["year"].cells] == ["2018", "2019", ""]


def test_score_and_reasons_in_words():
    assert (likeness(0.99), likeness(0.5), likeness(0)) == (
        "almost certainly the same",
        "perhaps the same",
        "hardly the same",
    )
    reasons = [
        "same DOI",
        "titles 80% alike",
        "same DOI but different titles",
        "different pages",
        "years 2 apart",
    ]
    assert arguments(DuplicateCandidate(reasons=reasons)) == (reasons[:2], reasons[2:])
