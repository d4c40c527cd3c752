"""Many PDFs: taken, read in the background, put to their reports; hostile ones, twins, and what goes wrong."""

import io
import json
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse

from reviews.models import AuditEvent
from screening import pdf_text
from screening.models import FullText, PdfUpload
from screening.services import NotAllowed, NotEligible, attach_full_text
from screening.services.full_texts import detach_pdf
from screening.services.pdfs import attach_pdf, discard_pdf, read_again, take_pdfs
from tests.factories import make_record
from tests.pdfs import make_pdf

pytestmark = pytest.mark.django_db
TITLES = ["Psilocybin for depression: a randomised trial", "Sleep quality after shift work in nurses"]


def file(name, *pages, data=b"", **more):
    return SimpleUploadedFile(name, data or make_pdf(*pages, **more), "application/pdf")


def zipped(name="all.zip", **members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for member, data in members.items():
            archive.writestr(member.replace("__", "/") + ".pdf", data)
    return SimpleUploadedFile(name, out.getvalue(), "application/zip")


def stored_files():
    return sorted(path.name for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file())


@pytest.fixture
def sought(review):
    records = [make_record(review, title, authors=[f"Author{n}, A."]) for n, title in enumerate(TITLES)]
    for record in records:
        FullText.objects.create(review=review, record=record)
    return records


@pytest.fixture
def bring(review, ben, work):
    """``bring(*files)``: taken and read; the uploads as they are then."""

    def act(*files):
        taken = take_pdfs(review=review, files=files, by=ben)
        for job in work():
            assert job.state == "done", job.error or job.traceback
        return list(PdfUpload.objects.filter(pk__in=[each.pk for each in taken.uploads]).order_by("pk"))

    return act


def test_what_is_sure_is_attached_and_the_rest_waits_with_proposals(bring, review, sought):
    right, unknown = bring(
        file("x.pdf", f"Journal of Tests\n{TITLES[0]}\nAuthor"),
        file(
            "Author1 2017.pdf",
            "Sleep quality in shift workers " * 8,
            title="Sleep of nurses after shift work",
        ),
    )
    assert (right.state, right.way, right.record, right.pages) == ("matched", "title", sought[0], 1)
    full_text = FullText.objects.get(record=sought[0])
    assert (full_text.state, full_text.file_name, full_text.sha256) == ("retrieved", "x.pdf", right.sha256)
    assert full_text.retrieved_at
    assert (unknown.state, unknown.record) == ("unmatched", None)
    assert unknown.found["proposals"][0][0] == sought[1].pk
    said = AuditEvent.objects.filter(verb="screening.full_text_attached").get()
    assert said.sentence.endswith("x.pdf, matched by the title in it")


def test_one_click_attaches_and_a_wrong_match_is_undone(bring, review, sought, ben):
    (upload,) = bring(file("x.pdf", TITLES[0]))
    detach_pdf(review=review, record=sought[0], by=ben)
    upload.refresh_from_db()
    assert (upload.state, upload.record) == ("unmatched", None)
    assert FullText.objects.get(record=sought[0]).state == "sought"
    attach_pdf(review=review, upload=upload, record=sought[1], by=ben)
    upload.refresh_from_db()
    assert (upload.state, upload.way, upload.record) == ("matched", "hand", sought[1])
    with pytest.raises(NotEligible, match="it is matched"):
        attach_pdf(review=review, upload=upload, record=sought[0], by=ben)


def test_a_report_that_has_a_pdf_keeps_it(bring, review, sought, ben):
    attach_full_text(review=review, record=sought[0], file=file("first.pdf", "One"), by=ben)
    (upload,) = bring(file("second.pdf", TITLES[0]))
    assert (upload.state, upload.found["proposals"]) == ("unmatched", [[sought[0].pk, "has a PDF already"]])
    assert "has a PDF already" in upload.why_not
    assert FullText.objects.get(record=sought[0]).file_name == "first.pdf"


def test_the_same_file_twice_is_noticed(bring, sought):
    data = make_pdf(TITLES[0])
    first, twin = bring(file("a.pdf", data=data), file("b.pdf", data=data))
    assert (first.state, twin.state) == ("matched", "refused")
    assert "here already: a.pdf" in twin.why_not
    (again,) = bring(file("c.pdf", data=data))
    assert again.state == "refused"
    assert len(stored_files()) == 1


def test_a_zip_of_pdfs_with_the_guards_of_archives(bring, sought):
    found = bring(
        zipped(folder__x=make_pdf(TITLES[0]), nonsense=b"<html>"),
        zipped("evil.zip", **{"..__..__x": b"%PDF-"}),
        SimpleUploadedFile("broken.zip", b"PK\x03\x04 and then nothing"),
    )
    assert [(each.file_name, each.state) for each in found] == [
        ("x.pdf", "matched"),
        ("nonsense.pdf", "refused"),
        ("evil.zip", "refused"),
        ("broken.zip", "refused"),
    ]
    assert "not a PDF" in found[1].why_not
    assert "leads outside" in found[2].why_not
    assert len(stored_files()) == 1


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (make_pdf("x", password="secret"), "protected by a password"),
        (b"%PDF-1.7\nnothing else", "damaged"),
        (b"", "is empty"),
        (b"MZ\x90\x00", "not a PDF"),
    ],
    ids=["encrypted", "damaged", "empty", "program"],
)
def test_what_cannot_be_read_is_not_taken(bring, sought, data, says):
    (upload,) = bring(SimpleUploadedFile("x.pdf", data))
    assert upload.state == "refused"
    assert says in upload.why_not


