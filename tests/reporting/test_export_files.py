"""Exports made in the background: asked for, made, kept with a sum, fetched by one person, removed."""

import hashlib
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from reporting.exports import EXPORTS, Export, Option, UnknownExport, UnknownOption
from reporting.models import ExportFile
from reporting.services.exports import (
    NotThere,
    NotYours,
    clear_old_exports,
    open_export,
    remove_export,
    request_export,
)
from reviews.errors import Conflict
from reviews.models import AuditEvent, Job, Membership
from tests.factories import join, make_user
from tests.reporting.conftest import settle, vote


@pytest.fixture
def member(ana, review):
    return review.memberships.select_related("review", "user").get(user=ana)


@pytest.fixture
def made(member, flowing, work):
    request_export(membership=member, what="records", extension="ris", options={"decision": "included"})
    work()
    return ExportFile.objects.get()


def fetched(made, membership) -> bytes:
    with open_export(made=made, membership=membership) as file:
        return file.read()


def test_it_is_made_once_and_kept_with_its_sum(made, member):
    data = fetched(made, member)
    assert data.count(b"ER  - ") == 3
    assert (made.sha256, made.size) == (hashlib.sha256(data).hexdigest(), len(data))
    assert made.file_name.startswith("trd_records_")
    assert made.job.state == Job.State.DONE
    assert made.options == {"decision": "included"}
    assert AuditEvent.objects.get(verb="reporting.export_requested").actor == member.user


def test_asked_twice_before_it_is_made_it_is_one_and_after_that_another_with_the_same_bytes(
    member, flowing, work
):
    wish = {"membership": member, "what": "records", "extension": "bib"}
    assert request_export(**wish) == request_export(**wish)
    work()
    assert ExportFile.objects.count() == Job.objects.count() == 1
    request_export(**wish)
    work()
    one, other = ExportFile.objects.all()
    assert one.sha256 == other.sha256


def test_two_people_get_what_each_may_see(flowing, review, ben, cleo, work):
    vote(flowing.waiting, ben, what="include")
    members = [review.memberships.get(user=person) for person in (ben, cleo)]
    files = [request_export(membership=one, what="decisions", extension="csv") for one in members]
    work()
    for file in files:
        file.refresh_from_db()
    texts = [fetched(file, one) for file, one in zip(files, members, strict=True)]
    assert [f"\n{flowing.waiting.pk},".encode() in text for text in texts] == [True, False]
    with pytest.raises(NotYours, match="for somebody else"):
        open_export(made=files[0], membership=members[1])
    assert list(ExportFile.objects.visible_to(members[1])) == [files[1]]


@pytest.mark.parametrize(
    "change", [{"role": "observer"}, {"role": "adjudicator"}, {"left_at": timezone.now()}]
)
def test_who_lost_the_role_gets_nothing_any_more(made, member, change, as_user, ana):
    join(member.review, make_user("olga"), "owner")
    Membership.objects.filter(pk=member.pk).update(**change)
    url = reverse("reporting:export_made_file", args=["trd", made.pk])
    answer = as_user(ana).get(url)
    assert answer.status_code == {"observer": 403, "adjudicator": 302}.get(change.get("role"), 404)
    assert "Content-Disposition" not in answer


def test_what_changes_before_it_is_made_ends_it_with_a_sentence(member, flowing, work):
    request_export(membership=member, what="records", extension="ris")
    Membership.objects.filter(pk=member.pk).update(role="reviewer")
    (job,) = work()
    assert (job.state, ExportFile.objects.get().file.name) == (Job.State.FAILED, "")
    assert "role of the person" in job.error


def test_a_program_that_does_not_read_the_format_is_said_by_the_job(member, work):
    request_export(membership=member, what="records", extension="xml", options={"reader": "asreview"})
    (job,) = work()
    assert job.error.startswith("ASReview does not read EndNote XML")


def test_removed_by_hand_or_after_some_time(made, member, settings):
    storage, name = made.file.storage, made.file.name
    assert clear_old_exports() == 0
    ExportFile.objects.update(
        finished_at=timezone.now() - timedelta(days=settings.EXPORT_KEEP_DAYS, minutes=1)
    )
    assert clear_old_exports() == 1
    made.refresh_from_db()
    with pytest.raises(NotThere, match="was removed"):
        open_export(made=made, membership=member)
    assert storage.exists(name)  # until the transaction ends
    remove_export(made=made, by=member.user)  # once more does no harm
    assert not AuditEvent.objects.filter(verb="reporting.export_removed").exists()


def test_old_failures_go_too_and_what_still_waits_stays(member, work, settings):
    request_export(membership=member, what="records", extension="xml", options={"reader": "asreview"})
    work()
    waiting = request_export(membership=member, what="records", extension="ris")
    ExportFile.objects.update(
        created_at=timezone.now() - timedelta(days=settings.EXPORT_KEEP_DAYS, minutes=1)
    )
    assert clear_old_exports() == 1
    assert list(ExportFile.objects.kept()) == [waiting]


def test_the_file_goes_with_the_transaction(made, member, django_capture_on_commit_callbacks):
    storage, name = made.file.storage, made.file.name
    with django_capture_on_commit_callbacks(execute=True):
        remove_export(made=made, by=member.user)
    assert not storage.exists(name)
    assert AuditEvent.objects.get(verb="reporting.export_removed").actor == member.user


def test_not_while_it_is_being_made(member):
    made = request_export(membership=member, what="records", extension="ris")
    with pytest.raises(Conflict, match="still being made"):
        remove_export(made=made, by=member.user)
    with pytest.raises(NotThere, match="not made yet"):
        open_export(made=made, membership=member)


