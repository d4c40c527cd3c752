"""manage.py prisma and manage.py export write what the pages download."""

import csv
import hashlib
import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from reporting.exports import UnknownExport
from reporting.flow import FlowCounts
from reporting.management.commands import export
from reporting.prisma import flow_counts
from tests.factories import join, make_user
from tests.reporting.conftest import vote


@pytest.mark.parametrize(
    ("extension", "begins"), [("csv", b"data,node"), ("svg", b"<svg"), ("png", b"\x89PNG"), ("pdf", b"%PDF-")]
)
def test_prisma_writes_a_file(review, flowing, tmp_path, extension, begins):
    out = tmp_path / f"flow.{extension}"
    call_command("prisma", review=review.slug, format=extension, out=str(out))
    assert out.read_bytes().startswith(begins)


def test_prisma_csv_holds_the_counts(review, flowing, tmp_path):
    out = tmp_path / "flow.csv"
    call_command("prisma", review=review.slug, format="csv", out=str(out))
    with out.open(newline="") as file:
        numbers = {row["data"]: row["n"] for row in csv.DictReader(file)}
    assert numbers["database_results"] == "7"
    assert numbers["dbr_excluded"] == "Wrong population, 1"
    assert numbers["new_studies"] == "2"


def test_export_writes_what_the_owner_sees(review, ana, ben, flowing, tmp_path):
    vote(flowing.excluded, ben, what="exclude")
    for what, extension in [
        ("records", "ris"),
        ("decisions", "csv"),
        ("extraction", "csv"),
        ("analysis", "json"),
    ]:
        out = tmp_path / f"{what}.{extension}"
        call_command("export", review=review.slug, what=what, out=str(out))
        assert out.stat().st_size > 0
    assert json.loads((tmp_path / "analysis.json").read_text())["runs"] == []
    assert "exclude" in (tmp_path / "decisions.csv").read_text()


def run(*args, **options) -> dict:
    out = StringIO()
    call_command(*args, json=True, stdout=out, **options)
    return json.loads(out.getvalue())


def test_json_names_the_file_and_its_sum(review, ana, flowing, tmp_path):
    out = tmp_path / "flow.csv"
    told = run("prisma", review=review.slug, format="csv", out=str(out))
    sha256 = hashlib.sha256(out.read_bytes()).hexdigest()
    assert told == {
        "review": review.slug, "format": "csv", "out": str(out), "sha256": sha256, "problems": []
    }  # fmt: skip
    out = tmp_path / "records.ris"
    told = run("export", review=review.slug, what="records", out=str(out))
    assert told["sha256"] == hashlib.sha256(out.read_bytes()).hexdigest()
    assert (told["what"], told["format"], told["as"]) == ("records", "ris", "ana@example.org")


def test_numbers_that_do_not_add_up_are_said(review, flowing, tmp_path, monkeypatch):
    monkeypatch.setattr(FlowCounts, "problems", lambda counts: ["7 is not 8."])
    assert run("prisma", review=review.slug, format="svg", out=str(tmp_path / "x"))["problems"] == [
        "7 is not 8."
    ]
    err = StringIO()
    call_command("prisma", review=review.slug, format="svg", out=str(tmp_path / "x"), stderr=err)
    assert "The numbers do not add up: 7 is not 8." in err.getvalue()


def test_a_reviewer_gets_their_view_and_an_observer_none(review, ana, ben, cleo, flowing, tmp_path):
    vote(flowing.waiting, ben, what="include")
    out = tmp_path / "decisions.csv"
    for who, seen in [("ben", True), ("cleo", False), ("ana", False)]:
        call_command(
            "export", review=review.slug, what="decisions", out=str(out), member=f"{who}@example.org"
        )
        assert (f"\n{flowing.waiting.pk}," in out.read_text()) is seen, who
    join(review, make_user("olga"), "observer")
    with pytest.raises(CommandError, match=r"olga@example.org is observer of 'trd'; .* to export"):
        call_command("export", review=review.slug, what="decisions", out=str(out), member="olga@example.org")


def test_an_export_that_breaks_leaves_what_was_there(review, ana, tmp_path, monkeypatch):
    def breaks(**options):
        yield "half"
        raise UnknownExport("The disk of the tests is full.")

    monkeypatch.setattr(export, "build_export", breaks)
    out = tmp_path / "records.csv"
    out.write_text("from yesterday")
    with pytest.raises(CommandError, match="of the tests"):
        call_command("export", review=review.slug, what="records", out=str(out))
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [
        ("records.csv", "from yesterday")
    ]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"review": "nope", "what": "records", "out": "x.csv"}, "There is no review 'nope'"),
        ({"review": "trd", "what": "records", "out": "x.docx"}, "Choose one of: csv, ris"),
        ({"review": "trd", "what": "records", "out": "/nowhere/x.csv"}, "^/nowhere/x.csv: No such file"),
        ({"review": "trd", "what": "records", "out": "/etc/hosts/x.csv"}, "^/etc/hosts/x.csv: Not a dir"),
        (
            {"review": "trd", "what": "records", "out": "x.csv", "member": "eve@example.org"},
            "^eve@.* no.* member",
        ),
    ],
)
def test_bad_wishes_get_a_sentence(review, ana, options, sentence):
    with pytest.raises(CommandError, match=sentence):
        call_command("export", **options)


@pytest.mark.parametrize("out", ["", "-"])
def test_a_diagram_needs_a_file(review, out):
    with pytest.raises(CommandError, match="name of a file"):
        call_command("prisma", review=review.slug, format="csv", out=out)


def test_prisma_of_a_day_and_of_an_update(review, flowing, tmp_path):
    told = run("prisma", review=review.slug)
    assert told["counts"]["screened"] == 5
    yesterday = timezone.localdate() - timedelta(days=1)
    assert run("prisma", review=review.slug, as_of=str(yesterday))["counts"]["screened"] == 0
    out = tmp_path / "flow.csv"
    assert run("prisma", review=review.slug, format="csv", out=str(out), since="whole")["problems"] == []
    with pytest.raises(CommandError, match="There is no version 3"):
        call_command("prisma", review=review.slug, since="3")
    with pytest.raises(CommandError, match="together"):
        call_command("prisma", review=review.slug, format="csv")


def test_a_number_is_corrected_listed_and_taken_back(review, ana, flowing):
    asked = {"review": review.slug, "key": "databases", "name": "PsycINFO", "amount": 7, "reason": "By hand"}
    (made,) = run("adjust_flow", **asked)["corrections"]
    assert (made["key"], made["name"], made["amount"]) == ("databases", "PsycINFO", 7)
    assert dict(flow_counts(review).databases)["PsycINFO"] == 7
    with pytest.raises(CommandError, match="Give the reason"):
        call_command("adjust_flow", review=review.slug, key="screened", amount=1)
    assert run("adjust_flow", review=review.slug, list=True)["corrections"] == [made]
    assert run("adjust_flow", review=review.slug, withdraw=made["id"])["corrections"] == []
    with pytest.raises(CommandError, match="There is no correction"):
        call_command("adjust_flow", review=review.slug, withdraw=made["id"] + 1)
