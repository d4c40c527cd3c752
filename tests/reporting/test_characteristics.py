"""Tables of included, excluded, awaiting and ongoing studies: data, page, files and API."""

import csv
import io

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from extraction.models import Characteristic
from reporting.characteristics import as_rows, characteristics
from reporting.exports import build_export
from screening.models import Adjudication, Retraction, Stage, Study, Verdict
from tests.factories import join, make_arms, make_outcome, make_record, make_result, make_user
from tests.reporting.conftest import include_title, settle


def tables(review):
    return {table.key: table for table in characteristics(review)}


def set_aside(review, by, title, state, why, **fields):
    record = make_record(review, title, **fields)
    include_title(record)
    settle(record, Stage.FULL_TEXT, state)
    Adjudication.objects.create(
        review=review,
        record=record,
        stage=Stage.FULL_TEXT,
        adjudicator=by,
        included=False,
        outcome=state,
        comment=why,
    )
    return record


@pytest.fixture
def told(review, ana, flowing):
    """The small review with a result, characteristics, and a study awaiting and one ongoing."""
    study = Study.objects.get(label="Trial 2017")
    study.design, study.registration = Study.Design.RANDOMISED_PARALLEL, "NCT01234567"
    study.save()
    experimental, _ = make_arms(study)
    experimental.n_randomised, experimental.dose = 40, "12 sessions"
    experimental.save()
    outcome = make_outcome(review)
    make_result(study, outcome, ana, scale="BDI-II", time_point="8 weeks", n1=38, n2=41)
    Characteristic.objects.create(study=study, name="therapy", value="MBCT")
    state = Verdict.State
    set_aside(review, ana, "Still running", state.ONGOING, "Results in 2027.", registry_ids=["NCT07654321"])
    set_aside(review, ana, "A poster", state.AWAITING, "=Asked the authors.")
    return flowing


def test_an_included_study_with_what_was_extracted(review, told):
    table = tables(review)["included"]
    assert [row.label for row in table.rows] == ["Site 2018", "Trial 2017"]
    cells = dict(table.named_rows[1][1])
    assert cells["Methods"] == "Randomised trial, parallel groups\nRegistration: NCT01234567"
    assert cells["Participants"] == "79 analysed; number randomised not recorded"
    assert cells["Interventions"] == "Therapy (40 randomised): 12 sessions"
    assert cells["Comparators"] == "Usual care (41 analysed)"
    assert cells["Outcomes"] == "Depression severity (BDI-II, 8 weeks)"
    assert table.rows[1].facts == {"therapy": "MBCT"}
    assert [reference.lead.split(". ")[-1] for reference in table.rows[1].references] == [
        "Included trial.",
        "Second report of it.",
    ]


def test_all_randomised_are_added_up_when_every_arm_is_known(review, told):
    study = Study.objects.get(label="Trial 2017")
    study.arms.update(n_randomised=40)
    assert tables(review)["included"].rows[1].cells[1] == "80 randomised"


def test_a_retraction_is_said(review, told):
    Retraction.objects.create(
        review=review, record=told.included, nature="retraction", reasons="Data not found", found_by="doi"
    )
    assert tables(review)["included"].rows[1].marks == ("Retraction: Data not found",)


def test_excluded_reports_have_their_reason(review, told):
    (row,) = tables(review)["excluded"].rows
    assert row.cells == ("Excluded at full text", "Wrong population")


def test_a_report_whose_exclusion_is_not_settled_is_not_told(review, told):
    Verdict.objects.filter(record=told.refused, stage=Stage.FULL_TEXT).update(state=Verdict.State.CONFLICT)
    assert tables(review)["excluded"].rows == ()


def test_studies_set_aside_with_what_is_known(review, told):
    found = tables(review)
    (ongoing,), (awaiting,) = found["ongoing"].rows, found["awaiting"].rows
    assert ongoing.cells == ("Still running", "NCT07654321", "", "Results in 2027.")
    assert awaiting.cells == ("A poster", "", "", "=Asked the authors.")


def test_ten_more_studies_cost_no_more_queries(review, told, django_assert_max_num_queries):
    for n in range(10):
        record = make_record(review, f"More {n}")
        settle(record, Stage.FULL_TEXT, Verdict.State.EXCLUDED, told.wrong)
    with django_assert_max_num_queries(20):
        characteristics(review)


def test_the_page_shows_all_four_and_a_stranger_nothing(review, ana, eve, told, as_user):
    url = reverse("reporting:characteristics", args=[review.slug])
    page = as_user(ana).get(url).content.decode()
    for text in ("Trial 2017", "Wrong population", "Still running", "A poster", "NCT01234567"):
        assert text in page
    assert as_user(eve).get(url).status_code == 404


def test_an_observer_may_look_but_is_offered_no_file(review, told, as_user):
    olga = join(review, make_user("olga"), "observer").user
    page = as_user(olga).get(reverse("reporting:characteristics", args=[review.slug])).content.decode()
    assert "Trial 2017" in page
    assert "characteristics.csv" not in page


def test_an_empty_review_says_what_will_come(review, ana, as_user):
    page = as_user(ana).get(reverse("reporting:characteristics", args=[review.slug])).content.decode()
    assert page.count("None. ") == 4


def test_the_api_gives_the_same(review, ana, told, as_user):
    answer = as_user(ana).get(f"/api/reviews/{review.slug}/study-tables/").json()
    assert [table["key"] for table in answer] == ["included", "excluded", "awaiting", "ongoing"]
    trial = answer[0]["rows"][1]
    assert trial["cells"]["Outcomes"] == "Depression severity (BDI-II, 8 weeks)"
    assert trial["facts"] == {"therapy": "MBCT"}


def test_a_file_has_a_column_for_each_characteristic(review, told):
    header, rows = as_rows(tables(review)["included"])
    assert header[-3:] == ["Notices", "References", "therapy"]
    assert [row[-1] for row in rows] == ["", "MBCT"]


def fetched(member, extension, **options) -> bytes:
    pieces = build_export(membership=member, what="characteristics", extension=extension, options=options)
    return b"".join(piece if isinstance(piece, bytes) else piece.encode() for piece in pieces)


def test_a_csv_of_one_table_runs_nothing(review, ana, told):
    raw = fetched(review.memberships.get(user=ana), "csv", table="awaiting")
    (row,) = csv.DictReader(io.StringIO(raw.decode("utf-8-sig")))
    assert row["Title"] == "A poster"
    assert row["What is known"] == "'=Asked the authors."


def test_the_workbook_has_a_sheet_for_each_and_is_the_same_each_time(review, ana, told):
    member = review.memberships.get(user=ana)
    raw = fetched(member, "xlsx")
    assert raw == fetched(member, "xlsx")
    assert load_workbook(io.BytesIO(raw)).sheetnames == [
        "Included studies",
        "Excluded studies",
        "Awaiting classification",
        "Ongoing studies",
    ]
