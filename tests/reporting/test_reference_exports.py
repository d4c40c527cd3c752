"""Records that leave by stage, decision, reason and label, and how other programs read what was decided."""

import csv
import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from records.formats import parse
from reporting.exports import UnknownOption, build_export
from reporting.exports.choosing import chosen_records
from reporting.exports.marking import marked, rayyan_note
from reporting.exports.records import ASREVIEW_HEADER, RAYYAN_HEADER
from reporting.exports.said import Said
from screening.models import Stage
from screening.services.labellings import put_label
from screening.services.labels import make_label
from screening.services.notes import write_note
from tests.factories import make_reason, make_record
from tests.reporting.conftest import settle, vote

TA, FT = Stage.TITLE_ABSTRACT, Stage.FULL_TEXT
EXCLUDED = Said(
    states={TA: "included", FT: "excluded"},
    reasons={FT: "Wrong drug, or dose"},
    labels=["RCT", "a, b|c"],
    notes=['Ana Silva: says "no" | twice', "Ben: ok"],
)


@pytest.fixture
def member(ana, review):
    return review.memberships.select_related("review", "user").get(user=ana)


@pytest.fixture
def text(member):
    def text(extension, membership=member, **options):
        return "".join(
            build_export(membership=membership, what="records", extension=extension, options=options)
        )

    return text


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


@pytest.mark.parametrize(
    ("which", "titles"),
    [
        ({"decision": "included"}, "Included trial|Second report of it|Only on the site"),
        ({"decision": "excluded"}, "Excluded on title|Excluded at full text|Site, excluded"),
        ({"decision": "undecided"}, "Nobody voted yet|Never retrieved"),
        (
            {"stage": FT},
            "Included trial|Second report of it|Never retrieved|Excluded at full text|Only on the site",
        ),
        ({"stage": FT, "decision": "excluded"}, "Excluded at full text"),
        ({"stage": FT, "decision": "undecided"}, "Never retrieved"),
        ({"stage": TA, "decision": "undecided"}, "Nobody voted yet"),
        ({"stage": TA, "decision": "excluded"}, "Excluded on title|Site, excluded"),
        ({"reason": "Wrong population"}, "Excluded at full text"),
        ({"stage": TA, "reason": "Wrong population"}, ""),
        ({"decision": "ongoing"}, ""),
        (
            {"stage": FT, "decision": "decided"},
            "Included trial|Second report of it|Excluded at full text|Only on the site",
        ),
    ],
)
def test_what_is_chosen(flowing, member, text, which, titles):
    assert "|".join(chosen_records(member, **which).values_list("title", flat=True)) == titles
    assert "|".join(row["title"] for row in rows(text("csv", **which))) == titles
    assert "|".join(record.title for record in _read(text("ris", **which))) == titles


def _read(text: str):
    return parse(text.encode(), format="ris") if text else []


def test_by_a_label_that_one_may_see(flowing, member, text, ana, ben, review):
    shared = make_label(review=review, by=ben, name="RCT")
    own = make_label(review=review, by=ben, name="Mine", private=True)
    for label in (shared, own):
        put_label(review=review, label=label, record=flowing.included, by=ben)
        put_label(review=review, label=label, record=flowing.waiting, by=ben)
    assert [row["title"] for row in rows(text("csv", label="RCT"))] == ["Included trial"]
    with pytest.raises(UnknownOption, match=r"'Mine' is no choice of label for Records\. Choose one of: RCT"):
        text("csv", label="Mine")


def test_without_a_choice_the_table_has_duplicates_and_references_have_none(flowing, text):
    everything = rows(text("csv"))
    assert len(everything) == 10
    assert sum(1 for row in everything if row["duplicate_of"]) == 2
    assert len(list(_read(text("ris")))) == 8


WRITTEN = [
    *((extension, reader) for extension in ("csv", "ris", "bib", "xml") for reader in ("", "any")),
    *(("csv", "asreview"), ("ris", "asreview"), ("csv", "rayyan"), ("bib", "rayyan"), ("xml", "zotero")),
]


@pytest.mark.parametrize(("extension", "reader"), WRITTEN)
def test_blinded_and_the_same_every_time(flowing, review, text, ana, ben, cleo, extension, reader):
    """Votes on a record that is not complete, and what colleagues remarked there, change no byte."""
    options = {"reader": reader}
    members = [review.memberships.get(user=person) for person in (ana, ben)]
    before = [text(extension, member, **options) for member in members]
    vote(flowing.waiting, cleo, what="exclude", reason=make_reason(review, "Secret reason", 9))
    settle(flowing.waiting, TA, "conflict")
    write_note(review=review, record=flowing.waiting, by=cleo, text="a remark")
    put_label(
        review=review, label=make_label(review=review, by=ana, name="RCT"), record=flowing.waiting, by=cleo
    )
    assert [text(extension, member, **options) for member in members] == before
    assert before[0] == before[1]


def test_the_table_says_whose_votes_decided(flowing, text, ben, cleo):
    vote(flowing.excluded, ben, what="exclude")
    vote(flowing.excluded, cleo, what="maybe")
    vote(flowing.waiting, cleo, what="include")
    said = {row["title"]: row for row in rows(text("csv", stage=TA))}
    assert said["Excluded on title"]["title_abstract_votes"] == "Ben: exclude; Cleo: maybe"
    assert said["Nobody voted yet"]["title_abstract_votes"] == ""
    assert said["Excluded at full text"]["decision"] == "excluded"
    assert said["Never retrieved"]["decision"] == "undecided"


