"""Archives made and restored by people, programs and the shell, with a worker between."""

import io
import json
import zipfile

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.urls import reverse
from rest_framework.test import APIClient

from reporting.archive import People, write_archive
from reporting.exports.shape import NotForRole
from reporting.models import ExportFile
from reporting.services.archive import TASK, discard_restore, request_restore
from reporting.services.exports import request_export
from reviews.errors import Conflict
from reviews.models import AuditEvent, Job, Membership, Review, User
from tests.factories import make_batch, make_record, make_user

RESTORE = "/archives/restore/"


@pytest.fixture
def archived(review, ana, ben) -> bytes:
    make_record(review, "A trial of rest", batch=make_batch(review))
    out = io.BytesIO()
    write_archive(review, out, people=True)
    return out.getvalue()


def sent(data: bytes) -> ContentFile:
    return ContentFile(data, name="review.zip")


def damaged(data: bytes) -> bytes:
    """Sound to look at, and one byte of a row is another."""
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        start = packed.getinfo("tables/records.record.jsonl").header_offset
    name, extra = (int.from_bytes(data[start + at : start + at + 2], "little") for at in (26, 28))
    at = start + 30 + name + extra + 40
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


class TestMaking:
    def test_an_owner_has_it_made_and_fetches_it(self, review, ana, as_user, work, archived):
        client, page = as_user(ana), reverse("reporting:archive", args=[review.slug])
        assert "An archive is not blinded" in client.get(page).content.decode()
        assert client.post(page, {"people": "on"}).url == reverse("reporting:exports", args=[review.slug])
        (job,) = work()
        assert job.state == Job.State.DONE, job.error
        made = ExportFile.objects.get()
        assert made.file.read() == archived  # and taking it changed nothing in it
        fetched = client.get(reverse("reporting:export_made_file", args=[review.slug, made.pk]))
        assert b"".join(fetched.streaming_content) == archived
        assert AuditEvent.objects.filter(review=review, verb="reporting.export_requested", actor=ana).exists()

    def test_a_reviewer_may_export_but_take_no_archive(self, review, ana, ben, as_user):
        membership = Membership.objects.get(user=ben)
        with pytest.raises(NotForRole, match="not for your role, reviewer"):
            request_export(membership=membership, what="archive", extension="zip")
        assert as_user(ben).get(reverse("reporting:archive", args=[review.slug])).status_code == 403
        choose = reverse("reporting:export_choose", args=[review.slug, "archive"])
        assert as_user(ben).post(choose, {"extension": "zip"}).status_code in (403, 422)
        assert not ExportFile.objects.exists()

    def test_by_program(self, review, ana, work):
        client = APIClient()
        client.force_authenticate(ana)
        asked = {"what": "archive", "extension": "zip", "options": {}}
        assert client.post(f"/api/reviews/{review.slug}/exports/", asked, format="json").status_code == 202
        assert [job.state for job in work()] == ["done"]

    def test_a_lost_file_is_named_and_nothing_is_made(self, review, ana, work):
        batch = make_batch(review)
        batch.file = "imports/gone"
        batch.save()
        request_export(membership=Membership.objects.get(user=ana), what="archive", extension="zip")
        (job,) = work()
        assert job.state == Job.State.FAILED
        assert "The storage lacks 1 of 1 files of it: imports/gone" in job.error

    def test_unfinished_work_is_restored_as_cancelled(self, review, ana, archived):
        batch = make_batch(review)
        batch.job = Job.objects.create(review=review, task="x", key="y", label="Import", traceback="secret")
        batch.save()
        out = io.BytesIO()
        write_archive(review, out, people=True)
        call_restore(out.getvalue(), ana)
        job = Review.objects.get(slug="trd-2").import_batches.get(job__isnull=False).job
        assert (job.state, job.traceback, job.is_finished) == ("cancelled", "", True)
        assert "Under way when the archive was made" in job.message


def call_restore(data: bytes, by: User, tmp="/restored.zip", **options) -> dict:
    path = default_storage.path(default_storage.save("given.zip", ContentFile(data)))
    out = io.StringIO()
    call_command("restore_archive", path, owner=by.email, json=True, stdout=out, **options)
    return json.loads(out.getvalue())


