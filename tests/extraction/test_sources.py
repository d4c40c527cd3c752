"""Where extracted things stand: added, removed and brought back, carried to a correction, blinded, and shown."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from extraction import services
from extraction.models import Extraction, Form, FormVersion, Source, Value
from extraction.provenance import first_sources, show_sources
from extraction.services.sources import REMOVED
from reviews.errors import Refused
from reviews.models import AuditEvent
from screening.models import FullText
from screening.services import attach_full_text
from tests.factories import make_record, make_study
from tests.pdfs import make_pdf

pytestmark = pytest.mark.django_db


@pytest.fixture
def full_text(review, study, ben):
    """The PDF of the study's report, of three pages."""
    found = FullText.objects.create(review=review, record=study.reports.get().record)
    file = SimpleUploadedFile("nakagawa.pdf", make_pdf("Title", "Table 2", "Discussion"))
    found = attach_full_text(review=review, record=found.record, file=file, by=ben)
    found.record.pdf_uploads.update(pages=3)
    return found


@pytest.fixture
def result(record, ben):
    return record(ben)


def own_extraction(study, by):
    return Extraction.objects.create(review=study.review, study=study, extractor=by, kind="independent")


def test_a_number_points_to_page_quote_and_box(result, full_text, ben):
    source = services.add_source(
        by=ben,
        result=result,
        field="mean1",
        full_text=full_text,
        page=2,
        quote=" 8.2 (4.7)\n in the therapy group ",
        locator="Table 2",
        boxes=[[0.1, 0.2, 0.30001, 0.4]],
    )
    assert (source.quote, source.boxes) == ("8.2 (4.7) in the therapy group", [[0.1, 0.2, 0.3, 0.4]])
    assert (source.place, source.study) == ("p. 2, Table 2", result.study)
    event = AuditEvent.objects.latest("pk")
    assert event.verb == "extraction.source_added"
    assert (event.detail["of_id"], event.blinded) == (result.pk, False)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({}, "Say where it stands"),
        ({"page": 4}, "nakagawa.pdf has 3 pages; there is no page 4"),
        ({"page": 0}, "Pages count from 1"),
        ({"page": 2, "field": "mean3"}, "'mean3' is not a number of this result"),
        ({"page": 2, "boxes": [[0, 0, 1]]}, "A box is"),
        ({"page": 2, "boxes": [[0.5, 0, 0.4, 1]]}, "A box is"),
        ({"page": 2, "boxes": [["a", None, {}, 1]]}, "A box is"),
        ({"quote": "x", "boxes": [[0, 0, 1, 1]]}, "A box is on a page"),
        ({"quote": "x" * 5001}, "5,001 characters"),
        ({"locator": "x" * 121}, "at most 120"),
    ],
)
def test_nonsense_is_refused_and_nothing_kept(result, full_text, ben, wrong, says):
    with pytest.raises(Refused, match=says):
        services.add_source(by=ben, result=result, full_text=full_text, **wrong)
    assert not Source.objects.exists()


def test_another_studys_report_and_the_same_source_again_are_refused(result, review, full_text, ben):
    other = FullText.objects.create(review=review, record=make_study(review).reports.get().record)
    with pytest.raises(services.NotOfThisStudy):
        services.add_source(by=ben, result=result, full_text=other, page=1)
    services.add_source(by=ben, result=result, full_text=full_text, page=1)
    with pytest.raises(services.AlreadyRecorded):
        services.add_source(by=ben, result=result, full_text=full_text, page=1)


def test_removed_and_brought_back(result, full_text, review, ben):
    source = services.add_source(by=ben, result=result, full_text=full_text, page=2, quote="8.2 (4.7)")
    event = services.remove_source(source=source, by=ben)
    assert not Source.objects.exists()
    back = services.restore_source(review=review, event=event, by=ben)
    assert (back.result, back.full_text, back.page, back.quote) == (result, full_text, 2, "8.2 (4.7)")
    with pytest.raises(services.AlreadyRecorded):
        services.restore_source(review=review, event=event, by=ben)


