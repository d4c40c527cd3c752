"""Files that are not what they say, names that want to go elsewhere, and more than anybody should send."""

import re

import pytest
from django.conf import settings
from django.core.files import uploadhandler
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from records.models import ImportBatch
from reviewapp.uploads import CutAtLimit
from screening.models import FullText
from tests.security.tools import fingerprint
from tests.security.world import PDF, RIS, World

pytestmark = pytest.mark.django_db
NAMES = {
    "../../../../etc/passwd.pdf": "passwd.pdf",
    "..\\..\\windows\\system.pdf": "system.pdf",
    "/etc/cron.d/job.pdf": "job.pdf",
    'a\r\nSet-Cookie: x=1; "b".pdf': None,
    "<img src=x onerror=alert(1)>.pdf": None,
    "gpj\u202efdp.pdf": "gpjfdp.pdf",
    "n" * 300 + ".pdf": None,
    "\U0001f600 α.pdf": None,
    "a\x00b.pdf": None,
    ".": None,
}


def file_named(name: str, content: bytes) -> SimpleUploadedFile:
    file = SimpleUploadedFile("x", content, "application/pdf")
    file._name = name  # past Django's own cleaning of names on our side of the wire
    return file


def attach(client: Client, world: World, content: bytes, name: str = "paper.pdf"):
    address = reverse("screening:full_text_file", args=[world.review.slug, world.disputed.pk])
    return client.post(address, {"file": file_named(name, content)})


def stored() -> list[str]:
    root = settings.MEDIA_ROOT
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def test_a_name_is_shown_but_never_obeyed(here, as_user):
    client, before = as_user(here.people["librarian"]), set(stored())
    for number, (name, shown) in enumerate(NAMES.items()):
        answer = attach(client, here, PDF + str(number).encode(), name)
        assert answer.status_code == (422 if name == "." else 302), name
        full_text = FullText.objects.get(record=here.disputed)
        assert shown is None or full_text.file_name == shown
        assert not set("/\\") & set(full_text.file_name)
        assert full_text.file_name.isprintable()
        assert all(
            re.fullmatch(r"pdf_uploads/\d{4}/\d\d/[0-9a-f]{32}\.pdf", path) for path in {*stored()} - before
        )
        page = client.get(reverse("screening:full_text", args=[here.review.slug, here.disputed.pk]))
        assert b"<img src=x" not in page.content
        for query in ("", "?download=1"):
            pdf = client.get(
                reverse("screening:full_text_pdf", args=[here.review.slug, here.disputed.pk]) + query
            )
            assert "Set-Cookie" not in pdf.headers
            assert "\n" not in pdf["Content-Disposition"]
            b"".join(pdf)


NOT_PDF = {
    "HTML": b"<!doctype html><script>alert(1)</script>",
    "HTML with the mark further down": b"<html>%PDF-1.4",
    "SVG": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "zip": b"PK\x03\x04" + b"\0" * 30,
    "program": b"\x7fELF" + b"\0" * 30,
    "nothing": b"",
}


def test_what_is_no_pdf_is_refused_whatever_it_is_called(here, as_user):
    client = as_user(here.people["librarian"])
    before, files = fingerprint(), stored()
    api = f"/api/reviews/{here.review.slug}/full-texts/{here.disputed.pk}/file/"
    for kind, content in NOT_PDF.items():
        assert attach(client, here, content).status_code == 422, kind
        answer = client.post(api, {"file": SimpleUploadedFile("a.pdf", content)})
        assert answer.status_code in {400, 422}, kind
        assert (fingerprint(), stored()) == (before, files), kind


def test_a_pdf_that_is_also_a_page_runs_nothing(here, as_user):
    """Its first bytes are right, so it is kept; the browser gets it as a PDF that may load and run nothing."""
    client = as_user(here.people["librarian"])
    assert attach(client, here, PDF + b"<script>alert(1)</script>").status_code == 302
    answer = client.get(reverse("screening:full_text_pdf", args=[here.review.slug, here.disputed.pk]))
    assert answer["Content-Type"] == "application/pdf"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert "public" not in answer["Cache-Control"]
    program = client.get(f"/api/reviews/{here.review.slug}/full-texts/{here.disputed.pk}/file/")
    assert program["Content-Disposition"].startswith("attachment")
    for each in (answer, program):
        b"".join(each)


def test_files_have_no_address_of_their_own(here, client, as_user):
    [path, *_] = stored()
    for guess in (
        f"/{path}",
        f"/media/{path}",
        f"/static/{path}",
        f"/static/../media/{path}",
        "/var/db.sqlite3",
    ):
        for one in (client, as_user(here.owner)):
            assert one.get(guess).status_code == 404


