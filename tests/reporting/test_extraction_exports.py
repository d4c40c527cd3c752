"""What was extracted as tables: long, wide, with a codebook; a colleague's draft leaves no trace in them."""

import csv
import io

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from extraction import services
from reporting.exports import build_export
from reviews.models import Membership
from tests.extraction.filling import make_form
from tests.factories import make_arms, make_outcome, make_study

MEANS = {"n1": "40", "mean1": "8.20", "sd1": "4.7", "n2": "40", "mean2": "13.2", "sd2": "6.9"}


@pytest.fixture
def study(review):
    study = make_study(review, "Nakagawa 2017")
    make_arms(study)
    return study


@pytest.fixture
def extracted(review, study, ana, ben):
    """A result and three values, one in a repeating group."""
    make_form(review, ana)
    experimental, comparator = study.arms.order_by("pk")
    result = services.record_result(
        study=study,
        outcome=make_outcome(review),
        experimental=experimental,
        comparator=comparator,
        kind="means",
        values=MEANS,
        by=ben,
        population="itt",
        basis="=SUM(A1)",
    )
    services.add_source(by=ben, result=result, page=5, quote="mean 8.20 (SD 4.7)")
    extraction = services.start_extraction(study=study, by=ben)
    services.set_value(extraction=extraction, field="country", value="Japan", by=ben, seen_version=0)
    return extraction


def table(membership, what) -> list[dict[str, str]]:
    text = "".join(build_export(membership=membership, what=what, extension="csv"))
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def of(user) -> Membership:
    return user.memberships.get(review__slug="trd")


def test_a_result_comes_with_its_place_and_a_cell_is_no_formula(extracted, ben):
    row = table(of(ben), "extraction")[0]
    assert (row["study"], row["whose"], row["mean1"], row["population"]) == (
        "Nakagawa 2017",
        "shared",
        "8.2",
        "itt",
    )
    assert (row["pages"], row["quotes"], row["preferred"]) == ("5", "mean 8.20 (SD 4.7)", "yes")
    assert row["basis"] == "'=SUM(A1)"


def test_values_long_and_studies_wide(extracted, ben):
    values = {row["field"]: row for row in table(of(ben), "values")}
    assert values["country"]["value"] == "Japan"
    assert values["country"]["changed_by"] == str(ben)
    wide = table(of(ben), "studies")
    assert [row["study"] for row in wide] == ["Nakagawa 2017"]
    assert wide[0]["country"] == "Japan"


def test_the_codebook_tells_every_column(extracted, ben):
    told = {(row["table"], row["key"]) for row in table(of(ben), "codebook")}
    assert {("results", name) for name in ("mean1", "kind", "derived", "pages")} <= told
    assert ("values", "country") in told
    characteristics = {one.name for one in extracted.study.characteristics.all()}
    results = set(table(of(ben), "extraction")[0]) - characteristics
    assert results <= {key for name, key in told if name == "results"}


def test_a_colleagues_draft_is_in_no_table(review, study, ana, ben, cleo):
    make_form(review, ana)
    services.set_mode(review=review, mode="dual", by=ana, seen_version=services.settings_of(review).version)
    outcome = make_outcome(review)
    experimental, comparator = study.arms.order_by("pk")
    before = {what: table(of(cleo), what) for what in ("extraction", "values", "studies", "codebook")}
    mine = services.start_extraction(study=study, by=ben)
    services.set_value(extraction=mine, field="country", value="Japan", by=ben, seen_version=0)
    services.record_result(
        study=study,
        outcome=outcome,
        experimental=experimental,
        comparator=comparator,
        kind="means",
        values=MEANS,
        by=ben,
        extraction=mine,
    )
    for what, rows in before.items():
        assert table(of(cleo), what) == rows, what
        assert table(of(ana), what) == rows, what
    assert table(of(ben), "extraction")[0]["whose"] == str(ben)
    assert [row["whose"] for row in table(of(ben), "values")] == [str(ben)]


def test_the_workbook_has_it_all_and_is_the_same_twice(extracted, ben):
    first, second = (
        b"".join(build_export(membership=of(ben), what="extraction", extension="xlsx")) for _ in range(2)
    )
    assert first == second
    book = openpyxl.load_workbook(io.BytesIO(first))
    assert book.sheetnames == ["Results", "Values", "Studies", "Codebook"]
    rows = list(book["Results"].iter_rows(values_only=True))
    assert dict(zip(rows[0], rows[1], strict=True))["mean1"] == 8.2
    assert all(cell.data_type != "f" for sheet in book for row in sheet.iter_rows() for cell in row)


def test_ten_more_studies_cost_no_more_queries(extracted, ben, review):

    def queries():
        with CaptureQueriesContext(connection) as seen:
            for what in ("extraction", "values", "studies", "codebook"):
                table(of(ben), what)
        return len(seen)

    before = queries()
    for number in range(10):
        other = make_study(review, f"Trial {number}")
        extraction = services.start_extraction(study=other, by=ben)
        services.set_value(extraction=extraction, field="country", value="Chile", by=ben, seen_version=0)
    assert queries() == before
