"""manage.py prisma and manage.py export write what the pages download."""

import csv
import json

import pytest
from django.core.management import CommandError, call_command

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


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"review": "nope", "what": "records", "out": "x.csv"}, "There is no review 'nope'"),
        ({"review": "trd", "what": "records", "out": "x.docx"}, "Choose one of: csv, ris"),
        ({"review": "trd", "what": "records", "out": "/nowhere/x.csv"}, "No such file or directory"),
    ],
)
def test_bad_wishes_get_a_sentence(review, ana, options, sentence):
    with pytest.raises(CommandError, match=sentence):
        call_command("export", **options)
