"""Reporting checklists: official numbers, what is known filled in, answers of the team, files to hand in."""

import csv
import io
import re

import docx
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from appraisal.models import Assessment
from extraction.models import Extraction
from records.models import SearchReport
from reporting.checklists import CHECKLISTS
from reporting.checklists.documents import file_of
from reporting.checklists.filling import FACTS, filled
from reporting.models import ChecklistAnswer
from reporting.report.outline import HEADINGS
from reporting.services.checklists import InvalidAnswer, answer_item, find_checklist
from reviews.errors import Conflict
from reviews.models import AuditEvent
from tests.factories import make_outcome, make_result, make_search, make_study
from tests.reporting.conftest import vote

PRISMA = CHECKLISTS["prisma2020"]
#: By the statements: PRISMA 2020 has 27 items, 42 with their parts; the others as published.
COUNTS = {"prisma2020": 42, "abstracts": 12, "prisma-s": 16, "scr": 22, "nma": 32, "dta": 27}


def lines(review, key="prisma2020"):
    return {line.item.number: line for line in filled(review, CHECKLISTS[key])}


def answer(review, by, number="5", **said):
    item = PRISMA.item(number)
    return answer_item(review=review, by=by, checklist=PRISMA, item=item, **{"seen_version": 0} | said)


def test_every_checklist_has_its_official_numbers():
    assert {key: len(one.items) for key, one in CHECKLISTS.items()} == COUNTS
    assert all(len({item.number for item in one.items}) == len(one.items) for one in CHECKLISTS.values())
    numbers = [item.number for item in PRISMA.items]
    assert sorted({int(re.match(r"\d+", number)[0]) for number in numbers}) == list(range(1, 28))
    assert [n for n in numbers if n.startswith("13")] == ["13a", "13b", "13c", "13d", "13e", "13f"]
    assert {"S1", "S2", "S3", "S4", "S5"} < {item.number for item in CHECKLISTS["nma"].items}
    dta = {item.number for item in CHECKLISTS["dta"].items}
    assert {"D1", "D2"} < dta
    assert not dta & {"15", "22"}


def test_every_item_leads_to_a_part_of_the_report_and_to_facts_there_are():
    items = [item for one in CHECKLISTS.values() for item in one.items]
    assert {item.place for item in items} - {"", "title"} <= set(HEADINGS)
    assert {name for item in items for name in item.facts} == set(FACTS)
    assert PRISMA.item("5").place_words == "Methods, Eligibility criteria"
    assert all(one.url.startswith("https://doi.org/10.") for one in CHECKLISTS.values())


def test_an_empty_review_is_told_what_is_lacking(review):
    found = lines(review)
    assert found["5"].location == ""
    assert found["5"].facts[0].words == "The protocol has no criteria yet."
    assert found["3"].facts == ()
    assert all(line.location == "" or line.facts for line in found.values())


def test_what_is_known_proposes_a_place(review):
    review.title = "Psychotherapy: a systematic review"
    review.question, review.registration, review.registry = "Does it help?", "CRD1", "PROSPERO"
    review.save()
    make_search(review, "MEDLINE", searched_on="2026-01-05", query="depress*")
    make_outcome(review, "Severity")
    found = lines(review)
    assert (found["1"].location, found["4"].location) == ("Title page", "Background, Objectives")
    assert found["6"].facts[0].words == "1 source: MEDLINE (5 January 2026)."
    assert found["7"].facts[0].words == "The full strategy is kept for 1 of 1 source."
    assert found["10a"].facts[0].words == "1 outcome: Severity."
    assert found["10a"].facts[1].lacking
    assert found["10a"].location == ""
    assert found["24a"].facts[0].words == "PROSPERO: CRD1."


def test_counts_and_results_come_from_where_they_are_kept(review, flowing, ana):
    Assessment.objects.create(
        review=review, study=flowing.study, instrument="rob2", kind="consensus", state="complete",
        assessor=ana, completed_at="2026-01-05T12:00Z",
    )  # fmt: skip
    found = lines(review)
    assert found["16a"].facts[0].words.endswith("2 studies included. Not complete yet.")
    assert found["16b"].facts[0].words == "1 report excluded with their reasons."
    assert found["18"].facts[0].words == "Agreed for 1 of 2 studies."
    assert "RoB 2" in found["11"].facts[0].words


