"""Every verb of an import for programs."""

import io
import json
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from records.models import ColumnMapping, ImportBatch, Record
from tests.factories import make_batch, make_record
from tests.records.conftest import PDF, ris, uploaded

ONE = ris({"TI": "A trial of rest", "AU": "Silva, Ana", "PY": "2019"})
ODD = b"Ref;Name of paper;Who\n1;A trial of rest;Silva A\n2;Yoga at work;Berg B\n"
NAMES = {"Name of paper": "title", "Who": "authors"}


@pytest.fixture
def at(review):
    return lambda *parts: f"/api/reviews/{review.slug}/{'/'.join(map(str, parts))}/"


@pytest.fixture
def ready(bring_in):
    return lambda data=ONE, name="medline.ris", **more: bring_in(data, name, check_first=True, **more)


def post(client, address, body=None):
    return client.post(address, body or {}, content_type="application/json")


class TestWhoMay:
    WRITE = ("commit", "discard", "columns", "read-again", "undo")

    def test_a_stranger_gets_404_and_a_reviewer_403(self, as_user, ben, eve, at, ready):
        batch = ready()
        addresses = [at("imports", batch.pk, verb) for verb in self.WRITE]
        addresses += [at("imports", "several"), at("imports", "commit")]
        for address in addresses:
            assert as_user(eve).post(address).status_code == 404, address
            assert as_user(ben).post(address).status_code == 403, address
        assert as_user(ben).patch(at("searches", "report")).status_code == 403
        batch.refresh_from_db()
        assert batch.state == "ready"

    def test_every_member_may_look(self, as_user, observer, eve, at, ready):
        batch = ready(ODD, "hits.csv")
        for verb, status in (("preview", 200), ("columns", 200), ("undo", 403)):
            assert as_user(observer).get(at("imports", batch.pk, verb)).status_code == status
            assert as_user(eve).get(at("imports", batch.pk, verb)).status_code == 404

    def test_what_belongs_to_another_review_is_not_found(self, as_user, ana, eve, at):
        foreign = make_batch(eve.memberships.get().review)
        for verb in self.WRITE:
            assert post(as_user(ana), at("imports", foreign.pk, verb)).status_code == 404


class TestLookingFirst:
    def test_from_upload_to_import(self, as_user, librarian, at, search, work):
        client = as_user(librarian)
        taken = client.post(
            at("imports"), {"file": uploaded(ONE), "search": search.pk, "check_first": "true"}
        ).json()
        assert (taken["state"], taken["check_first"]) == ("waiting", True)
        work()
        told = client.get(at("imports", taken["id"])).json()
        assert (told["state"], told["missing"]["abstract"], told["warnings"]) == ("ready", 1, [])
        preview = client.get(at("imports", taken["id"], "preview")).json()
        assert (preview["format"], preview["records_read"], preview["complete"]) == ("RIS", 1, None)
        assert preview["samples"][0]["title"] == "A trial of rest"
        assert preview["samples"][0]["raw"].startswith("TY  - JOUR")
        assert not Record.objects.live().exists()
        done = post(client, at("imports", taken["id"], "commit"))
        assert (done.status_code, done.json()["state"]) == (200, "done")
        again = post(client, at("imports", taken["id"], "commit"))
        assert (again.status_code, "in the review already" in again.json()["detail"]) == (409, True)

    def test_discard(self, as_user, ana, at, ready):
        answer = post(as_user(ana), at("imports", ready().pk, "discard"))
        assert (answer.status_code, answer.json()["state"]) == (200, "discarded")
        assert not Record.objects.exists()

    def test_several_are_imported_at_once_or_none(self, as_user, ana, at, ready):
        client, first, second = as_user(ana), ready(), ready(ris("Yoga"), "b.ris")
        gone = post(client, at("imports", "commit"), {"imports": [first.pk, 10**6]})
        assert (gone.status_code, gone.json()) == (
            400,
            {"imports": ["There is no import 1000000 in this review."]},
        )
        assert post(client, at("imports", "commit"), {"imports": []}).status_code == 400
        answer = post(client, at("imports", "commit"), {"imports": [first.pk, second.pk]})
        assert [row["state"] for row in answer.json()] == ["done", "done"]

    def test_it_is_read_again_in_another_encoding(self, as_user, ana, at, ready, work):
        client, batch = as_user(ana), ready()
        answer = post(client, at("imports", batch.pk, "read-again"), {"encoding": "cp1251"})
        assert answer.status_code == 202
        work()
        assert client.get(at("imports", batch.pk)).json()["encoding"] == "cp1251"
        answer = post(client, at("imports", batch.pk, "read-again"), {"encoding": "klingon"})
        assert (
            answer.status_code,
            "cannot" in answer.json()["detail"] or "is not" in answer.json()["detail"],
        ) == (
            422,
            True,
        )


