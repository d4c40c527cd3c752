"""Labels, notes and terms by API and from the shell: the same verbs, the same blinding."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from reporting.exports import build_export
from reviews.models import Membership
from screening.models import Label, Labelling, Note, TermList
from screening.services.labellings import put_label
from screening.services.labels import make_label
from screening.services.notes import write_note
from tests.factories import make_record

pytestmark = pytest.mark.django_db
API = "/api/reviews/trd"


@pytest.fixture
def send(as_user):
    def send(user, method, path, data=None):
        call = getattr(as_user(user), method)
        return (
            call(f"{API}/{path}", data, content_type="application/json")
            if data is not None
            else call(f"{API}/{path}")
        )

    return send


def run(command, *words):
    out = StringIO()
    call_command(command, "--review", "trd", *words, "--json", stdout=out)
    return json.loads(out.getvalue())


def test_labels_by_api(record, ana, ben, cleo, eve, send):
    made = send(ben, "post", "labels/", {"name": "dose"})
    assert made.status_code == 201
    pk = made.json()["id"]
    use = send(ben, "post", "labellings/", {"label": pk, "record": record.pk})
    assert use.status_code == 201
    assert send(cleo, "get", "labellings/").json()["results"] == []
    assert send(cleo, "get", f"labellings/{use.json()['id']}/").status_code == 404
    assert send(cleo, "patch", f"labels/{pk}/", {"name": "x"}).status_code == 403
    assert send(ana, "patch", f"labels/{pk}/", {"name": "doses", "colour": 4}).json()["name"] == "doses"
    assert send(ben, "delete", f"labellings/{use.json()['id']}/").status_code == 204
    lot = send(ben, "post", f"labels/{pk}/put/", {"records": [record.pk]}).json()
    assert (lot["taken"], lot["already"]) == (1, 0)
    assert send(ben, "post", "labels/take-back/", {"lot": lot["lot"]}).status_code == 204
    assert not Labelling.objects.live().exists()
    other = send(ana, "post", "labels/", {"name": "dosage"}).json()["id"]
    assert send(ana, "post", "labels/order/", {"ids": [other, pk]}).status_code == 204
    assert send(ana, "post", f"labels/{pk}/merge/", {"into": other}).json()["id"] == other
    assert send(ana, "post", f"labels/{pk}/restore/", {}).json()["retired_at"] is None
    assert send(ana, "post", f"labels/{pk}/retire/", {}).json()["retired_at"]
    assert send(eve, "get", "labels/").status_code == 404


def test_a_private_label_is_unknown_to_others_by_api(record, ana, ben, send):
    pk = send(ben, "post", "labels/", {"name": "zebra", "private": True}).json()["id"]
    assert send(ana, "get", f"labels/{pk}/").status_code == 404
    assert send(ana, "post", "labellings/", {"label": pk, "record": record.pk}).status_code == 400
    assert send(ana, "get", "labels/").json()["results"] == []


def test_notes_by_api(record, ben, cleo, ana, eve, send):
    asked = send(
        ben,
        "post",
        "notes/",
        {"record": record.pk, "text": "A trial?", "audience": "asked", "asked": cleo.pk},
    )
    pk = asked.json()["id"]
    assert send(ana, "get", f"notes/{pk}/").status_code == 404
    answer = send(cleo, "post", f"notes/{pk}/answer/", {"text": "Yes"})
    assert (answer.status_code, answer.json()["parent"]) == (201, pk)
    assert [note["text"] for note in send(ben, "get", "notes/").json()["results"]] == ["A trial?", "Yes"]
    assert send(cleo, "patch", f"notes/{pk}/", {"text": "x"}).status_code == 403
    assert send(ben, "patch", f"notes/{pk}/", {"text": "An RCT?"}).json()["text"] == "An RCT?"
    assert send(ben, "delete", f"notes/{pk}/").status_code == 204
    assert send(cleo, "get", f"notes/{pk}/").status_code == 404
    assert send(ben, "post", f"notes/{pk}/restore/").status_code == 200
    bad = {"record": record.pk, "text": "x", "audience": "asked", "asked": eve.pk}
    assert send(ben, "post", "notes/", bad).status_code == 400
    assert Note.objects.count() == 2


def test_terms_by_api(ana, ben, send):
    made = send(
        ana, "post", "term-lists/", {"name": "Trials", "kind": "include", "terms": ["randomi*", "RANDOMI*"]}
    )
    assert made.json()["terms"] == ["randomi*"]
    pk = made.json()["id"]
    assert send(ana, "post", "term-lists/", {"name": "Bad", "terms": ["*"]}).status_code == 422
    assert send(ben, "patch", f"term-lists/{pk}/", {"terms": []}).status_code == 403
    assert send(ana, "patch", f"term-lists/{pk}/", {"terms": ["sham"]}).json()["terms"] == ["sham"]
    assert send(ben, "get", "term-lists/marked/").json()[0]["terms"] == ["sham"]
    assert send(ben, "post", f"term-lists/{pk}/switch/", {"on": False}).status_code == 204
    assert send(ben, "get", "term-lists/marked/").json() == []
    own = send(ben, "post", "term-lists/", {"name": "Own", "terms": ["zebra"], "own": True}).json()["id"]
    assert send(ana, "get", f"term-lists/{own}/").status_code == 404
    assert send(ana, "post", "term-lists/copy/", {"source": "other"}).status_code == 400
    assert send(ana, "post", "term-lists/order/", {"ids": [pk]}).status_code == 204
    assert send(ana, "post", f"term-lists/{pk}/retire/").json()["retired_at"]
    assert send(ana, "post", f"term-lists/{pk}/restore/").json()["retired_at"] is None


def test_labels_from_the_shell(review, record, ana, ben, tmp_path):
    assert run("labels", "--make", "dose", "--colour", "3")["colour"] == 3
    put_label(review=review, label=Label.objects.get(), record=record, by=ben)
    assert run("labels")["labels"][0]["records"] == 0  # ana may not see where ben put it
    assert run("labels", "--by", ben.email)["labels"][0]["records"] == 1
    file = tmp_path / "some.csv"
    file.write_text(f"record_id\n{record.pk}\n{make_record(review).pk}\n")
    put = run("labels", "--put", "Dose", "--records", str(file))
    assert (put["taken"], put["already"]) == (2, 0)
    assert run("labels", "--take-back", put["lot"]) == {"taken_back": 2}
    make_label(review=review, by=ana, name="dosage")
    assert run("labels", "--merge", "dose", "dosage")["name"] == "dosage"
    assert run("labels", "--restore", "dose")["retired"] is False
    assert run("labels", "--retire", "dose")["retired"] is True
    file.write_text("record_id\n0\n")
    for words in (["--put", "dosage", "--records", str(file)], ["--put", "none"], ["--put", "dosage"]):
        with pytest.raises(CommandError, match=r"line 2|no label|needs --records"):
            run("labels", *words)


def test_notes_from_the_shell(review, record, ben, cleo, ana, stan, vote):
    here = ["--record", str(record.pk)]
    asked = run("notes", "--by", ben.email, *here, "--write", "Which dose?", "--ask", cleo.email)
    assert (asked["audience"], asked["asked"], asked["stage"]) == ("asked", cleo.pk, "title_abstract")
    run("notes", "--by", ben.email, *here, "--write", "Only mine", "--private")
    run("notes", "--by", ben.email, *here, "--write", "@Cleo, an odd one")

    def read(person, *more):
        return [note["text"] for note in run("notes", "--by", person.email, *more)["notes"]]

    assert read(ben) == ["Which dose?", "Only mine", "@Cleo, an odd one"]
    assert read(cleo, "--new") == ["Which dose?"]
    assert read(ana) == []
    answer = run("notes", "--by", cleo.email, "--answer", str(asked["id"]), "--text", "The usual")
    assert (answer["parent"], answer["author_name"]) == (asked["id"], "Cleo")
    for person in (ben, cleo):
        vote(person, record, "exclude")
    assert read(ana, *here) == ["Which dose?", "@Cleo, an odd one", "The usual"]
    assert run("notes", "--by", cleo.email, "--seen")["seen"] == 1
    assert read(cleo, "--new") == []
    assert run("notes", "--by", ben.email, "--change", str(asked["id"]), "--text", "What dose?")["changed_at"]
    run("notes", "--by", ben.email, "--remove", str(asked["id"]))
    assert "What dose?" not in read(ben)
    run("notes", "--by", ben.email, "--restore", str(asked["id"]))
    assert "What dose?" in read(ben)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--write", "Hm"], "needs --record"),
        (["--write", "Hm", "--record", "0"], "no record of trd"),
        (["--record", "0"], "no record of trd"),
        (["--write", "Hm", "--record", "RECORD", "--private", "--ask", "ben@example.org"], "not both"),
        (["--write", " ", "--record", "RECORD"], "Write something first"),
        (["--write", "Hm", "--record", "RECORD", "--ask", "eve@nowhere.org"], "not a member"),
        (["--answer", "NOTE", "--text", "So"], "no note"),
        (["--change", "OWN"], "needs --text"),
    ],
)
def test_notes_from_the_shell_refuse_in_sentences(words, says, review, record, ana, ben):
    """ana may not read what ben wrote on an open record, so that to her there is no such note."""
    found = {"RECORD": record, "NOTE": write_note(review=review, record=record, by=ben, text="Mine")}
    found["OWN"] = write_note(review=review, record=record, by=ana, text="Mine")
    with pytest.raises(CommandError, match=says):
        run("notes", *(str(found[word].pk) if word in found else word for word in words))


def test_who_only_reads_writes_no_notes_from_the_shell(record, stan):
    reader = Membership.objects.get(user=stan)
    reader.role = "observer"
    reader.save()
    with pytest.raises(CommandError, match="reads, but adds nothing"):
        run("notes", "--by", stan.email, "--record", str(record.pk), "--write", "Hm")


def test_terms_from_the_shell(review, ana, ben, tmp_path):
    file = tmp_path / "drugs.csv"
    file.write_text("term,kind\nketamine,include\nesketamine,include\n")
    assert run("terms", "--take", str(file))["lists"][0]["terms"] == ["ketamine", "esketamine"]
    assert run("terms", "--by", ben.email, "--take", str(file), "--own")["lists"][0]["own"] is True
    out = tmp_path / "out.csv"
    assert run("terms", "--out", str(out))["terms"] == 2
    assert "ketamine" in out.read_text()
    assert run("terms", "--out", str(tmp_path / "out.xlsx"))["terms"] == 2
    assert run("terms", "--retire", "drugs")["lists"][0]["retired"] is True
    assert run("terms")["lists"] == []
    assert run("terms", "--restore", "drugs")["lists"][0]["retired"] is False
    with pytest.raises(CommandError, match="another review"):
        run("terms", "--copy", "trd")
    with pytest.raises(CommandError, match="ends in"):
        run("terms", "--out", str(tmp_path / "out.txt"))
    assert TermList.objects.count() == 2


def test_who_wrote_a_note_is_told_only_with_it(review, record, ben, cleo, send):
    write_note(review=review, record=record, by=cleo, text="zebra")
    for path in ("notes/", "notes/?record=1", "events/", "audit/"):
        assert "zebra" not in send(ben, "get", path).content.decode()


def test_exports_hold_what_one_may_see(review, record, ben, cleo, vote, as_user):
    put_label(
        review=review, label=make_label(review=review, by=cleo, name="zebra dose"), record=record, by=cleo
    )
    private = make_label(review=review, by=cleo, name="zebra own", private=True)
    put_label(review=review, label=private, record=record, by=cleo)
    write_note(review=review, record=record, by=cleo, text="=zebra(1)")
    write_note(review=review, record=record, by=cleo, text="zebra alone", audience="private")

    def text(user, what):
        membership = user.memberships.select_related("review", "user").get()
        return "".join(build_export(membership=membership, what=what, extension="csv"))

    vote(cleo, record, "include")
    assert "zebra" not in text(ben, "records") + text(ben, "notes")
    assert "zebra alone" in text(cleo, "notes")
    vote(ben, record, "include")
    assert "zebra dose" in text(ben, "records")
    assert "Cleo: =zebra(1)" in text(ben, "records")
    assert "'=zebra(1)" in text(ben, "notes")
    for what in ("records", "notes"):
        assert "zebra own" not in text(ben, what)
        assert "zebra alone" not in text(ben, what)
