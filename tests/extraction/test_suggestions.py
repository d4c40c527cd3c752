"""From a PDF to a value somebody accepted: read in the background, nothing stored before, its source kept."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command

from extraction import services
from extraction.models import Characteristic, Source, Value
from extraction.services.suggestions import accept_suggestion, request_suggestions, suggestions_of
from reviews.errors import Conflict, Refused
from reviews.models import Job
from screening.models import FullText
from screening.services import attach_full_text
from tests.factories import join, make_user
from tests.pdfs import make_pdf

pytestmark = pytest.mark.django_db
METHODS = """Methods
We randomly assigned 80 adults with depression to mind-
fulness-based therapy or to usual care. The study was carried
out at a university hospital in Japan. Trial registration: UMIN000012345."""
FIRST = "We randomly assigned 80 adults with depression to mindfulness-based therapy or to usual care."


def attach(study, by, *pages: str) -> FullText:
    full_text = FullText.objects.create(review=study.review, record=study.reports.get().record)
    file = SimpleUploadedFile("nakagawa.pdf", make_pdf(*pages))
    return attach_full_text(review=study.review, record=full_text.record, file=file, by=by)


@pytest.fixture
def full_text(study, ben):
    return attach(study, ben, "A trial of mindfulness for depression\n" * 4, METHODS)


def test_reading_stores_nothing_until_somebody_accepts(as_user, full_text, study, ben, work):
    client, page = as_user(ben), f"/reviews/trd/extraction/studies/{study.pk}/suggestions/"
    assert "nakagawa.pdf was not read yet" in client.get(page).content.decode()
    client.post(f"{page}read/", {"report": full_text.record_id})
    assert "Reading nakagawa.pdf" in client.get(page).content.decode()
    (job,) = work()
    assert job.state == Job.State.DONE, job.error
    shown = client.get(page).content.decode()
    assert FIRST in shown
    assert "quote=We%20randomly%20assigned" in shown
    assert not Source.objects.exists()
    assert not Characteristic.objects.exists()
    sent = {"full_text": full_text.pk, "value": "Japan", "sentence": "In Japan.", "page": 2, "seen": ""}
    sent |= {"place": "characteristic", "characteristic": "Country"}
    client.post(f"{page}accept/", sent)
    fact = Characteristic.objects.get()
    assert (fact.name, fact.value) == ("Country", "Japan")
    assert (fact.sources.get().page, fact.sources.get().quote) == (2, "In Japan.")
    again = client.post(f"{page}accept/", sent | {"value": "Peru"}, follow=True)
    assert "was changed in the meantime" in again.content.decode()
    assert Characteristic.objects.get().value == "Japan"
    refused = client.post(f"{page}accept/", sent | {"place": "arm:999:1"}, follow=True)
    assert "not an arm of the study" in refused.content.decode()


def test_an_arm_takes_the_number_and_the_sentence(full_text, study, ben, work):
    request_suggestions(full_text=full_text, by=ben)
    assert (
        request_suggestions(full_text=full_text, by=ben).pk == Job.objects.get(task="extraction.suggest").pk
    )
    work()
    found = {one.key: one for one in suggestions_of(full_text)[1]}
    assert found["randomised"].value == "80"
    assert found["registration"].value == "UMIN000012345"
    arm = study.arms.first()
    given = {
        "full_text": full_text,
        "sentence": found["randomised"].sentence,
        "page": 2,
        "by": ben,
        "arm": arm,
    }
    for wrong in ({"value": "many", "seen_version": 1}, {"value": "80", "seen_version": 7}):
        with pytest.raises(Refused):
            accept_suggestion(**given, **wrong)
        assert not Source.objects.exists()
    accept_suggestion(**given, value="80", seen_version=1)
    arm.refresh_from_db()
    assert (arm.n_randomised, arm.sources.get().quote) == (80, FIRST)


def test_a_field_of_the_form_takes_it_and_a_colleagues_value_stays(
    full_text, study, review, ana, ben, cleo, as_user
):
    form = services.create_form(review=review, name="Main", by=ana)
    services.add_standard_section(
        version=form.versions.get(), key="study_characteristics", by=ana, seen_version=1
    )
    services.publish_form(version=form.versions.get(), by=ana, seen_version=2)
    page = f"/reviews/trd/extraction/studies/{study.pk}/suggestions/accept/"
    sent = {"full_text": full_text.pk, "value": "Japan", "sentence": "In Japan.", "page": 2}
    as_user(ben).post(page, sent | {"place": "form:country:0"})
    value = Value.objects.get()
    assert (value.field, value.value, value.changed_by) == ("country", "Japan", ben)
    assert value.sources.get().quote == "In Japan."
    as_user(cleo).post(page, sent | {"place": "form:country:0", "value": "Peru"})
    assert Value.objects.get().value == "Japan"


def test_a_scan_and_a_damaged_file_say_so(study, ben, work):
    request_suggestions(full_text=attach(study, ben, "", ""), by=ben)
    (job,) = work()
    assert job.state == Job.State.FAILED
    assert "probably a scan" in job.error


def test_who_only_reads_cannot_accept(as_user, full_text, study, review):
    olaf = join(review, make_user("olaf"), "observer").user
    page = f"/reviews/trd/extraction/studies/{study.pk}/suggestions/"
    assert as_user(olaf).get(page).status_code == 200
    assert as_user(olaf).post(f"{page}accept/", {}).status_code == 403


def test_for_programs_and_the_shell(as_user, full_text, study, ben, work, capsys):
    client, one = as_user(ben), f"/api/reviews/trd/suggestions/{full_text.pk}/"
    assert client.get(one).json()["suggestions"] == []
    assert client.post(f"{one}read/").status_code == 202
    work()
    first = client.get(one).json()["suggestions"][0]
    body = {name: first[name] for name in ("value", "sentence", "page")} | {"characteristic": "Size"}
    assert client.post(f"{one}accept/", body, content_type="application/json").status_code == 201
    both = body | {"arm": study.arms.first().pk}
    assert client.post(f"{one}accept/", both, content_type="application/json").status_code == 400

    def run(*options: str) -> dict:
        call_command(
            "suggest",
            "--review",
            "trd",
            "--by",
            ben.email,
            "--report",
            str(full_text.record_id),
            *options,
            "--json",
        )
        return json.loads(capsys.readouterr().out)

    listed = run()["suggestions"]
    country = next(one["number"] for one in listed if one["key"] == "country")
    kept = run("--accept", str(country), "--characteristic", "Country", "--value", "Japan (Tokyo)")
    assert kept["quote"].startswith("The study was carried out")
    assert Characteristic.objects.get(name="Country").value == "Japan (Tokyo)"
    with pytest.raises(Conflict):
        accept_suggestion(
            full_text=full_text,
            value="x",
            sentence="y",
            page=1,
            by=ben,
            characteristic="Country",
            seen="Peru",
        )