def test_a_correction_takes_its_sources_along_and_the_old_version_is_closed(result, full_text, review, ben):
    services.add_source(by=ben, result=result, field="mean1", full_text=full_text, page=2)
    gone = services.add_source(by=ben, result=result, locator="Table 2")
    event = services.remove_source(source=gone, by=ben)
    corrected = services.correct_result(
        result=result, by=ben, changes={"mean1": 8.3}, why="typo", seen_version=1
    )
    assert [(one.field, one.page) for one in corrected.sources.all()] == [("mean1", 2)]
    assert result.sources.count() == 1
    for change in (
        lambda: services.add_source(by=ben, result=result, page=1),
        lambda: services.remove_source(source=result.sources.get(), by=ben),
        lambda: services.restore_source(review=review, event=event, by=ben),
    ):
        with pytest.raises(services.NotPossible, match="no longer in use"):
            change()
    assert services.carry_sources(result, corrected) == 0


def test_values_arms_and_characteristics_have_sources_too(study, ben, full_text):
    form = Form.objects.create(review=study.review, name="Main", created_by=ben)
    version = FormVersion.objects.create(form=form, schema={"sections": []}, made_by=ben)
    shared = Extraction.objects.create(
        review=study.review, study=study, extractor=ben, kind="consensus", form_version=version
    )
    value = Value.objects.create(extraction=shared, field="country", value="Japan", changed_by=ben)
    arm = study.arms.first()
    fact = services.set_characteristic(study=study, name="therapy", value="CBT", by=ben)
    for target in ({"value": value}, {"arm": arm}, {"characteristic": fact}):
        services.add_source(by=ben, full_text=full_text, page=1, **target)
    assert Source.objects.filter(study=study).count() == 3
    services.remove_arm(arm=arm, by=ben)
    services.set_characteristic(study=study, name="therapy", value="", by=ben)
    assert Source.objects.get().value == value


def test_sources_of_a_colleagues_draft_are_invisible_and_not_ours_to_change(
    record, study, full_text, review, ben, cleo, as_user
):
    mine = record(ben, extraction=own_extraction(study, ben))
    source = services.add_source(by=ben, result=mine, full_text=full_text, page=2, quote="8.2")
    for who, status in ((ben, 200), (cleo, 404)):
        for path in (f"sources/{source.pk}/", f"results/{mine.pk}/sources/"):
            assert as_user(who).get(f"/reviews/trd/extraction/{path}").status_code == status
        listed = as_user(who).get("/api/reviews/trd/sources/").json()["results"]
        assert len(listed) == (who == ben)
    assert as_user(cleo).post(f"/reviews/trd/extraction/sources/{source.pk}/remove/").status_code == 404
    with pytest.raises(services.NotPossible, match="colleague's own"):
        services.remove_source(source=source, by=cleo)
    membership = review.memberships.get(user=cleo)
    assert first_sources(membership, [mine.pk]) == {}
    told = AuditEvent.objects.filter(review=review, verb="extraction.source_added").visible_to(cleo)
    assert not told.exists()


def test_many_sources_cost_one_query(study, record, ben, review, django_assert_num_queries):
    results = [record(ben, scale=f"Scale {number}") for number in range(6)]
    for one in results:
        services.add_source(by=ben, result=one, page=3)
    membership = review.memberships.select_related("user", "review").get(user=ben)
    with django_assert_num_queries(1):
        show_sources(membership, results)
    assert [len(one.sources_shown) for one in results] == [1] * 6