def test_what_is_not_agreed_leaves_no_trace(review, flowing, ben):
    def told():
        return [(fact.words, fact.lacking) for line in filled(review, PRISMA) for fact in line.facts]

    outcome = make_outcome(review, "Severity")
    before = told()
    Assessment.objects.create(review=review, study=flowing.study, instrument="rob2", assessor=ben)
    vote(flowing.waiting, ben)
    mine = Extraction.objects.create(review=review, study=flowing.study, extractor=ben)
    make_result(flowing.study, outcome, ben, extraction=mine, is_preferred=False)
    assert told() == before


def test_prisma_s_says_what_the_report_of_the_searches_says(review):
    SearchReport.objects.create(review=review, peer_review="PRESS by a second librarian")
    found = lines(review, "prisma-s")
    assert found["14"].facts[0].words == "PRESS by a second librarian"
    assert found["14"].location == "Appendix 1. Search strategies"
    assert found["11"].facts[0].lacking


def test_facts_are_read_once_and_not_for_each_study(review):
    with CaptureQueriesContext(connection) as few:
        filled(review, PRISMA)
    for _ in range(5):
        make_study(review)
    with CaptureQueriesContext(connection) as many:
        filled(review, PRISMA)
    assert len(many) <= len(few) + 4  # some are asked only when there is a study


def test_the_team_s_words_take_the_place_of_what_is_proposed(review, ana):
    answer(review, ana, location="  p. 3,\n Table 1 ")
    kept = lines(review)["5"]
    assert (kept.location, kept.is_own, kept.version) == ("p. 3, Table 1", True, 1)
    answer(review, ana, not_applicable=True, seen_version=1)
    assert lines(review)["5"].location == "Not applicable"
    answer(review, ana, seen_version=2)
    assert not lines(review)["5"].is_own
    told = AuditEvent.objects.filter(verb="reporting.checklist_answered").order_by("pk")
    assert [event.detail["after"]["location"] for event in told] == ["p. 3, Table 1", "", ""]
    assert "wrote “p. 3, Table 1” as the place of item 5 of PRISMA 2020" in told[0].sentence


def test_nobody_s_answer_is_overwritten_unseen(review, ana, ben):
    answer(review, ana, location="p. 3")
    with pytest.raises(Conflict, match="Ana has answered item 5 since you opened it"):
        answer(review, ben, location="p. 4")
    assert ChecklistAnswer.objects.get().location == "p. 3"


def test_saving_what_stands_changes_nothing(review, ana):
    answer(review, ana, location="p. 3")
    assert answer(review, ana, location="p. 3", seen_version=1).version == 1
    assert AuditEvent.objects.filter(verb="reporting.checklist_answered").count() == 1


def test_why_an_item_does_not_apply_stands_beside_it(review, ana):
    answer(review, ana, location="no meta-analysis", not_applicable=True)
    assert lines(review)["5"].location == "Not applicable: no meta-analysis"
    assert "not applicable (no meta-analysis) item 5" in AuditEvent.objects.latest("pk").sentence


def test_an_endless_answer_and_an_archived_review_are_refused_in_words(review, ana):
    with pytest.raises(InvalidAnswer, match="1,001 characters; 1,000 are possible"):
        answer(review, ana, location="x" * 1001)
    review.archived_at = "2026-01-05T12:00Z"
    with pytest.raises(InvalidAnswer, match="archived"):
        answer(review, ana, location="p. 3")
    assert not ChecklistAnswer.objects.exists()


def test_the_table_holds_every_item_and_no_formula(review, ana):
    answer(review, ana, location="=HYPERLINK()")
    rows = list(csv.DictReader(io.StringIO(file_of(review, PRISMA, "csv").decode("utf-8-sig"), newline="")))
    assert [row["item"] for row in rows] == [item.number for item in PRISMA.items]
    five = next(row for row in rows if row["item"] == "5")
    assert (five["location"], five["said_by"]) == ("'=HYPERLINK()", "team")
    assert five["to_do"] == "The protocol has no criteria yet."


def test_the_document_is_the_filled_in_checklist_and_the_same_every_time(review, ana):
    answer(review, ana, location="p. 3")
    body = file_of(review, PRISMA, "docx")
    assert body == file_of(review, PRISMA, "docx")
    (table,) = docx.Document(io.BytesIO(body)).tables
    cells = [[cell.text for cell in row.cells] for row in table.rows]
    assert cells[0] == ["Topic", "Item", "What to report", "Where it is reported"]
    assert ["Eligibility criteria", "5", PRISMA.item("5").text, "p. 3"] in cells
    assert len(cells) == 1 + 42 + 7


