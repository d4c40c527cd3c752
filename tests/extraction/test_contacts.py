"""Asking authors: a question, reminders when they are due, the reply, and nothing of it lost."""

import csv
import io
import json
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from extraction.contacts import contacts_of
from extraction.models import AuthorContact, Extraction
from extraction.services import NotPossible
from extraction.services.contacts import ask_authors, change_contact, remind_authors, remove_contact
from reviews.errors import Conflict, Refused
from reviews.models import AuditEvent
from tests.factories import make_study

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()


def ago(days: int):
    return TODAY - timedelta(days=days)


@pytest.fixture
def ask(study, ben):
    def do(question="The SD at 12 weeks?", **more):
        return ask_authors(study=study, asked_of="kim@example.org", question=question, by=ben, **more)

    return do


def test_what_is_due_follows_from_the_last_message(ask, review, ben):
    ask("To be sent")
    ask("New", sent_at=ago(13))
    ask("Old", sent_at=ago(14))
    reminded = remind_authors(contact=ask("Reminded", sent_at=ago(40)), by=ben, on=ago(2))
    answered = ask("Answered", sent_at=ago(40))
    change_contact(contact=answered, by=ben, seen_version=1, changes={"reply": "4.7", "value_used": "SD 4.7"})
    states = {one.question: one.state for one in contacts_of(review)}
    assert states == {
        "To be sent": "draft",
        "New": "waiting",
        "Old": "due",
        "Reminded": "waiting",
        "Answered": "answered",
    }
    assert {one.question: one.state for one in contacts_of(review, days=2)}["Reminded"] == "due"
    answered.refresh_from_db()
    assert (answered.replied_at, answered.version, reminded.reminders) == (TODAY, 2, [ago(2).isoformat()])
    event = AuditEvent.objects.get(verb="extraction.authors_answered")
    assert event.sentence == "wrote down the reply of the authors of Nakagawa 2017."


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"asked_of": " "}, "Say whom you ask"),
        ({"question": ""}, "Write down the question"),
        ({"sent_at": TODAY + timedelta(days=1)}, "still to come"),
        ({"sent_at": None, "reply": "4.7"}, "Say when the question was sent"),
        ({"reply": "4.7", "replied_at": ago(30)}, "cannot be earlier"),
        ({"replied_at": TODAY}, "Write down what they replied"),
        ({"value_used": "4.7"}, "came with a reply"),
        ({"question": "x" * 10_001}, "10,001 characters"),
    ],
)
def test_nonsense_is_refused(ask, ben, wrong, says):
    contact = ask(sent_at=ago(3))
    with pytest.raises(Refused, match=says):
        change_contact(contact=contact, by=ben, seen_version=1, changes=wrong)
    contact.refresh_from_db()
    assert (contact.version, contact.question) == (1, "The SD at 12 weeks?")


def test_nothing_is_overwritten_and_nothing_sent_is_thrown_away(ask, ben, cleo):
    contact = ask(sent_at=ago(3))
    change_contact(contact=contact, by=ben, seen_version=1, changes={"question": "The SDs?"})
    with pytest.raises(Conflict):
        change_contact(contact=contact, by=cleo, seen_version=1, changes={"question": "The SE?"})
    with pytest.raises(NotPossible, match="stays in the log"):
        remove_contact(contact=contact, by=ben)
    remove_contact(contact=ask("never sent"), by=ben)
    assert AuthorContact.objects.get().question == "The SDs?"
    for day in (ago(4), TODAY + timedelta(days=1)):
        with pytest.raises(NotPossible):
            remind_authors(contact=contact, by=ben, on=day)


def test_a_result_it_is_about_is_a_shared_one_of_the_study(ask, record, study, review, outcome, ben, stan):
    assert ask(result=record(ben)).result.kind == "means"
    own = Extraction.objects.create(review=review, study=study, extractor=stan, kind="independent")
    other = make_study(review)
    for wrong in (record(stan, scale="QIDS", extraction=own),):
        with pytest.raises(Refused, match="not a shared result"):
            ask(result=wrong)
    with pytest.raises(Refused):
        ask_authors(study=other, asked_of="x", question="y", by=ben, result=record(ben, scale="HAM-D"))


def test_on_the_pages(as_user, study, ask, ben, review):
    client, base = as_user(ben), "/reviews/trd/extraction"
    assert "No author was asked yet" in client.get(f"{base}/authors/").content.decode()
    typed = {"asked_of": "Kim", "question": "The <b>SD</b>?", "sent_at": ago(20).isoformat()}
    assert client.post(f"{base}/studies/{study.pk}/authors/ask/", typed | {"question": ""}).status_code == 422
    client.post(f"{base}/studies/{study.pk}/authors/ask/", typed)
    contact = AuthorContact.objects.get()
    due = client.get(f"{base}/authors/").content.decode()
    assert "The &lt;b&gt;SD&lt;/b&gt;?" in due
    assert "due since" in due
    client.post(f"{base}/authors/{contact.pk}/remind/", {"from": "list"})
    assert "Waiting" in client.get(f"{base}/studies/{study.pk}/authors/").content.decode()
    stale = typed | {"reply": "4.7", "seen_version": 1}
    answer = client.post(f"{base}/authors/{contact.pk}/", stale)
    assert answer.status_code == 409
    assert "4.7" in answer.content.decode()
    client.post(f"{base}/authors/{contact.pk}/", stale | {"seen_version": 2, "value_used": "=SD 4.7"})
    sheet = b"".join(client.get(f"{base}/authors/log.csv").streaming_content).decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(sheet))
    assert (row["reply"], row["value_used"], row["state"]) == ("4.7", "'=SD 4.7", "Answered")


def test_ten_more_cost_no_more_queries(as_user, ask, ben, django_assert_max_num_queries):
    client, page = as_user(ben), "/reviews/trd/extraction/authors/"
    for number in range(12):
        ask(f"Question {number}", sent_at=ago(30))
    with django_assert_max_num_queries(12):
        assert client.get(page).status_code == 200


def test_for_programs_and_the_shell(as_user, study, ben, tmp_path, capsys):
    client, base = as_user(ben), "/api/reviews/trd/author-contacts/"
    body = {"study": study.pk, "asked_of": "Kim", "question": "The SD?", "sent_at": ago(20).isoformat()}
    made = client.post(base, body, content_type="application/json").json()
    assert made["state"] == "due"
    one = f"{base}{made['id']}/"
    assert client.post(f"{one}remind/").json()["state"] == "waiting"
    stale = client.patch(one, {"reply": "4.7", "seen_version": 1}, content_type="application/json")
    assert stale.status_code == 409
    assert client.delete(one).status_code == 422
    done = client.patch(one, {"reply": "4.7", "seen_version": 2}, content_type="application/json")
    assert done.json()["state"] == "answered"

    def run(*options: str) -> dict:
        call_command("author_contacts", "--review", "trd", "--by", ben.email, *options, "--json")
        return json.loads(capsys.readouterr().out)

    asked = run("--study", study.label, "--of", "Kim", "--ask", "The n?", "--on", ago(30).isoformat())
    assert [row["id"] for row in run("--due")["contacts"]] == [asked["id"]]
    run("--remind", str(asked["id"]))
    run("--reply", str(asked["id"]), "--text", "40", "--used", "n 40")
    out = tmp_path / "log.csv"
    run("--out", str(out))
    assert "n 40" in out.read_text("utf-8-sig")