def test_a_long_one_tells_how_far_it_is_and_a_stopped_one_leaves_no_file(member, work, monkeypatch, settings):
    def build(membership, tell, size=""):
        for part in range(3):
            tell(part, 3, f"part {part}")
            seen.append(Job.objects.get().message)
            if size == "half" and part == 1:
                Job.objects.update(cancel_requested=True)
            yield b"x"

    seen: list[str] = []
    size = Option("size", "Size", [("half", "Half")])
    monkeypatch.setitem(EXPORTS, "big", Export("Big", "", {"zip": build}, (size,), long=True))
    request_export(membership=member, what="big", extension="zip", options={"size": "half"})
    (job,) = work()
    assert seen == ["part 0", "part 1"]
    assert job.state == Job.State.CANCELLED
    assert not [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("wish", "error", "sentence"),
    [
        ({"what": "nothing", "extension": "csv"}, UnknownExport, "There is no export 'nothing'"),
        ({"what": "records", "extension": "exe"}, UnknownExport, "Choose one of: csv, ris, bib, xml"),
        ({"what": "notes", "extension": "csv", "options": {"a": "b"}}, UnknownOption, "It has none"),
    ],
)
def test_wrong_wishes_queue_nothing(member, wish, error, sentence):
    with pytest.raises(error, match=sentence):
        request_export(membership=member, **wish)
    assert not Job.objects.exists()


class TestPages:
    def test_choose_and_download(self, flowing, ana, as_user):
        client = as_user(ana)
        url = reverse("reporting:export_choose", args=["trd", "records"])
        assert b"Wrong population" in client.get(url).content
        wish = {"extension": "ris", "decision": "excluded", "how": "download"}
        answer = client.post(url, wish, follow=True)
        assert b"".join(answer.streaming_content).count(b"ER  - ") == 3
        assert "private" in answer["Cache-Control"]

    def test_what_cannot_be_is_said_on_the_form(self, ana, as_user, review):
        client = as_user(ana)
        url = reverse("reporting:export_choose", args=["trd", "records"])
        wish = {"extension": "csv", "reader": "zotero", "how": "download"}
        answer = client.post(url, wish)
        assert (answer.status_code, b"Zotero does not read CSV" in answer.content) == (422, True)
        assert client.post(url, {"extension": "exe"}).status_code == 422
        typed = reverse("reporting:export_file", args=["trd", "records", "csv"]) + "?reader=zotero"
        assert b"Zotero does not read CSV" in client.get(typed, follow=True).content

    def test_made_in_the_background(self, flowing, ana, as_user, work):
        client = as_user(ana)
        url = reverse("reporting:export_choose", args=["trd", "records"])
        assert client.post(url, {"extension": "xml", "how": "keep"})["Location"].endswith("/exports/#made")
        made = ExportFile.objects.get()
        piece = reverse("reporting:export_made", args=["trd", made.pk])
        assert b"Waiting for a worker" in client.get(piece, headers={"HX-Request": "true"}).content
        work()
        made.refresh_from_db()
        page = client.get(reverse("reporting:exports", args=["trd"])).content.decode()
        assert made.sha256 in page
        answer = client.get(reverse("reporting:export_made_file", args=["trd", made.pk]))
        assert hashlib.sha256(b"".join(answer.streaming_content)).hexdigest() == made.sha256
        client.post(reverse("reporting:export_made_remove", args=["trd", made.pk]))
        assert made.sha256 not in client.get(reverse("reporting:exports", args=["trd"])).content.decode()

    def test_nobody_else_finds_it(self, made, ben, eve, as_user):
        for person in (ben, eve):
            for name in ("export_made", "export_made_file"):
                assert (
                    as_user(person).get(reverse(f"reporting:{name}", args=["trd", made.pk])).status_code
                    == 404
                )


class TestApi:
    def test_the_whole_way(self, flowing, ana, ben, as_user, work):
        client, base = as_user(ana), "/api/reviews/trd/exports/"
        catalogue = {one["what"]: one for one in client.get(f"{base}catalogue/").json()}
        assert "Wrong population" in catalogue["records"]["options"][2]["choices"]
        asked = client.post(
            base,
            {"what": "records", "extension": "ris", "options": {"decision": "included"}},
            "application/json",
        )
        assert (asked.status_code, asked.json()["state"]) == (202, "queued")
        mine = f"{base}{asked.json()['id']}/"
        assert client.get(f"{mine}file/").status_code == 404
        work()
        told = client.get(mine).json()
        data = b"".join(client.get(f"{mine}file/").streaming_content)
        assert hashlib.sha256(data).hexdigest() == told["sha256"]
        query = "?extension=ris&decision=included"
        assert b"".join(client.get(f"{base}catalogue/records/file/{query}").streaming_content) == data
        assert as_user(ben).get(mine).status_code == 404
        assert client.delete(mine).status_code == 204
        assert client.get(base).json()["results"] == []

    @pytest.mark.parametrize(
        ("query", "status"),
        [("", 404), ("?extension=csv&reader=zotero", 422), ("?extension=csv&colour=red", 422)],
    )
    def test_wrong_wishes(self, ana, as_user, review, query, status):
        answer = as_user(ana).get(f"/api/reviews/trd/exports/catalogue/records/file/{query}")
        assert answer.status_code == status
        assert "detail" in answer.json()


def test_settled_later_changes_the_file(flowing, member, work):
    for _ in range(2):
        request_export(membership=member, what="records", extension="ris", options={"decision": "excluded"})
        work()
        settle(flowing.waiting, "title_abstract", "excluded") if ExportFile.objects.count() == 1 else None
    newer, older = ExportFile.objects.all()
    assert newer.size > older.size