def test_the_pages_show_items_and_take_an_answer(client, review, ana):
    client.force_login(ana)
    assert client.get("/reviews/trd/checklists/").content.decode().count("Open PRISMA") == 6
    page = "/reviews/trd/checklists/prisma2020/"
    assert client.get(page).content.decode().count('id="item-') == 42
    posted = client.post(f"{page}items/5/", {"location": "p. 3", "seen_version": 0})
    assert posted.headers["Location"] == f"{page}#item-5"
    still_open = client.get(f"{page}?show=open").content.decode()
    assert 'id="item-5"' not in still_open
    assert 'id="item-3"' in still_open


def test_a_row_is_answered_in_place(client, review, ana):
    client.force_login(ana)
    page, htmx = "/reviews/trd/checklists/prisma2020/items/13a/", {"HX-Request": "true"}
    row = client.post(page, {"location": "Box 2", "seen_version": 0}, headers=htmx)
    assert row.content.decode().startswith("\n<tr" if row.content.startswith(b"\n") else "<tr")
    assert 'value="Box 2"' in row.content.decode()
    late = client.post(page, {"location": "Box 3", "seen_version": 0}, headers=htmx)
    assert (late.status_code, b"since you opened it" in late.content) == (409, True)
    long = {"location": "x" * 1001, "seen_version": 1}
    refused = client.post(page, long, headers=htmx)
    assert (refused.status_code, b"at most 1000 characters" in refused.content) == (422, True)
    whole = client.post(page, long)
    assert (whole.status_code, whole.content.count(b'id="item-')) == (422, 42)


@pytest.mark.parametrize("place", ["none/", "prisma2020.pdf", "none.csv"])
def test_what_there_is_not_is_not_found(client, review, ana, place):
    client.force_login(ana)
    assert client.get(f"/reviews/trd/checklists/{place}").status_code == 404


def test_programs_read_and_answer(client, review, ana):
    client.force_login(ana)
    every = client.get("/api/reviews/trd/checklists/").json()
    assert {one["key"]: one["items"] for one in every} == COUNTS
    place = "/api/reviews/trd/checklists/prisma2020/"
    answer = {"location": "p. 3", "seen_version": 0}
    put = client.put(f"{place}items/5/", answer, content_type="application/json")
    assert put.json()["location"] == "p. 3"
    five = next(one for one in client.get(place).json()["lines"] if one["number"] == "5")
    assert (five["own"], five["version"]) == (True, 1)
    again = client.put(f"{place}items/5/", answer, content_type="application/json")
    assert again.status_code == 409
    assert client.put(f"{place}items/99/", answer, content_type="application/json").status_code == 404
    assert client.get(f"{place}file/").content.startswith(b"PK")
    assert client.get(f"{place}file/?type=pdf").status_code == 404


def test_the_command_lists_answers_and_writes(review, ana, tmp_path, capsys):
    call_command("checklist", review="trd")
    assert "prisma2020: PRISMA 2020, 0 of 42 answered" in capsys.readouterr().out
    call_command("checklist", review="trd", checklist="prisma2020", item="5", location="p. 3")
    assert capsys.readouterr().out.startswith("5 Eligibility criteria: p. 3")
    call_command("checklist", review="trd", checklist="prisma2020", item="6", not_applicable=True)
    out = tmp_path / "list.csv"
    call_command("checklist", review="trd", checklist="prisma2020", out=str(out))
    assert "p. 3" in out.read_text(encoding="utf-8-sig")
    assert ChecklistAnswer.objects.get(item="6").not_applicable


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"item": "5"}, "Say with --checklist which one"),
        ({"checklist": "scr", "location": "p. 1"}, "Say with --item"),
        ({"checklist": "scr", "item": "99", "location": "p. 1"}, "PRISMA-ScR has no item '99'"),
        ({"checklist": "scr", "out": "x.pdf"}, "written as docx or csv"),
    ],
)
def test_the_command_says_what_is_missing(review, ana, asked, sentence):
    with pytest.raises(CommandError, match=sentence):
        call_command("checklist", review="trd", **asked)


def test_an_unknown_checklist_names_those_there_are():
    with pytest.raises(Exception, match="Choose one of: prisma2020"):
        find_checklist("none")
