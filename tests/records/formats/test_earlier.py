"""Decisions that were taken elsewhere, found in the file."""

import pytest

from records.formats import parse
from records.formats.earlier import find, from_column


def decision(decision, *, by="", reason="", stage=""):
    return {"by": by, "decision": decision, "reason": reason, "stage": stage}


RAYYAN = (
    'Cited By :2 | RAYYAN-INCLUSION: {"Ana"=>"Included", "Ben \\"B\\" Y"=>"Excluded", "C"=>"Maybe"} '
    '| RAYYAN-LABELS: x,y | RAYYAN-EXCLUSION-REASONS: wrong population,no control | USER-NOTES: {"Ana"=>["no"]}'
)
VOTES = [
    decision("include", by="Ana"),
    decision("exclude", by='Ben "B" Y', reason="wrong population, no control"),
    decision("maybe", by="C"),
]


class TestRayyan:
    def test_votes_by_person_with_the_reasons_of_exclusions(self):
        assert find({"notes": [RAYYAN]}) == VOTES

    def test_a_record_nobody_voted_on(self):
        assert find({"notes": ["RAYYAN-INCLUSION: {} | RAYYAN-LABELS: x"]}) == []

    def test_labels_that_look_like_votes_are_none(self):
        assert find({"notes": ['RAYYAN-LABELS: a | USER-NOTES: {"Ana"=>["Included"]}']}) == []

    @pytest.mark.parametrize(
        "text",
        [
            'key,title,year,notes,location\nrayyan-1,A,2020,"{}",x\n'.format(RAYYAN.replace('"', '""')),
            f"TY  - JOUR\nTI  - A\nPY  - 2020\nN1  - {RAYYAN}\nER  - \n",
            f"@article{{a,\n title={{A}},\n year={{2020}},\n note={{{RAYYAN}}}\n}}\n",
        ],
        ids=["csv", "ris", "bibtex"],
    )
    def test_in_every_format_that_rayyan_writes(self, text):
        (record,) = parse(text.encode())
        assert [found["decision"] for found in record.earlier] == ["include", "exclude", "maybe"]
        assert record.earlier[0]["by"] == "Ana"


class TestASReview:
    @pytest.mark.parametrize("column", ["included", "label_included", "asreview_label", "final_included"])
    def test_columns(self, column):
        rows = list(parse(f"title,year,{column}\nA,2020,1\nB,2021,0\nC,2022,\nD,2023,-1\n".encode()))
        assert [r.earlier for r in rows] == [[decision("include")], [decision("exclude")], [], []]

    def test_notes(self):
        text = "TY  - JOUR\nTI  - {}\nN1  - {}\nER  - \n"
        notes = ("ASReview_relevant", "ASReview_irrelevant", "ASReview_not_seen")
        rows = parse("".join(text.format(note, note) for note in notes).encode())
        assert [r.earlier for r in rows] == [
            [decision("include", by="ASReview")],
            [decision("exclude", by="ASReview")],
            [],
        ]


class TestCovidence:
    HEAD = "Title,Published Year,Covidence #,Study,Notes,Tags\n"

    def test_reasons_of_exclusion_at_full_text(self):
        note = "Exclusion reason: Wrong study type (comment, letter; etc); Ana (2025-03-21 01:47:18)(Included): no; "
        (record,) = parse(f'{self.HEAD}A,2020,#1,Smith 2020,"{note}",x\n'.encode())
        assert record.earlier == [
            decision("exclude", reason="Wrong study type (comment, letter; etc)", stage="full text")
        ]

    @pytest.mark.parametrize(
        ("status", "expected"),
        [
            ("Included", decision("include", stage="full text")),
            ("Excluded", decision("exclude", stage="full text")),
            ("Irrelevant", decision("exclude", stage="title and abstract")),
            ("Full text review", decision("include", stage="title and abstract")),
        ],
    )
    def test_status_when_it_is_there(self, status, expected):
        assert from_column("Study status", status) == [expected]

    def test_any_other_status_says_nothing_of_the_stage(self):
        assert from_column("Status", "Excluded") == [decision("exclude")]

    def test_a_status_that_decides_nothing(self):
        assert from_column("Study Status", "RECRUITING") == []


class TestAnyOtherColumn:
    @pytest.mark.parametrize("word", ["Include", "included", "Yes", "y", "1", "TRUE", "relevant", "1.0"])
    def test_words_for_yes(self, word):
        assert from_column("Decision", word) == [decision("include")]

    @pytest.mark.parametrize("word", ["Exclude", "excluded.", "No", "n", "0", "false", "Not relevant"])
    def test_words_for_no(self, word):
        assert from_column("Decision", word, "no control") == [decision("exclude", reason="no control")]

    @pytest.mark.parametrize("word", ["", "see notes", "2", "-1", "?"])
    def test_words_that_decide_nothing(self, word):
        assert from_column("Decision", word) == []

    def test_a_column_of_exclusions_is_read_the_other_way_round(self):
        assert from_column("Exclude", "1") == [decision("exclude")]
        assert from_column("excluded", "no") == [decision("include")]
        assert from_column("Exclude", "excluded") == [decision("exclude")]

    @pytest.mark.parametrize(
        ("heading", "stage"),
        [
            ("Full-text decision", "full text"),
            ("FT_decision", "full text"),
            ("Title/Abstract decision", "title and abstract"),
            ("Decision", ""),
        ],
    )
    def test_the_stage_is_in_the_heading(self, heading, stage):
        assert from_column(heading, "include") == [decision("include", stage=stage)]

    def test_the_reason_beside_it(self):
        (record,) = parse(b"title,year,Decision,Exclusion reason\nA,2020,Exclude,No control group\n")
        assert record.earlier == [decision("exclude", reason="No control group")]


def test_nothing_is_found_where_nothing_is():
    assert find({"notes": ["Included in the Cochrane review"], "X": ["1"]}, ["relevant", "inclusion"]) == []


def test_the_same_decision_twice_is_one():
    assert find({"a": ["ASReview_relevant"], "b": ["ASReview_relevant"]}) == [
        decision("include", by="ASReview")
    ]