def test_a_pdf_that_keeps_the_reader_busy_is_matched_by_its_name_alone(bring, sought, monkeypatch):
    monkeypatch.setattr("screening.services.pdfs.read", lambda path: pdf_text.read(path, seconds=0.001))
    named, other = bring(file(f"record {sought[0].pk}.pdf", "a"), file("other.pdf", "b"))
    assert (named.state, named.way) == ("matched", "file_name")
    assert "could not be read within" in other.why_not


def test_reading_has_limits_of_memory_and_time():
    """What the process of its own may take, as it says itself: not every kernel refuses the memory above."""
    ask = (
        "import resource as r; from screening.pdf_text import limit; limit(2**30, 7);"
        "print([r.getrlimit(which) for which in (r.RLIMIT_AS, r.RLIMIT_CPU, r.RLIMIT_FSIZE)])"
    )
    said = subprocess.run([sys.executable, "-c", ask], capture_output=True, check=True, text=True)
    assert json.loads(said.stdout.translate(str.maketrans("()", "[]"))) == [[2**30] * 2, [7, 7], [0, 0]]


def test_a_reader_that_is_stopped_leaves_a_sentence(tmp_path, monkeypatch):
    (tmp_path / "screening").mkdir()
    (tmp_path / "screening" / "pdf_text.py").write_text("raise MemoryError")
    monkeypatch.setattr(pdf_text, "_HOME", tmp_path)
    assert "more memory or time" in pdf_text.read(tmp_path / "x.pdf").wrong


@pytest.mark.parametrize(("code", "state"), [(0, "matched"), (1, "refused"), (2, "refused")])
def test_the_scanner_of_the_server_is_asked_first(
    bring, sought, ben, review, tmp_path, settings, code, state
):
    scanner = tmp_path / "scan"
    scanner.write_text(f"#!{sys.executable}\nimport sys\nopen(sys.argv[-1]).close()\nsys.exit({code})\n")
    scanner.chmod(scanner.stat().st_mode | stat.S_IXUSR)
    settings.PDF_SCAN_COMMAND = f"{scanner} --no-summary"
    (upload,) = bring(file("x.pdf", TITLES[0]))
    assert upload.state == state
    if code:
        assert "virus" in upload.why_not
        with pytest.raises(NotEligible, match="virus"):
            attach_full_text(review=review, record=sought[0], file=file("y.pdf", "y"), by=ben)
        assert stored_files() == []


def test_a_scanner_that_is_missing_lets_nothing_in(review, sought, ben, settings):
    settings.PDF_SCAN_COMMAND = "/nowhere/scan"
    with pytest.raises(NotEligible, match="could not be checked"):
        attach_full_text(review=review, record=sought[0], file=file("y.pdf", "y"), by=ben)


def test_thrown_away_is_gone(bring, review, sought, ben, django_capture_on_commit_callbacks):
    (upload,) = bring(file("x.pdf", "Something else"))
    with django_capture_on_commit_callbacks(execute=True):
        discard_pdf(review=review, upload=upload, by=ben)
    assert stored_files() == []
    with pytest.raises(NotEligible, match="thrown away"):
        attach_pdf(review=review, upload=upload, record=sought[0], by=ben)


def test_who_may_and_who_may_not(review, sought, ben, stan, eve):
    for someone in (stan, eve):
        with pytest.raises(NotAllowed):
            take_pdfs(review=review, files=[file("x.pdf", "x")], by=someone)
    assert stored_files() == []
    with pytest.raises(NotEligible, match="at least one PDF"):
        take_pdfs(review=review, files=[], by=ben)


def test_what_a_failed_job_left_is_read_again(review, sought, ben, work):
    take_pdfs(review=review, files=[file("x.pdf", TITLES[0])], by=ben)
    with pytest.raises(NotEligible, match="being read"):
        read_again(review=review, by=ben)
    review.jobs.update(state="cancelled")
    read_again(review=review, by=ben)
    work()
    assert PdfUpload.objects.get().state == "matched"