class TestASReview:
    def test_reads_labels_in_ris(self, flowing, text):
        said = {one.title: one.earlier for one in _read(text("ris", reader="asreview"))}
        assert said["Included trial"] == [_said("include", "ASReview")]
        assert said["Excluded at full text"] == [_said("exclude", "ASReview")]
        assert said["Nobody voted yet"] == []
        assert text("ris", reader="asreview").count("ASReview_not_seen") == 2

    def test_reads_a_column_in_csv(self, flowing, text):
        table = rows(text("csv", reader="asreview", stage=TA))
        assert list(table[0]) == ASREVIEW_HEADER
        assert text("csv", reader="asreview").startswith("title,")  # with a mark of UTF-8 it finds no title
        included = {row["title"]: row["included"] for row in table}
        assert included["Excluded at full text"] == "1"
        assert included["Excluded on title"] == "0"
        assert included["Nobody voted yet"] == ""

    def test_an_earlier_mark_of_the_file_does_not_stay(self, review, member, text):
        old = {"N1": ["ASReview_relevant"]}
        record = make_record(review, "Marked", extra=old, earlier=[_said("include", "ASReview")])
        settle(record, TA, "excluded")
        assert "ASReview_relevant" not in text("ris", reader="asreview")
        assert "N1  - ASReview_irrelevant" in text("ris", reader="asreview")


class TestRayyan:
    def test_one_note_as_it_writes_it(self):
        assert rayyan_note(EXCLUDED, "") == (
            'RAYYAN-INCLUSION: {"Consensus"=>"Excluded"} | RAYYAN-LABELS: RCT,a; b/c'
            " | RAYYAN-EXCLUSION-REASONS: Wrong drug; or dose"
            ' | USER-NOTES: {"Ana Silva"=>["says \\"no\\" / twice"], "Ben"=>["ok"]}'
        )
        assert rayyan_note(Said(), "") == ""
        assert rayyan_note(Said(states={FT: "awaiting"}), "") == 'RAYYAN-INCLUSION: {"Consensus"=>"Maybe"}'

    @pytest.mark.parametrize("extension", ["csv", "ris", "bib"])
    def test_reads_decisions_and_reasons(self, flowing, text, extension):
        sent = text(extension, reader="rayyan", decision="excluded", stage=FT)
        (record,) = parse(sent.encode(), filename=f"articles.{extension}")
        assert record.title == "Excluded at full text"
        assert record.earlier == [_said("exclude", "Consensus", "Wrong population")]

    def test_its_table_has_its_columns(self, flowing, text):
        assert text("csv", reader="rayyan").split("\r\n")[0] == ",".join(RAYYAN_HEADER)


@pytest.mark.parametrize("extension", ["ris", "bib", "xml"])
def test_zotero_gets_tags(review, ana, flowing, text, extension):
    label = make_label(review=review, by=ana, name="RCT, small")
    put_label(review=review, label=label, record=flowing.refused, by=ana)
    sent = text(extension, reader="zotero", reason="Wrong population")
    (record,) = parse(sent.encode(), filename=f"a.{extension}")
    assert record.keywords == ["decision: excluded", "reason: Wrong population", "RCT, small"]


def test_any_program_gets_notes(review, member):
    shown = marked(make_record(review, extra={"N1": ["Its own"]}), EXCLUDED, reader="any")
    assert shown.extra["N1"] == [
        "Its own",
        "Title and abstract: included",
        "Full text: excluded",
        "Reason at full text: Wrong drug, or dose",
        "Labels: RCT; a, b|c",
        'Note by Ana Silva: says "no" | twice',
        "Note by Ben: ok",
    ]


@pytest.mark.parametrize(
    ("extension", "options", "sentence"),
    [
        ("csv", {"reader": "zotero"}, "Zotero does not read CSV. Choose RIS"),
        ("bib", {"reader": "asreview"}, "ASReview does not read BibTeX"),
        ("xml", {"reader": "rayyan"}, "Rayyan does not read EndNote XML"),
        (
            "ris",
            {"decision": "maybe"},
            "'maybe' is no choice of decision for Records. Choose one of: included",
        ),
        ("ris", {"colour": "red"}, "Records has no option 'colour'. Choose among: stage"),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_is_written(text, extension, options, sentence):
    with pytest.raises(UnknownOption, match=sentence):
        text(extension, **options)


@pytest.mark.parametrize(
    ("extension", "reader"), [("csv", ""), ("csv", "asreview"), ("ris", "any"), ("xml", "zotero")]
)
def test_more_records_cost_no_more_queries(flowing, review, ana, text, extension, reader):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            text(extension, reader=reader)
        return len(captured)

    before = queries()
    for number in range(5):
        record = make_record(review, f"More {number}")
        settle(record, TA, "excluded", make_reason(review, f"Reason {number}", 10 + number))
        vote(record, ana, what="exclude")
        write_note(review=review, record=record, by=ana, text="so")
    assert queries() <= before


def test_no_cell_is_a_formula(review, member, text):
    record = make_record(review, "=1+1", authors=["@evil"])
    settle(record, TA, "excluded", make_reason(review, "+reason"))
    for reader in ("", "asreview", "rayyan"):
        assert "'=1+1" in text("csv", reader=reader)
    assert ",=" not in text("csv")
    assert ",+reason" not in text("csv")


def _said(decision: str, by: str, reason: str = "") -> dict[str, str]:
    return {"by": by, "decision": decision, "reason": reason, "stage": ""}