def test_what_is_too_large_is_refused_and_takes_no_more_than_the_limit(here, as_user, settings, tmp_path):
    settings.UPLOAD_LIMIT_BYTES = 200_000
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 1_000
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path
    taken = []
    client, before = as_user(here.people["librarian"]), fingerprint()
    real = SimpleUploadedFile("x.pdf", PDF + b"0" * 5_000_000)
    finished = uploadhandler.TemporaryFileUploadHandler.file_complete

    def watched(self, file_size):
        taken.append(file_size)
        return finished(self, file_size)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(uploadhandler.TemporaryFileUploadHandler, "file_complete", watched)
        answer = client.post(
            reverse("screening:full_text_file", args=[here.review.slug, here.disputed.pk]), {"file": real}
        )
    assert answer.status_code == 422
    assert "at most" in answer.content.decode()
    assert fingerprint() == before
    assert taken
    assert max(taken) < 400_000


def test_search_results_have_a_limit_of_their_own(here, as_user, settings, monkeypatch):
    settings.UPLOAD_LIMIT_BYTES, settings.IMPORT_LIMIT_BYTES = 1_000, 200_000
    client, kept = as_user(here.people["librarian"]), []
    finished = CutAtLimit.file_complete
    monkeypatch.setattr(
        CutAtLimit, "file_complete", lambda self, size: kept.append(self.kept) or finished(self, size)
    )
    for page, field in (("records:upload", "files"), ("records-imports-list", "file")):
        address = reverse(page, args=[here.review.slug])
        for size, status in ((100_000, {302, 202}), (5_000_000, {422})):
            content = RIS.replace(b"rest", page.encode()) + b"AB  - " + b"x " * (size // 2) + b"\n"
            file = SimpleUploadedFile("found.ris", content)
            answer = client.post(address, {field: file, "search": here.search.pk})
            assert answer.status_code in status, (page, size)
    assert max(kept) < 400_000


def test_json_is_limited_like_forms(here, as_user, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000
    answer = as_user(here.owner).post(
        f"/api/reviews/{here.review.slug}/criteria/",
        {"kind": "include", "element": "other", "text": "x" * 2_000},
        content_type="application/json",
    )
    assert answer.status_code in {400, 413}


def test_half_a_character_is_refused_with_a_sentence(here, as_user):
    answer = as_user(here.owner).generic(
        "POST",
        f"/api/reviews/{here.review.slug}/criteria/",
        b'{"kind": "include", "element": "\\ud800", "text": "x"}',
        content_type="application/json",
    )
    assert answer.status_code == 400
    assert "half a character" in answer.json()["detail"]


HOSTILE_SEARCHES = {
    "entities.xml": b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'
    b"<PubmedArticleSet><PubmedArticle><ArticleTitle>&b;</ArticleTitle></PubmedArticle></PubmedArticleSet>",
    "outside.xml": b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    b"<PubmedArticleSet><PubmedArticle><ArticleTitle>&a;</ArticleTitle></PubmedArticle></PubmedArticleSet>",
    "page.ris": b"<!doctype html><script>alert(1)</script>",
    "paper.ris": PDF,
    "zip.csv": b"PK\x03\x04" + b"\0" * 200,
}


def test_a_search_result_that_is_none_is_refused(here, as_user, work):
    client, records = as_user(here.people["librarian"]), here.review.records.count()
    here.job.delete()
    for name, content in HOSTILE_SEARCHES.items():
        before = ImportBatch.objects.count()
        file = SimpleUploadedFile(name, content)
        answer = client.post(
            reverse("records:upload", args=[here.review.slug]), {"files": file, "search": here.search.pk}
        )
        work()
        assert here.review.records.count() == records, name
        if answer.status_code == 422:
            assert ImportBatch.objects.count() == before
        else:
            assert ImportBatch.objects.order_by("pk").last().state == "failed", name
    assert b"root:" not in b"".join(client.get(reverse("records:searches", args=[here.review.slug])))


def test_the_name_of_a_search_result_is_shown_but_never_obeyed(here, as_user):
    client = as_user(here.people["librarian"])
    content = file_named("../../<script>alert(1)</script>.ris", RIS)
    answer = client.post(
        reverse("records:upload", args=[here.review.slug]), {"files": content, "search": here.search.pk}
    )
    assert answer.status_code == 302
    page = client.get(answer["Location"])
    assert b"<script>alert" not in page.content
    assert all(
        path.startswith(("imports/", "pdf_uploads/", "full_texts/", "retraction_lists/", "exports/"))
        for path in stored()
    )