def test_the_page_takes_what_was_typed_and_offers_to_undo(as_user, result, full_text, ben):
    client, page = as_user(ben), f"/reviews/trd/extraction/results/{result.pk}/sources/"
    assert b"nakagawa.pdf" in client.get(page).content
    typed = {"full_text": full_text.pk, "field": "sd1", "page": "2", "quote": "SD 4.7", "boxes": ""}
    assert client.post(page, typed | {"page": "9"}).status_code == 422
    assert client.post(page, typed | {"boxes": "[1"}).status_code == 422
    assert client.post(page, typed | {"boxes": "[[0.1, 0.1, 0.2, 0.2]]"}).status_code == 302
    source = Source.objects.get()
    shown = client.get(f"/reviews/trd/extraction/sources/{source.pk}/").content.decode()
    assert 'data-pdf-at="2" data-pdf-quote="SD 4.7" data-pdf-boxes="[[0.1, 0.1, 0.2, 0.2]]"' in shown
    assert "SD, experimental" in shown
    address = f"/reviews/trd/extraction/sources/{source.pk}/"
    assert f'<a href="{address}" title="p. 2">4.7</a>' in shown
    assert f'<a href="{address}" title="p. 2">8.2</a>' not in shown
    assert (
        f"/extraction/sources/{source.pk}/"
        in client.get(f"/reviews/trd/extraction/results/{result.pk}/").content.decode()
    )
    answer = client.post(f"/reviews/trd/extraction/sources/{source.pk}/remove/", follow=True)
    assert "The source was removed." in answer.content.decode()
    event = AuditEvent.objects.get(verb=REMOVED)
    client.post(f"/reviews/trd/extraction/sources/removed/{event.pk}/undo/")
    assert Source.objects.get().quote == "SD 4.7"


def test_the_reports_of_a_study_can_be_chosen(as_user, result, full_text, review, study, ben):
    second = FullText.objects.create(review=review, record=make_record(review))
    study.reports.create(record=second.record)
    attach_full_text(
        review=review, record=second.record, file=SimpleUploadedFile("b.pdf", make_pdf("B")), by=ben
    )
    page = f"/reviews/trd/extraction/results/{result.pk}/sources/"
    assert f"full-texts/{full_text.record_id}/pdf/" in as_user(ben).get(page).content.decode()
    other = as_user(ben).get(f"{page}?report={second.record_id}").content.decode()
    assert f'data-pdf="/reviews/trd/full-texts/{second.record_id}/pdf/"' in other


def test_for_programs(as_user, result, full_text, ben, stan):
    client = as_user(ben)
    body = {"result": result.pk, "field": "mean1", "full_text": full_text.pk, "page": 2, "quote": "8.2"}
    made = client.post("/api/reviews/trd/sources/", body, content_type="application/json")
    assert made.status_code == 201, made.content
    assert made.json()["record"] == full_text.record_id
    two = body | {"arm": result.experimental_id}
    refused = client.post("/api/reviews/trd/sources/", two, content_type="application/json")
    assert refused.status_code in (400, 422)
    found = client.get(f"/api/reviews/trd/sources/?result={result.pk}").json()["results"]
    assert [one["quote"] for one in found] == ["8.2"]
    gone = client.delete(f"/api/reviews/trd/sources/{found[0]['id']}/")
    assert gone.status_code == 200
    back = client.post(f"/api/reviews/trd/sources/restore/{gone.json()['event']}/")
    assert back.status_code == 201
    assert Source.objects.get().quote == "8.2"


def test_from_the_shell(result, full_text, ben, capsys):
    from django.core.management import call_command

    def run(*options: str) -> dict:
        call_command("sources", "--review", "trd", "--by", ben.email, *options, "--json")
        return json.loads(capsys.readouterr().out)

    record = str(full_text.record_id)
    run("--result", str(result.pk), "--field", "mean1", "--report", record, "--page", "2", "--quote", "8.2")
    (listed,) = run("--study", result.study.label)["sources"]
    assert (listed["page"], listed["quote"]) == (2, "8.2")
    event = run("--remove", str(listed["id"]))["event"]
    assert run("--study", result.study.label)["sources"] == []
    run("--restore", str(event))
    assert Source.objects.get().field == "mean1"