class TestRestoring:
    def test_the_page_takes_it_and_a_worker_restores_it(self, review, ana, as_user, work, archived):
        client = as_user(ana)
        assert client.get(RESTORE).status_code == 200
        answer = client.post(RESTORE, {"file": sent(archived)})
        waiting = Review.objects.exclude(pk=review.pk).get()
        assert "(being restored)" in waiting.title
        assert waiting.title in client.get(answer.url).content.decode()
        (job,) = work()
        assert job.state == Job.State.DONE, job.error
        again = Review.objects.get(pk=waiting.pk)
        assert (again.slug, again.title) == (f"{review.slug}-2", review.title)
        assert again.records.get().title == "A trial of rest"
        assert again.memberships.get(user=ana).role == "owner"
        assert "1 person has no account here" in job.result["said"]
        assert client.get(job.result["url"]).status_code == 200
        assert not default_storage.exists(job.params["file"])

    def test_another_kind_of_file_is_refused_at_once(self, ana, as_user):
        answer = as_user(ana).post(RESTORE, {"file": sent(b"PK nothing")})
        assert answer.status_code == 422
        assert "is damaged or is no ZIP" in answer.content.decode()
        assert Review.objects.count() == 1
        assert not default_storage.exists("archives")

    def test_one_above_the_limit(self, ana, as_user, settings, archived):
        settings.ARCHIVE_LIMIT_BYTES = 100
        assert "has more than 100" in as_user(ana).post(RESTORE, {"file": sent(archived)}).content.decode()

    def test_what_shows_later_ends_the_job_and_can_be_thrown_away(
        self, review, ana, ben, as_user, work, archived, django_capture_on_commit_callbacks
    ):
        job = request_restore(file=sent(damaged(archived)), by=ana)
        (job,) = work()
        assert job.state == Job.State.FAILED
        assert "damaged" in job.error
        assert not job.review.records.exists()
        page = as_user(ana).get(RESTORE).content.decode()
        assert "Throw away" in page
        discard = reverse("archive_discard", args=[job.pk])
        assert as_user(ben).post(discard).status_code == 404
        with django_capture_on_commit_callbacks(execute=True):
            assert as_user(ana).post(discard).url == RESTORE
        assert list(Review.objects.all()) == [review]
        assert not default_storage.exists(job.params["file"])

    def test_one_under_way_is_not_thrown_away(self, ana, archived):
        job = request_restore(file=sent(archived), by=ana)
        with pytest.raises(Conflict, match="Cancel it first"):
            discard_restore(job=job, by=ana)

    def test_nothing_is_restored_into_a_review_that_somebody_works_in(self, ana, work, archived):
        job = request_restore(file=sent(archived), by=ana)
        make_batch(job.review)
        (job,) = work()
        assert "Somebody worked in the review before it was restored" in job.error
        with pytest.raises(Conflict, match="was not thrown away"):
            discard_restore(job=job, by=ana)

    def test_only_an_administrator_gives_deeds_to_others(self, ana, ben, as_user, archived):
        client = APIClient()
        client.force_authenticate(ana)
        body = {"file": sent(archived), "people": People.BY_ADDRESS.value}
        assert client.post("/api/archives/", body).status_code == 403
        assert "by_address" not in as_user(ana).get(RESTORE).content.decode()
        User.objects.filter(pk=ana.pk).update(is_staff=True)
        assert "by_address" in as_user(ana).get(RESTORE).content.decode()

    def test_by_program(self, ana, eve, work, archived):
        client = APIClient()
        client.force_authenticate(eve)
        told = client.post("/api/archives/", {"file": sent(damaged(archived))})
        assert told.status_code == 202
        work()
        (listed,) = client.get("/api/archives/").json()["results"]
        assert (listed["id"], listed["state"]) == (told.json()["id"], "failed")
        client.force_authenticate(ana)
        assert client.delete(f"/api/archives/{listed['id']}/").status_code == 404
        client.force_authenticate(eve)
        assert client.delete(f"/api/archives/{listed['id']}/").status_code == 204
        assert client.get("/api/archives/schema/").json()["title"] == "systematic-review-archive 1"

    def test_signed_out_nobody_brings_anything_in(self, client, archived):
        assert client.post(RESTORE, {"file": sent(archived)}).status_code == 302
        assert APIClient().post("/api/archives/", {"file": sent(archived)}).status_code in (401, 403)
        assert not Job.objects.filter(task=TASK).exists()


class TestCommands:
    def test_there_and_back(self, review, ana, tmp_path, archived):
        out, path = io.StringIO(), tmp_path / "review.zip"
        call_command("archive", review=review.slug, out=str(path), people=True, json=True, stdout=out)
        assert json.loads(out.getvalue())["rows"] > 5
        assert path.read_bytes() == archived
        assert AuditEvent.objects.get(verb="reporting.archive_made").actor == ana
        told = call_restore(path.read_bytes(), ana, people="by_address")
        assert (told["review"], told["without_account"]) == (f"{review.slug}-2", 0)

    def test_checking_alone_saves_nothing(self, review, ana, tmp_path, archived):
        path, out = tmp_path / "a.zip", io.StringIO()
        path.write_bytes(archived)
        call_command("restore_archive", str(path), check=True, stdout=out)
        assert "can be restored" in out.getvalue()
        assert Review.objects.count() == 1

    def test_refusals_are_sentences(self, review, ana, ben, tmp_path, archived):
        path = tmp_path / "a.zip"
        path.write_bytes(damaged(archived))
        with pytest.raises(CommandError, match="damaged"):
            call_command("restore_archive", str(path), owner=ana.email)
        with pytest.raises(CommandError, match="Name with --owner"):
            call_command("restore_archive", str(path), owner="nobody@example.org")
        with pytest.raises(CommandError, match="lacks the right to publish"):
            call_command("archive", review=review.slug, out=str(path), member=ben.email)

    def test_the_schema(self, tmp_path):
        path = tmp_path / "schema.json"
        call_command("archive", schema=True, out=str(path))
        assert json.loads(path.read_text())["properties"]["version"] == {"const": 1}


def test_names_of_people_are_left_out_unless_asked_for(review, ana, tmp_path, archived):
    make_user("cleo")
    path = tmp_path / "a.zip"
    call_command("archive", review=review.slug, out=str(path))
    told = call_restore(path.read_bytes(), ana)
    again = Review.objects.get(slug=told["review"])
    assert sorted(again.memberships.values_list("user__name", flat=True)) == ["Ana", "Person 1", "Person 2"]
