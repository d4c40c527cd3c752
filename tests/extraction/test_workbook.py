"""The workbook goes out and comes back: differences are shown, and never taken over what others did unseen."""

import io
import json
from io import StringIO

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.urls import reverse

from extraction import services
from extraction.models import Arm, Result, Value
from extraction.services import NotPossible
from extraction.services.sheets import SheetRefused, apply_sheet, differences, upload_sheet, workbook_of
from extraction.workbook import BadWorkbook, stamp_of
from reviews.errors import Conflict
from reviews.models import AuditEvent
from screening.services import NotAllowed
from tests.extraction.conftest import MEANS
from tests.factories import make_review


@pytest.fixture
def out(review):
    """``out(ben)`` is ben's workbook, opened."""

    def do(by):
        membership = by.memberships.get(review=review)
        return openpyxl.load_workbook(io.BytesIO(workbook_of(membership=membership)))

    return do


@pytest.fixture
def send(review):
    """``send(ben, book)`` sends an opened workbook back."""

    def do(by, book, name="filled.xlsx"):
        return upload_sheet(review=review, by=by, name=name, data=as_bytes(book))

    return do


def as_bytes(book) -> bytes:
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def cell(sheet, key, column):
    """The cell of the row with this key (None: the first empty row), under the column's key in line 2."""
    column_number = [one.value for one in sheet[2]].index(column) + 1
    for line in range(3, sheet.max_row + 2):
        if sheet.cell(line, 1).value == key:
            return sheet.cell(line, column_number)
    raise KeyError(key)


def write(sheet, line, **cells):
    keys = [one.value for one in sheet[2]]
    for name, value in cells.items():
        sheet.cell(line, keys.index(name) + 1).value = value


@pytest.fixture
def filled(form, study, record, ben, put):
    """A result whose mean was typed as 8.20, and a country that looks like a formula."""
    result = record(ben, scale="BDI-II", values=MEANS | {"mean1": "8.20"})
    extraction = services.start_extraction(study=study, by=ben)
    put(extraction, ben, "country", "=Japan")
    return result


def test_what_nobody_changed_is_no_difference_and_the_bytes_are_the_same(filled, out, send, ben, review):
    membership = ben.memberships.get(review=review)
    assert workbook_of(membership=membership) == workbook_of(membership=membership)
    book = out(ben)
    assert book.sheetnames == ["Read me", "Arms", "Results", "Study form", "Funders", "Codebook", "_exported"]
    assert cell(book["Results"], f"result:{filled.pk}", "mean1").value == 8.2
    assert all(c.data_type != "f" for sheet in book for row in sheet.iter_rows() for c in row)
    assert differences(send(ben, book)) == []


def test_changes_go_through_the_verbs(filled, study, out, send, ben):
    book = out(ben)
    cell(book["Results"], f"result:{filled.pk}", "mean1").value = 9.5
    cell(book["Results"], f"result:{filled.pk}", "why").value = "Table 3, not 2"
    cell(book["Study form"], f"study:{study.pk}", "women").value = 31
    arm = study.arms.first()
    cell(book["Arms"], f"arm:{arm.pk}", "dose").value = "16 sessions"
    upload = send(ben, book)
    items = differences(upload)
    assert [(item.what, item.conflict) for item in items] == [("changed", False)] * 3
    assert apply_sheet(upload=upload, by=ben, seen=stamp_of(items)) == 3
    corrected = Result.objects.current().get()
    assert (corrected.mean1, corrected.version, corrected.correction_reason) == (9.5, 2, "Table 3, not 2")
    assert Value.objects.get(field="women").value == "31"
    arm.refresh_from_db()
    assert arm.dose == "16 sessions"
    event = AuditEvent.objects.get(verb="extraction.sheet_applied")
    assert event.sentence == "took over 3 rows of the workbook filled.xlsx."
    with pytest.raises(NotPossible, match="already"):
        apply_sheet(upload=upload, by=ben)
    assert differences(send(ben, book)) == []  # sent once more, it says nothing new


def test_a_result_corrected_here_meanwhile_is_a_conflict(filled, out, send, ben, cleo):
    book = out(ben)
    cell(book["Results"], f"result:{filled.pk}", "mean1").value = 9.5
    services.correct_result(result=filled, by=cleo, changes={"mean1": "8.7"}, why="typo", seen_version=1)
    upload = send(ben, book)
    (item,) = differences(upload)
    assert [(one.was, one.yours, one.now) for one in item.cells] == [("8.20", "9.5", "8.7")]
    assert apply_sheet(upload=upload, by=ben, take=[item.id]) == 1
    assert [(one.mean1, one.version) for one in Result.objects.current()] == [(9.5, 3)]


