"""Forms for programs and for the shell: the same verbs, the same refusals."""

import json

import pytest
from django.core.management import CommandError, call_command

from extraction import services
from extraction.models import Form
from tests.extraction.test_form_services import AGE, SITE, extract, publish, schema
from tests.factories import make_study

API = "/api/reviews/trd/"


def send(client, path, status=200, method="post", **body):
    answer = getattr(client, method)(f"{API}{path}", body, content_type="application/json")
    assert answer.status_code == status, answer.content
    return answer.json() if answer.content else None


def test_a_form_from_first_draft_to_take_over_by_programs(as_user, ana, ben, review):
    client = as_user(ana)
    study = make_study(review)
    made = send(client, "forms/", 201, name="Trials", schema=schema(AGE))
    form, url = Form.objects.get(), f"forms/{made['id']}/"
    assert (made["published"], made["open_version"]) == (None, form.versions.get().pk)
    drafted = send(
        client,
        f"{url}draft/",
        method="put",
        schema=schema(AGE, {"key": "x", "type": "choice"}),
        seen_version=1,
    )
    assert len(drafted["faults"]) == 2
    refused = send(client, f"{url}publish/", 422, seen_version=2)
    assert "First, field 'x': has no label" in refused["detail"]
    assert send(client, f"{url}undo/", seen_version=2)["faults"] == []
    assert send(client, f"{url}pilot/", studies=[study.pk])["state"] == "pilot"
    send(client, f"{url}pilot/", 400, studies=[study.pk], k=2)
    assert send(client, f"{url}end-pilot/")["state"] == "draft"
    send(client, f"{url}draft/", 409, method="put", schema=schema(SITE), seen_version=1)
    published = send(client, f"{url}publish/", seen_version=5)
    extraction = extract(study, form.versions.get(), ben, {"age": "40"})
    assert send(client, f"{url}begin/")["number"] == 2
    assert send(client, f"{url}add-section/", key="remarks", seen_version=1)["seen_version"] == 2
    send(client, f"{url}publish/", seen_version=2)
    told = client.get(f"{API}{url}changes/").json()
    assert told["versions"][0]["changes"][0] == "The section 'Remarks' is new."
    assert [one["field"] for one in told["outdated"][0]["lacks"]] == ["conclusion", "extractor_note"]
    moved = send(as_user(ben), "forms/take-over/", extraction=extraction.pk, seen_version=1)
    assert (moved["version"], moved["left"]) == (2, [])
    rows = client.get(f"{API}form-versions/{published['id']}/codebook/").json()
    assert rows[0]["key"] == "age"
    assert send(client, url, method="patch", name="Renamed", designs=["cohort"])["designs"] == ["cohort"]
    assert send(client, f"{url}retire/")["retired_at"]
    assert send(client, f"{url}restore/")["retired_at"] is None
    assert len(client.get(f"{API}form-versions/?state=published").json()["results"]) == 2


def test_programs_of_those_who_may_not_build_are_refused(as_user, ana, ben, cleo, eve, review):
    form = services.create_form(review=review, name="Trials", by=ana, schema=schema(AGE))
    publish(form, ana)
    hers = extract(make_study(review), form.versions.get(), cleo, {}, kind="independent")
    publish(form, ana, schema(AGE, SITE))
    send(as_user(ben), f"forms/{form.pk}/begin/", 403)
    send(as_user(eve), f"forms/{form.pk}/begin/", 404)
    send(as_user(ben), "forms/take-over/", 404, extraction=hers.pk, seen_version=1)


def command(*args):
    call_command("extraction_forms", "--review", "trd", *args)


def test_the_shell_makes_pilots_publishes_and_exports(review, ana, tmp_path, capsys):
    study = make_study(review, "Nakagawa 2017")
    file, out = tmp_path / "form.json", tmp_path / "out.json"
    file.write_text(json.dumps(schema(AGE)))
    command("--make", "Trials", "--file", str(file), "--design", "cohort")
    command("--section", "funding")
    command("--undo")
    command("--pilot-study", "Nakagawa 2017")
    assert services.form_of(study) is not None
    command("--end-pilot")
    command("--publish", "--note", "First")
    file.write_text(json.dumps(schema(AGE, SITE)))
    command("--import", "--file", str(file))
    command("--export", str(out))
    assert json.loads(out.read_text()) == {"name": "Trials", **schema(AGE, SITE)}
    command("--codebook", str(out))
    assert out.read_text().splitlines()[2].startswith("First,,site,Site,text")
    command("--discard")
    command("--begin")
    command("--discard")
    command("--every-design")
    command("--rename", "All")
    command("--retire")
    capsys.readouterr()
    command("--form", "All", "--restore", "--json")
    assert json.loads(capsys.readouterr().out) == {
        "forms": [{"name": "All", "designs": [], "retired": False, "versions": ["version 1 published"]}]
    }
    command("--take-over")
    assert capsys.readouterr().out == "0 extractions moved.\n"


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--publish"], "Name the form with --form. Forms of 'trd': none yet."),
        (["--import"], "Name the form"),
        (["--make", "A", "--file", "/nowhere.json"], "No such file"),
        (["--make", "A", "--by", "ben@example.org"], "lacks the right to amend protocol"),
    ],
)
def test_the_shell_says_what_is_missing(review, ana, ben, args, said):
    with pytest.raises(CommandError, match=said):
        command(*args)


def test_a_file_that_is_no_form_changes_nothing(review, ana, tmp_path):
    file = tmp_path / "form.json"
    for text, said in (("{", "cannot be read as JSON"), ("[]", "needs a list named 'sections'")):
        file.write_text(text)
        with pytest.raises(CommandError, match=said):
            command("--make", "A", "--file", str(file))
    assert not Form.objects.exists()