def test_pages_from_dropping_to_attaching(as_user, review, sought, ben, work):
    client, url = as_user(ben), reverse("screening:pdfs", args=[review.slug])
    files = [
        file("x.pdf", TITLES[0]),
        file("y.pdf", "Sleep quality of shift work nurses"),
        file("z.pdf", data=b"no"),
    ]
    answer = client.post(url, {"pdfs": files}, follow=True)
    assert "z.pdf is not a PDF" in answer.text
    assert "2 PDFs are being read" in answer.text
    work()
    answer = client.get(url)
    assert "y.pdf" in answer.text
    assert TITLES[1] in answer.text
    upload = PdfUpload.objects.get(file_name="y.pdf")
    to = {"record": sought[1].pk}
    answer = client.post(reverse("screening:pdf_attach", args=[review.slug, upload.pk]), to, follow=True)
    assert "y.pdf is attached" in answer.text
    assert TITLES[0] in client.get(url + "?state=matched").text
    answer = client.post(reverse("screening:pdf_detach", args=[review.slug, sought[1].pk]), follow=True)
    assert "was taken off" in answer.text
    answer = client.post(
        reverse("screening:pdf_attach", args=[review.slug, upload.pk]), {"record": 999}, follow=True
    )
    assert "No full text is sought" in answer.text
    answer = client.post(url, {})
    assert answer.status_code == 422
    assert "Choose at least one PDF" in answer.text
    assert client.get(reverse("screening:pdf_look", args=[review.slug, upload.pk])).status_code == 200


def test_more_pdfs_cost_no_more_queries(as_user, review, sought, ben, django_assert_max_num_queries):
    client, url = as_user(ben), reverse("screening:pdfs", args=[review.slug])
    client.get(url)
    for number in range(20):
        PdfUpload.objects.create(
            review=review,
            file_name=f"{number}.pdf",
            sha256=str(number),
            by=ben,
            state="unmatched",
            found={"proposals": [[record.pk, "why"] for record in sought]},
        )
    with django_assert_max_num_queries(14):
        assert client.get(url).text.count("why") >= 40


def test_by_api(as_user, review, sought, ben, stan, work):
    client, url = as_user(ben), "/api/reviews/trd/pdf-uploads/"
    answer = client.post(
        url, {"file": [file("x.pdf", TITLES[0]), file("y.pdf", "Nothing known"), file("z.pdf", data=b"no")]}
    )
    assert answer.status_code == 202, answer.text
    assert [each["state"] for each in answer.json()["uploads"]] == ["waiting", "waiting", "refused"]
    assert len(answer.json()["jobs"]) == 1
    work()
    (waiting,) = client.get(url, {"state": "unmatched"}).json()["results"]
    answer = client.post(f"{url}{waiting['id']}/attach/", {"record": sought[1].pk})
    assert (answer.json()["state"], answer.json()["record"]) == ("matched", sought[1].pk)
    assert client.post(f"{url}{waiting['id']}/attach/", {"record": 10**6}).status_code in (400, 409, 422)
    full_text = f"/api/reviews/trd/full-texts/{sought[1].pk}/"
    assert client.post(f"{full_text}detach/").json()["file_name"] == ""
    answer = client.post(f"{full_text}language/", {"language": "ger", "needs_translation": True})
    assert (answer.json()["language"], answer.json()["needs_translation"]) == ("ger", True)
    assert client.delete(f"{url}{waiting['id']}/").status_code == 204
    assert client.post("/api/reviews/trd/open-access/").status_code == 409
    for verb in ("detach", "language"):
        assert as_user(stan).post(f"{full_text}{verb}/").status_code == 403
    assert as_user(stan).post(url, {"file": [file("x.pdf", "x")]}).status_code == 403


@pytest.mark.django_db(transaction=True)
def test_by_command(review, ana, sought, tmp_path):
    (tmp_path / "more").mkdir()
    (tmp_path / "a.pdf").write_bytes(make_pdf(TITLES[0]))
    (tmp_path / "more" / "b.PDF").write_bytes(make_pdf("Nothing known"))
    (tmp_path / "c.txt").write_text("no PDF")

    def run(*args):
        out = io.StringIO()
        call_command("attach_pdfs", *args, review="trd", json=True, stdout=out)
        return json.loads(out.getvalue())

    done = run(str(tmp_path))
    assert (done["matched"], done["unmatched"], done["refused"]) == (1, 1, 0)
    unmatched = next(each["id"] for each in done["pdfs"] if each["state"] == "unmatched")
    assert run(f"--attach={unmatched}={sought[1].pk}")["attached"] == [unmatched, sought[1].pk]
    assert run(f"--take-off={sought[1].pk}")["taken_off"] == sought[1].pk
    assert run(f"--throw-away={unmatched}")["thrown_away"] == unmatched
    for wrong, says in (
        (f"--attach={unmatched}", "no record"),
        ("--attach=x=1", "no PDF"),
        ("--take-off=99", "no record"),
    ):
        with pytest.raises(CommandError, match=says):
            run(wrong)
    with pytest.raises(CommandError, match="Name PDFs"):
        run()
