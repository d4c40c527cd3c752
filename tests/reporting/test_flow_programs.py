"""The drawing of the flow diagram through the API and by command."""

import json
from io import StringIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command

from reporting.diagram import settings_of
from reporting.models import Adjustment
from tests.reporting.test_flow_settings import CSV


def csv() -> SimpleUploadedFile:
    return SimpleUploadedFile("PRISMA.csv", CSV)


def test_settings_by_program(review, ana, as_user):
    client, url = as_user(ana), f"/api/reviews/{review.slug}/flow/drawing/"
    assert client.get(url).json()["version"] == 0
    sent = {"seen_version": 0, "template": "new", "labels": {"screened": "Read"}}
    told = client.patch(url, sent, content_type="application/json").json()
    assert (told["version"], told["template"], told["labels"]) == (1, "new", {"screened": "Read"})
    assert client.patch(url, sent, content_type="application/json").status_code == 409
    wrong = client.patch(url, {"seen_version": 1, "template": "v9"}, content_type="application/json")
    assert wrong.status_code == 422
    assert "choose one of auto, new" in wrong.json()["detail"]


def test_files_by_program(review, ana, ben, eve, flowing, as_user):
    url = f"/api/reviews/{review.slug}/flow/file/csv/"
    assert b"records_screened" in as_user(ben).get(url).content
    assert as_user(ana).get(url.replace("csv", "pptx")).content.startswith(b"PK")
    assert as_user(ana).get(url.replace("csv", "gif")).status_code == 404
    before = as_user(ana).get(url, {"as_of": "2000-01-01"}).content
    assert b"records_screened.html,0" in before
    assert as_user(ana).get(url, {"as_of": "soon"}).status_code == 422
    assert as_user(eve).get(url).status_code == 404


def test_a_csv_by_program(review, ana, ben, flowing, as_user):
    client, base = as_user(ana), f"/api/reviews/{review.slug}/flow"
    found = client.post(f"{base}/compare/", {"file": csv()}).json()
    assert found["numbers"][0] | {} == {
        "id": "screened", "row": 2, "key": "screened", "name": "", "ours": 5, "theirs": 9, "amount": 4,
    }  # fmt: skip
    assert found["same"] == 0
    filled = client.post(f"{base}/filled-file/", {"file": csv()}).content
    assert filled == CSV.replace(b",9\r", b",5\r").replace(b'"Wrong population, 4"', b'"Wrong population, 1"')
    chosen = {"numbers": json.dumps({"screened": 5}), "labels": '["screened"]', "reason": "On paper"}
    assert as_user(ben).post(f"{base}/take/", {"file": csv(), **chosen}).status_code == 403
    client = as_user(ana)
    taken = client.post(f"{base}/take/", {"file": csv(), **chosen})
    assert taken.status_code == 201
    assert taken.json() == {"adjustments": [Adjustment.objects.get().pk], "labels": ["screened"]}
    assert (
        client.post(f"{base}/take/", {"file": csv(), **chosen}).status_code == 422
    )  # nothing differs any more
    for nonsense in ("[1]", '{"a": "b"}', "[" * 100_000, "x", '{"a": true}'):
        assert client.post(f"{base}/take/", {"file": csv(), "numbers": nonsense}).status_code == 400
    assert client.post(f"{base}/compare/", {"file": SimpleUploadedFile("x", b"")}).status_code == 422
    assert Adjustment.objects.count() == 1


def run(*args: str) -> dict:
    out = StringIO()
    call_command(*args, "--json", stdout=out)
    return json.loads(out.getvalue())


def test_settings_by_command(review, ana):
    told = run("flow_settings", "--review", review.slug, "--template", "updated", "--no-each-database",
               "--label", "screened=Titles = read", "--label", "databases:MEDLINE=Ovid")  # fmt: skip
    assert (told["version"], told["each_database"], told["labels"]) == (
        1, False, {"screened": "Titles = read", "databases:MEDLINE": "Ovid"},
    )  # fmt: skip
    assert run("flow_settings", "--review", review.slug)["version"] == 1
    run("flow_settings", "--review", review.slug, "--label", "screened=")
    assert settings_of(review).labels == {"databases:MEDLINE": "Ovid"}
    with pytest.raises(CommandError, match="write KEY=WORDS"):
        run("flow_settings", "--review", review.slug, "--label", "screened")
    with pytest.raises(CommandError, match="no label 'x'"):
        run("flow_settings", "--review", review.slug, "--label", "x=y")


def test_a_csv_by_command(review, ana, ben, flowing, tmp_path):
    file, out = tmp_path / "old.csv", tmp_path / "new.csv"
    file.write_bytes(CSV)
    asked = ("prisma_csv", "--review", review.slug, "--file", str(file))
    assert [one["id"] for one in run(*asked)["numbers"]] == ["screened", "reasons:Wrong population"]
    told = StringIO()
    call_command(*asked, stdout=told)
    assert "screened (Records screened): here 5, file 9" in told.getvalue()
    run(*asked, "--fill", str(out))
    assert out.read_bytes().startswith(b"data,boxtext,n\r\nrecords_screened,Titles read,5")
    assert not Adjustment.objects.exists()
    with pytest.raises(CommandError, match="lacks the right to publish"):
        run(*asked, "--take", "all", "--reason", "x", "--as", ben.email)
    with pytest.raises(CommandError, match="not both at once"):
        run(*asked, "--take", "all", "--fill", str(out))
    with pytest.raises(CommandError, match="no other number for “excluded”"):
        run(*asked, "--take", "excluded", "--reason", "x")
    taken = run(*asked, "--take", "all", "--label", "all", "--reason", "On paper", "--as", ana.email)
    assert len(taken["adjustments"]) == 2
    assert settings_of(review).labels == {"screened": "Titles read"}
