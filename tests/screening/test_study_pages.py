"""The pages of full texts, studies and agreement: retrieval, guarded PDFs, grouping."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from screening.models import FullText, Study
from screening.services import attach_full_text
from tests.factories import make_record

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7\n%%EOF\n"


def url(name, *args):
    return reverse(f"screening:{name}", args=["trd", *args])


@pytest.fixture
def sought(record, vote, ben, cleo):
    vote(ben, record, "include")
    vote(cleo, record, "include")
    return record


def test_retrieval_is_set_from_the_list_and_from_its_page(sought, as_user, ben):
    client = as_user(ben)
    response = client.post(url("full_text_state", sought.pk), {"state": "retrieved", "from": "list"})
    assert response["Location"] == url("full_texts")
    assert FullText.objects.get().state == "retrieved"
    response = client.post(url("full_text_state", sought.pk), {"state": "not_retrieved"})
    assert response.status_code == 422
    assert "Say why the full text could not be retrieved" in response.content.decode()
    client.post(url("full_text_state", sought.pk), {"state": "not_retrieved", "why_not": "Out of print"})
    assert "Out of print" in client.get(url("full_texts")).content.decode()


def test_a_pdf_is_attached_and_served_locked_down(sought, as_user, ben, eve):
    client = as_user(ben)
    file = SimpleUploadedFile("paper.pdf", PDF)
    assert client.post(url("full_text_file", sought.pk), {"file": file}).status_code == 302
    response = client.get(url("full_text_pdf", sought.pk))
    assert b"".join(response.streaming_content) == PDF
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == 'attachment; filename="paper.pdf"'
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in response["Content-Security-Policy"]
    assert "sandbox" in response["Content-Security-Policy"]
    assert "script-src" not in response["Content-Security-Policy"]
    assert as_user(eve).get(url("full_text_pdf", sought.pk)).status_code == 404


def test_what_is_no_pdf_is_sent_back(sought, as_user, ben):
    file = SimpleUploadedFile("page.pdf", b"<html>", content_type="application/pdf")
    response = as_user(ben).post(url("full_text_file", sought.pk), {"file": file})
    assert response.status_code == 422
    assert "page.pdf is not a PDF" in response.content.decode()
    assert as_user(ben).get(url("full_text_pdf", sought.pk), follow=True).redirect_chain


def test_a_lost_file_is_told_in_a_sentence(review, sought, as_user, ben):
    full_text = attach_full_text(review=review, record=sought, file=SimpleUploadedFile("a.pdf", PDF), by=ben)
    full_text.file.storage.delete(full_text.file.name)
    response = as_user(ben).get(url("full_text_pdf", sought.pk), follow=True)
    assert response.redirect_chain[-1][0] == url("full_text", sought.pk)
    assert "is missing from the storage" in response.content.decode()
    assert as_user(ben).get(f"/api/reviews/trd/full-texts/{sought.pk}/file/").status_code == 404


def test_studies_are_renamed_grouped_and_separated(review, include, as_user, ben):
    first, second = include(make_record(review, "Main paper")), include(make_record(review, "Follow-up"))
    client = as_user(ben)
    assert client.post(url("study_rename", first.pk), {"label": second.label}).status_code == 422
    client.post(url("study_rename", first.pk), {"label": "CBT trial"})
    assert "Choose at least one report" in client.post(url("study_group", first.pk), {}).content.decode()
    report = second.reports.get()
    client.post(url("study_group", first.pk), {"reports": [report.pk]})
    page = client.get(url("studies")).content.decode()
    assert "CBT trial" in page
    assert "Main paper" in page
    assert "Follow-up" in page
    assert Study.objects.count() == 1
    response = client.post(url("report_separate", report.pk))
    assert response["Location"] == url("study", Study.objects.exclude(pk=first.pk).get().pk)


def test_the_design_is_set_on_the_list_and_on_the_study(review, include, as_user, ben, stan):
    first, second = include(make_record(review, "Main paper")), include(make_record(review, "Follow-up"))
    client = as_user(ben)
    both = {"studies": [first.pk, second.pk], "design": "randomised_cluster"}
    assert client.post(url("study_design"), both)["Location"] == url("studies")
    assert client.get(url("studies")).content.decode().count("Randomised trial, clusters") >= 3
    one = {"studies": [first.pk], "design": "", "one": "1"}
    assert client.post(url("study_design"), one)["Location"] == url("study", first.pk)
    assert "Design not known yet" in client.get(url("study", first.pk)).content.decode()
    refused = client.post(url("study_design"), {"design": "cohort"})
    assert refused.status_code == 422
    assert "Choose the studies first" in refused.content.decode()
    assert as_user(stan).post(url("study_design"), both).status_code == 403


def test_agreement_counts_complete_records_and_conflicts(review, vote, as_user, ben, cleo, dora):
    for first, second in (
        ("include", "include"),
        ("exclude", "exclude"),
        ("maybe", "exclude"),
        ("include", None),
    ):
        record = make_record(review)
        vote(ben, record, first)
        if second:
            vote(cleo, record, second)
    pairs = as_user(dora).get(url("agreement")).context["pairs"]
    assert [(str(pair.first), str(pair.second), pair.agreement.table) for pair in pairs] == [
        ("Ben", "Cleo", ((1, 1), (0, 1)))
    ]
    assert "0.667" in as_user(dora).get(url("agreement")).content.decode()
