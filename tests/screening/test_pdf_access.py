"""Attacks on PDFs: strangers, people who left, addresses of other reviews, active content, caches, odd ranges."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from reviews.models import Membership
from screening.models import FullText, PdfUpload
from screening.services import attach_full_text
from screening.services.pdfs import take_pdfs
from tests.factories import join, make_record, make_review
from tests.pdfs import make_pdf

pytestmark = pytest.mark.django_db
DATA = make_pdf("Secret until published")


@pytest.fixture
def record(review, ben):
    record = make_record(review)
    FullText.objects.create(review=review, record=record)
    file = SimpleUploadedFile('He said "no"; ü.pdf', DATA)
    attach_full_text(review=review, record=record, file=file, by=ben)
    return record


@pytest.fixture
def upload(review, ben, work):
    uploads = take_pdfs(review=review, files=[SimpleUploadedFile("x.pdf", make_pdf("Other"))], by=ben).uploads
    work()
    return PdfUpload.objects.get(pk=uploads[0].pk)


def addresses(review, record, upload):
    return [
        reverse("screening:full_text_pdf", args=[review.slug, record.pk]),
        reverse("screening:full_text", args=[review.slug, record.pk]),
        reverse("screening:pdf_file", args=[review.slug, upload.pk]),
        reverse("screening:pdf_look", args=[review.slug, upload.pk]),
        reverse("screening:pdfs", args=[review.slug]),
        reverse("screening:open_access", args=[review.slug]),
        f"/api/reviews/{review.slug}/full-texts/{record.pk}/file/",
        f"/api/reviews/{review.slug}/pdf-uploads/",
        f"/api/reviews/{review.slug}/pdf-uploads/{upload.pk}/",
    ]


def test_a_stranger_and_one_who_left_find_nothing(as_user, review, record, upload, eve, cleo):
    Membership.objects.filter(review=review, user=cleo).update(left_at=timezone.now())
    for someone in (eve, cleo):
        for url in addresses(review, record, upload):
            answer = as_user(someone).get(url)
            assert answer.status_code == 404, url
            assert b"%PDF" not in answer.content


def test_nobody_signed_in_gets_the_sign_in_page(client, review, record, upload):
    for url in addresses(review, record, upload):
        assert client.get(url).status_code in (302, 401, 403)


def test_through_the_address_of_ones_own_review_nothing_comes(as_user, record, upload, eve):
    for name, pk in (("full_text_pdf", record.pk), ("pdf_file", upload.pk), ("pdf_look", upload.pk)):
        assert as_user(eve).get(reverse(f"screening:{name}", args=["other", pk])).status_code == 404
    to = {"record": record.pk}
    own = make_record(eve.memberships.get().review)
    FullText.objects.create(review=own.review, record=own)
    answer = as_user(eve).post(reverse("screening:pdf_attach", args=["other", upload.pk]), {"record": own.pk})
    assert answer.status_code == 404
    answer = as_user(eve).post(reverse("screening:pdf_detach", args=["other", record.pk]), to)
    assert answer.status_code == 404
    assert FullText.objects.get(record=record).file
    upload.refresh_from_db()
    assert upload.record is None


def test_a_member_of_both_reviews_cannot_carry_a_pdf_over(as_user, review, record, upload, ben):
    second = make_review("second")
    join(second, ben, "reviewer")
    answer = as_user(ben).post(
        reverse("screening:pdf_attach", args=["second", upload.pk]), {"record": record.pk}, follow=True
    )
    assert answer.status_code == 404


def test_one_who_may_only_look_reads_the_report_but_not_the_lot(as_user, review, record, upload, stan):
    client = as_user(stan)
    assert client.get(reverse("screening:full_text_pdf", args=[review.slug, record.pk])).status_code == 200
    for name, args in (
        ("pdfs", []),
        ("pdf_file", [upload.pk]),
        ("pdf_look", [upload.pk]),
        ("open_access", []),
    ):
        assert client.get(reverse(f"screening:{name}", args=[review.slug, *args])).status_code == 403
    for name in ("pdf_attach", "pdf_discard"):
        url = reverse(f"screening:{name}", args=[review.slug, upload.pk])
        assert client.post(url, {"record": record.pk}).status_code == 403
    assert client.post(reverse("screening:pdf_detach", args=[review.slug, record.pk])).status_code == 403


@pytest.mark.parametrize("api", [False, True])
def test_a_pdf_is_saved_not_opened_and_may_run_nothing(as_user, review, record, ben, api):
    url = reverse("screening:full_text_pdf", args=[review.slug, record.pk])
    answer = as_user(ben).get(f"/api/reviews/trd/full-texts/{record.pk}/file/" if api else url)
    assert b"".join(answer.streaming_content) == DATA
    assert answer["Content-Type"] == "application/pdf"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Disposition"].startswith("attachment; filename*=utf-8''He%20said")
    assert answer["Cache-Control"] == "private, no-store"
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    policy = answer["Content-Security-Policy"]
    assert "sandbox" in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert answer["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize(
    ("asked", "status", "says", "body"),
    [
        ("bytes=0-4", 206, f"bytes 0-4/{len(DATA)}", DATA[:5]),
        ("bytes=5-", 206, f"bytes 5-{len(DATA) - 1}/{len(DATA)}", DATA[5:]),
        ("bytes=-6", 206, f"bytes {len(DATA) - 6}-{len(DATA) - 1}/{len(DATA)}", DATA[-6:]),
        ("bytes=0-999999999999", 206, f"bytes 0-{len(DATA) - 1}/{len(DATA)}", DATA),
        ("bytes=999999-", 416, f"bytes */{len(DATA)}", b""),
        ("bytes=-0", 416, f"bytes */{len(DATA)}", b""),
        ("bytes=5-2", 416, f"bytes */{len(DATA)}", b""),
        ("bytes=0-1,3-4", 200, None, DATA),
        ("bytes=-", 200, None, DATA),
        ("lines=1-2", 200, None, DATA),
    ],
)
def test_pieces(as_user, review, record, ben, asked, status, says, body):
    url = reverse("screening:full_text_pdf", args=[review.slug, record.pk])
    answer = as_user(ben).get(url, headers={"Range": asked})
    assert (answer.status_code, answer.headers.get("Content-Range")) == (status, says)
    assert answer["Accept-Ranges"] == "bytes"
    assert (b"".join(answer.streaming_content) if answer.streaming else answer.content) == body
    if status == 206:
        assert answer["Content-Length"] == str(len(body))


def test_what_was_not_checked_yet_is_not_handed_out(as_user, review, ben):
    taken = take_pdfs(review=review, files=[SimpleUploadedFile("x.pdf", DATA)], by=ben)
    url = reverse("screening:pdf_file", args=[review.slug, taken.uploads[0].pk])
    assert as_user(ben).get(url).status_code == 404


def test_a_pdf_that_the_storage_lost_is_told(as_user, review, record, ben):
    full_text = FullText.objects.get(record=record)
    full_text.file.storage.delete(full_text.file.name)
    url = reverse("screening:full_text_pdf", args=[review.slug, record.pk])
    assert "missing from the storage" in as_user(ben).get(url, follow=True).text


def test_names_that_are_markup_stay_text(as_user, review, record, ben, work):
    name = "<script>alert(1)</script>.pdf"
    take_pdfs(review=review, files=[SimpleUploadedFile(name, make_pdf("q", title="<b onload=x>"))], by=ben)
    work()
    text = as_user(ben).get(reverse("screening:pdfs", args=[review.slug])).text
    assert "<script>alert" not in text
    assert "<b onload" not in text
    assert "&lt;b onload" in text
