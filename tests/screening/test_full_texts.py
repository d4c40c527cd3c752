"""Retrieving reports: states with their reasons, and PDFs that are PDFs."""

import hashlib
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction

from screening.models import FullText
from screening.services import NotAllowed, NotEligible, attach_full_text, set_full_text_state
from screening.services.full_texts import detach_pdf
from tests.factories import make_record
from tests.screening.conftest import FT

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"


def pdf(content=PDF, name="Nakagawa 2017.pdf"):
    return SimpleUploadedFile(name, content, "application/pdf")


def stored_files():
    return sorted(path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file())


@pytest.fixture
def sought(record, vote, ben, cleo):
    for reviewer in (ben, cleo):
        vote(reviewer, record, "include")
    return record


def test_states_are_told_with_their_why(review, sought, ben):
    full_text = set_full_text_state(
        review=review, record=sought, state="requested", requested_from="Interlibrary loan", by=ben
    )
    assert (full_text.state, full_text.requested_from) == ("requested", "Interlibrary loan")
    with pytest.raises(NotEligible, match="Say why"):
        set_full_text_state(review=review, record=sought, state="not_retrieved", by=ben)
    full_text = set_full_text_state(
        review=review, record=sought, state="not_retrieved", why_not="Author did not answer", by=ben
    )
    assert full_text.why_not == "Author did not answer"
    assert set_full_text_state(review=review, record=sought, state="retrieved", by=ben).why_not == ""


def test_nonsense_and_records_that_were_not_included_are_refused(review, sought, ben, ana):
    with pytest.raises(NotEligible, match="is not a state"):
        set_full_text_state(review=review, record=sought, state="lost", by=ben)
    with pytest.raises(NotEligible, match="has not been included"):
        set_full_text_state(review=review, record=make_record(review), state="retrieved", by=ana)


def test_who_may_not_manage_full_texts(review, sought, stan, eve):
    for someone in (stan, eve):
        with pytest.raises(NotAllowed):
            set_full_text_state(review=review, record=sought, state="retrieved", by=someone)
        with pytest.raises(NotAllowed):
            attach_full_text(review=review, record=sought, file=pdf(), by=someone)
    assert stored_files() == []


def test_a_pdf_is_kept_under_a_random_name_with_its_hash(review, sought, ben):
    full_text = attach_full_text(review=review, record=sought, file=pdf(), by=ben)
    assert full_text.state == FullText.State.RETRIEVED
    assert full_text.file_name == "Nakagawa 2017.pdf"
    assert "Nakagawa" not in full_text.file.name
    assert full_text.sha256 == hashlib.sha256(PDF).hexdigest()
    assert full_text.file.read() == PDF


def test_a_path_in_the_name_is_only_a_name(review, sought, ben):
    full_text = attach_full_text(review=review, record=sought, file=pdf(name="../../etc/x\x00y.pdf"), by=ben)
    assert full_text.file_name == "xy.pdf"


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"", "is empty"), (b"<html>%PDF-", "not a PDF"), (b"PK\x03\x04", "not a PDF"), (b"%PDF", "not a PDF")],
)
def test_what_is_not_a_pdf_is_refused(review, sought, ben, content, says):
    with pytest.raises(NotEligible, match=says):
        attach_full_text(review=review, record=sought, file=pdf(content), by=ben)
    assert stored_files() == []


def test_a_file_that_is_too_large_is_refused(review, sought, ben, settings):
    settings.UPLOAD_LIMIT_BYTES = 10
    with pytest.raises(NotEligible, match=r"at most 10.bytes"):
        attach_full_text(review=review, record=sought, file=pdf(), by=ben)


def test_a_replaced_pdf_stays_in_the_history_and_comes_back(review, sought, ben):
    attach_full_text(review=review, record=sought, file=pdf(), by=ben)
    full_text = attach_full_text(review=review, record=sought, file=pdf(PDF + b"%2", "Second.pdf"), by=ben)
    assert (full_text.file_name, full_text.file.read()) == ("Second.pdf", PDF + b"%2")
    assert [upload.state for upload in sought.pdf_uploads.all()] == ["matched", "replaced"]
    full_text = detach_pdf(review=review, record=sought, by=ben)
    assert (full_text.file_name, full_text.state) == ("Nakagawa 2017.pdf", "retrieved")
    full_text = detach_pdf(review=review, record=sought, by=ben)
    assert (full_text.file_name, full_text.state, full_text.retrieved_at) == ("", "sought", None)
    assert [upload.state for upload in review.pdf_uploads.all()] == ["unmatched", "unmatched"]
    with pytest.raises(NotEligible, match="No PDF is attached"):
        detach_pdf(review=review, record=sought, by=ben)


def test_taking_off_what_was_voted_on_keeps_it_retrieved(review, record, to_full_text, vote, ben):
    vote(ben, to_full_text(record), "include", stage=FT)
    attach_full_text(review=review, record=record, file=pdf(), by=ben)
    full_text = detach_pdf(review=review, record=record, by=ben)
    assert (full_text.state, full_text.file_name) == ("retrieved", "")


def test_a_refused_upload_leaves_no_file_behind(review, record, ben):
    with pytest.raises(NotEligible, match="has not been included"), transaction.atomic():
        attach_full_text(review=review, record=record, file=pdf(), by=ben)
    assert stored_files() == []


def test_what_was_read_stays_retrieved(review, record, to_full_text, vote, ben, cleo):
    vote(ben, to_full_text(record), "include", stage=FT)
    with pytest.raises(NotEligible, match="has been voted on"):
        set_full_text_state(review=review, record=record, state="sought", by=cleo)
    attach_full_text(review=review, record=record, file=pdf(), by=ben)
    with pytest.raises(NotEligible, match=r"PDF .* is attached"):
        set_full_text_state(review=review, record=record, state="not_retrieved", why_not="x", by=cleo)