def test_new_arms_results_and_rows(filled, study, outcome, out, send, ben):
    book = out(ben)
    write(book["Arms"], 5, study=study.label, label="Waiting list", role="comparator", n_randomised=40)
    numbers = {name: float(value) for name, value in MEANS.items()}
    first = study.arms.order_by("pk").first()
    write(
        book["Results"],
        4,
        study=study.label,
        outcome=outcome.name,
        kind="means",
        experimental=first.label,
        comparator="Waiting list",
        time_point="6 months",
        is_change="yes",
        **numbers,
    )
    write(book["Funders"], 4, study=study.label, funder="MRC", amount=12.5)
    upload = send(ben, book)
    assert apply_sheet(upload=upload, by=ben) == 3
    added = Result.objects.get(time_point="6 months")
    assert (added.comparator.label, added.is_change, added.mean2) == ("Waiting list", True, 13.2)
    assert Value.objects.get(field="funder").value == "MRC"


def test_a_change_here_meanwhile_is_a_conflict_and_is_not_taken_unasked(
    filled, study, out, send, ben, cleo, put
):
    book = out(ben)
    cell(book["Study form"], f"study:{study.pk}", "country").value = "Chile"
    upload = send(ben, book)
    before = differences(upload)
    put(services.start_extraction(study=study, by=cleo), cleo, "country", "Peru")
    (item,) = differences(upload)
    assert item.conflict
    assert [(one.was, one.yours, one.now) for one in item.cells] == [("=Japan", "Chile", "Peru")]
    with pytest.raises(Conflict, match="since you looked"):
        apply_sheet(upload=upload, by=ben, take=[item.id], seen=stamp_of(before))
    assert apply_sheet(upload=upload, by=ben) == 0  # all without conflict: none
    assert Value.objects.get(field="country").value == "Peru"
    again = send(ben, book)
    (item,) = differences(again)
    assert apply_sheet(upload=again, by=ben, take=[item.id], seen=stamp_of([item])) == 1
    assert Value.objects.get(field="country").value == "Chile"


def test_what_only_changed_here_is_left_alone(filled, study, out, send, ben, cleo, put):
    book = out(ben)
    put(services.start_extraction(study=study, by=cleo), cleo, "country", "Peru")
    assert differences(send(ben, book)) == []


def test_all_or_nothing_with_a_sentence_per_row(filled, study, out, send, ben):
    book = out(ben)
    cell(book["Results"], f"result:{filled.pk}", "sd1").value = -3
    cell(book["Study form"], f"study:{study.pk}", "women").value = "many"
    cell(book["Study form"], f"study:{study.pk}", "country").value = "Chile"
    write(book["Arms"], 5, study="Nobody 1999", label="X", role="comparator")
    upload = send(ben, book)
    with pytest.raises(SheetRefused) as refusal:
        apply_sheet(upload=upload, by=ben)
    said = str(refusal.value)
    for words in (
        "Results, line 3: SD, experimental",
        "Study form, line 3",
        "Arms, line 5: There is no study",
    ):
        assert words in said
    assert said.endswith("Nothing was stored.")
    assert Value.objects.get(field="country").value == "=Japan"
    upload.refresh_from_db()
    assert upload.applied_at is None


def test_rows_that_are_gone_and_places_that_stay(filled, study, record, outcome, out, send, ben):
    book = out(ben)
    cell(book["Results"], f"result:{filled.pk}", "mean1").value = 9
    services.withdraw_result(result=filled, by=ben, why="typo", seen_version=1)
    upload = send(ben, book)
    (item,) = differences(upload)
    assert item.what == "unknown"
    assert apply_sheet(upload=upload, by=ben) == 0
    other = record(ben, scale="HDRS-17")
    book = out(ben)
    cell(book["Results"], f"result:{other.pk}", "kind").value = "events"
    with pytest.raises(SheetRefused, match="The kind of a row stays"):
        apply_sheet(upload=send(ben, book), by=ben)


def test_in_dual_extraction_a_workbook_is_ones_own(
    review, form, study, mode, record, out, send, ben, cleo, put
):
    mode("dual")
    hers = services.start_extraction(study=study, by=cleo)
    put(hers, cleo, "country", "Peru")
    record(cleo, extraction=hers, scale="SECRET-9")
    book = out(ben)
    assert "Peru" not in str([row for sheet in book for row in sheet.iter_rows(values_only=True)])
    assert "SECRET-9" not in str([row for sheet in book for row in sheet.iter_rows(values_only=True)])
    cell(book["Study form"], f"study:{study.pk}", "country").value = "Chile"
    assert apply_sheet(upload=send(ben, book), by=ben) == 1
    mine = Value.objects.get(value="Chile")
    assert mine.extraction.extractor == ben
    assert Value.objects.get(extraction=hers).value == "Peru"