class TestSeveral:
    def test_files_and_archives_are_taken_and_the_bad_ones_named(self, as_user, ana, at, search):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr("two.ris", ris("Yoga at work"))
        files = [uploaded(ONE, "one.ris"), uploaded(out.getvalue(), "all.zip"), uploaded(PDF, "paper.pdf")]
        answer = as_user(ana).post(at("imports", "several"), {"files": files, "search": search.pk})
        assert answer.status_code == 202
        told = answer.json()
        assert [(row["file_name"], row["archive_name"]) for row in told["imports"]] == [
            ("one.ris", ""),
            ("two.ris", "all.zip"),
        ]
        assert "“paper.pdf” is a PDF document" in told["refused"][0]

    def test_when_none_is_taken_it_is_an_error(self, as_user, ana, at, search):
        answer = as_user(ana).post(
            at("imports", "several"), {"files": [uploaded(PDF, "paper.pdf")], "search": search.pk}
        )
        assert (answer.status_code, "PDF" in answer.json()["detail"]) == (422, True)
        assert as_user(ana).post(at("imports", "several"), {"search": search.pk}).status_code == 400

    def test_an_archive_alone_is_told_where_to_go(self, as_user, ana, at, search):
        zipped = SimpleUploadedFile("a.zip", b"PK\x05\x06" + b"\0" * 18)
        answer = as_user(ana).post(at("imports"), {"file": zipped, "search": search.pk})
        assert (answer.status_code, "archive of files" in answer.json()["detail"]) == (422, True)


class TestColumns:
    def test_a_table_is_shown_named_and_remembered(self, as_user, ana, at, ready, work):
        client, batch = as_user(ana), ready(ODD, "hits.csv")
        assert batch.state == "mapping"
        table = client.get(at("imports", batch.pk, "columns")).json()
        assert table["columns"] == ["Ref", "Name of paper", "Who"]
        assert table["rows"][1] == ["2", "Yoga at work", "Berg B"]
        assert "title" in table["targets"]
        answer = post(client, at("imports", batch.pk, "columns"), {"mapping": NAMES})
        assert (answer.status_code, answer.json()["mapping"]) == (202, NAMES)
        work()
        assert client.get(at("imports", batch.pk)).json()["records_read"] == 2
        assert ColumnMapping.objects.count() == 1
        assert client.get(at("imports", batch.pk, "columns")).json()["offer"] == NAMES

    @pytest.mark.parametrize(
        ("body", "status"),
        [({}, 400), ({"mapping": ["title"]}, 400), ({"mapping": {"Who": "title", "Gone": ""}}, 422)],
    )
    def test_nonsense_is_refused(self, as_user, ana, at, ready, body, status):
        answer = post(as_user(ana), at("imports", ready(ODD, "hits.csv").pk, "columns"), body)
        assert answer.status_code == status

    def test_of_what_is_no_table_is_409(self, as_user, ana, at, ready):
        client, batch = as_user(ana), ready()
        assert client.get(at("imports", batch.pk, "columns")).status_code == 409
        assert post(client, at("imports", batch.pk, "columns"), {"mapping": NAMES}).status_code == 409

    def test_they_may_be_given_with_the_file(self, as_user, ana, at, search, work):
        form = {"file": uploaded(ODD, "hits.csv"), "search": search.pk, "mapping": json.dumps(NAMES)}
        assert as_user(ana).post(at("imports"), form).status_code == 202
        work()
        assert [record.title for record in Record.objects.live()] == ["A trial of rest", "Yoga at work"]

    @pytest.mark.parametrize("mapping", ['["title"]', '{"Who": 3}', "no json", '"title"'])
    def test_a_mapping_that_is_none_is_400(self, as_user, ana, at, search, mapping):
        form = {"file": uploaded(ODD, "hits.csv"), "search": search.pk, "mapping": mapping}
        assert as_user(ana).post(at("imports"), form).status_code == 400
        assert not ImportBatch.objects.exists()


class TestUndo:
    def test_the_loss_is_told_and_must_be_confirmed(self, as_user, ana, at, bring_in):
        client, batch = as_user(ana), bring_in(ONE)
        batch.records.update(original={"title": "A tral"})
        told = client.get(at("imports", batch.pk, "undo")).json()
        assert (told["records"], told["confirm"]) == (1, 1)
        assert told["losses"][0]["kind"] == "corrections"
        refused = post(client, at("imports", batch.pk, "undo"))
        assert refused.status_code == 409
        assert "Confirm 1 to undo it all the same." in refused.json()["detail"]
        for wrong in (2, 0):
            assert post(client, at("imports", batch.pk, "undo"), {"confirm": wrong}).status_code == 409
        assert post(client, at("imports", batch.pk, "undo"), {"confirm": "much"}).status_code == 400
        assert Record.objects.live().exists()
        assert post(client, at("imports", batch.pk, "undo"), {"confirm": 1}).json()["state"] == "undone"

    def test_where_nothing_is_lost_nothing_need_be_said(self, as_user, ana, at, bring_in):
        assert post(as_user(ana), at("imports", bring_in(ONE).pk, "undo")).json()["state"] == "undone"


class TestReport:
    def test_it_is_read_and_written(self, as_user, librarian, ben, at, search, review):
        make_record(review)
        told = as_user(ben).get(at("searches", "report")).json()
        assert [item["number"] for item in told["items"]] == list(range(1, 17))
        assert told["sources"][0]["imported"] == 1
        answer = as_user(librarian).patch(
            at("searches", "report"), {"contacts": "No authors were asked."}, content_type="application/json"
        )
        assert answer.json()["report"]["contacts"] == "No authors were asked."
        assert not next(item for item in answer.json()["items"] if item["name"] == "Contacts")["lacking"]

    def test_a_search_says_what_prisma_s_asks(self, as_user, librarian, at, search):
        answer = as_user(librarian).patch(
            at("searches", search.pk),
            {"filters": "Cochrane RCT filter", "searched_together": "AMED", "method": "by hand"},
            content_type="application/json",
        )
        assert (answer.status_code, answer.json()["filters"]) == (200, "Cochrane RCT filter")