def test_what_is_no_workbook_of_this_review_is_refused(review, filled, out, send, ben, stan, eve):
    other = make_review("copy")
    book = out(ben)
    for data, words in (
        (b"study,mean\n", "no XLSX workbook"),
        (b"PK\x03\x04nonsense", "no XLSX workbook"),
        (b"x" * (21 * 1024 * 1024), "at most 20"),
    ):
        with pytest.raises(BadWorkbook, match=words):
            upload_sheet(review=review, by=ben, name="a.xlsx", data=data)
    other.memberships.create(user=ben, role="reviewer")
    with pytest.raises(BadWorkbook, match="of another review"):
        upload_sheet(review=other, by=ben, name="a.xlsx", data=as_bytes(book))
    with pytest.raises(NotAllowed):
        send(eve, book)
    book["Arms"].delete_rows(2)
    with pytest.raises(BadWorkbook, match=r"sheet “Arms”: the second line"):
        send(ben, book)
    del book["_exported"]
    with pytest.raises(BadWorkbook, match="lacks the hidden sheet"):
        send(ben, book)
    book = out(ben)
    book["Arms"]["A4"].value = book["Arms"]["A3"].value
    with pytest.raises(BadWorkbook, match="stands there twice"):
        send(ben, book)


def test_the_pages(review, filled, study, out, ben, cleo, as_user):
    client = as_user(ben)

    def url(name, *args):
        return reverse(f"extraction:{name}", args=[review.slug, *args])

    answer = client.get(url("workbook_file"))
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    cell(book["Study form"], f"study:{study.pk}", "women").value = 31
    file = SimpleUploadedFile("filled.xlsx", as_bytes(book))
    page = client.post(url("workbook"), {"file": file}, follow=True)
    address = page.redirect_chain[-1][0]
    assert "In the workbook" in page.content.decode()
    assert as_user(cleo).get(address).status_code == 404  # nobody else sees what it holds
    (item,) = page.context["items"]
    stale = client.post(address + "apply/", {"take": [item[0].id], "seen": "old"})
    assert (stale.status_code, "since you looked" in stale.content.decode()) == (409, True)
    assert client.post(address + "apply/", {"take": ["no"], "seen": "x"}).status_code == 422
    done = client.post(address + "apply/", {"take": [item[0].id], "seen": page.context["stamp"]}, follow=True)
    assert "1 row of filled.xlsx taken over" in done.content.decode()
    assert "Taken over on" in client.get(address).content.decode()
    assert "Taken over" in client.get(url("workbook")).content.decode()
    assert client.post(url("workbook"), {"file": SimpleUploadedFile("a.xlsx", b"no")}).status_code == 422


def test_by_program_and_from_the_shell(review, filled, study, ana, ben, as_user, tmp_path):
    client, base = as_user(ben), f"/api/reviews/{review.slug}/extraction-sheets/"
    book = openpyxl.load_workbook(io.BytesIO(client.get(f"{base}file/").content))
    cell(book["Study form"], f"study:{study.pk}", "women").value = 31
    sent = client.post(base, {"file": SimpleUploadedFile("f.xlsx", as_bytes(book))}).json()
    told = client.get(f"{base}{sent['id']}/differences/").json()
    assert told["items"][0]["cells"][0]["yours"] == "31"
    taken = client.post(
        f"{base}{sent['id']}/take/", json.dumps({"seen": told["seen"]}), content_type="application/json"
    )
    assert taken.json()["applied_at"]

    def run(**options):
        out = StringIO()
        call_command("extraction_workbook", review=review.slug, json=True, stdout=out, **options)
        return json.loads(out.getvalue())

    path = tmp_path / "book.xlsx"
    run(out=str(path))
    book = openpyxl.load_workbook(path)
    cell(book["Study form"], f"study:{study.pk}", "women").value = 32
    book.save(path)
    assert run(file=str(path))["taken"] == 0
    assert run(file=str(path), apply=True)["taken"] == 1
    assert Value.objects.get(field="women").value == "32"


def test_an_arm_of_the_workbook_is_mended_not_doubled(filled, study, out, send, ben):
    book, count = out(ben), Arm.objects.count()
    arm = study.arms.first()
    cell(book["Arms"], f"arm:{arm.pk}", "label").value = "CBT, 16 sessions"
    apply_sheet(upload=send(ben, book), by=ben)
    arm.refresh_from_db()
    assert (arm.label, Arm.objects.count()) == ("CBT, 16 sessions", count)
