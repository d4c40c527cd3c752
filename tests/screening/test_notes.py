"""Notes: for oneself, for the team once the record is complete, and questions to one colleague at once."""

import pytest
from django.core import mail
from django.urls import reverse

from reviews.models import AuditEvent, Membership
from screening import remarks
from screening.anonymity import anonymous_notes, letters
from screening.dashboard import own_list
from screening.models import Decision, Mention, Note
from screening.services import reopen
from screening.services.guards import NotAllowed
from screening.services.notes import (
    NoteRefused,
    answer_note,
    change_note,
    named_in,
    remove_note,
    restore_note,
    see_notices,
    want_mail,
    write_note,
)
from tests.factories import join, make_record, make_user
from tests.screening.conftest import FT, TA

pytestmark = pytest.mark.django_db


@pytest.fixture
def write(review, record):
    def write(by, text="zebra", audience="team", **more):
        return write_note(review=review, record=record, by=by, text=text, audience=audience, **more)

    return write


def member(user) -> Membership:
    return Membership.objects.select_related("user", "review").get(user=user, review__slug="trd")


def texts_for(user, record, stage=TA) -> list[str]:
    return [note.text for note in remarks.notes_on(member(user), [record], stage).get(record.pk, [])]


def test_a_note_for_the_team_is_read_once_the_record_is_complete(record, write, ben, cleo, dora, vote):
    write(cleo)
    vote(cleo, record, "include")
    assert texts_for(ben, record) == texts_for(dora, record) == []
    vote(ben, record, "include")
    assert texts_for(ben, record) == texts_for(dora, record) == ["zebra"]


def test_a_private_note_is_never_anybody_elses(record, write, ben, cleo, ana, vote):
    write(cleo, audience="private")
    for reviewer in (ben, cleo):
        vote(reviewer, record, "include")
    assert texts_for(ben, record) == texts_for(ana, record) == []
    assert texts_for(cleo, record) == ["zebra"]


def test_a_question_and_its_answer_are_between_two_at_once(record, write, ana, ben, cleo, dora, vote):
    question = write(ben, "Is this zebra a trial?", "asked", asked=cleo)
    answer_note(note=question, by=cleo, text="It says so.")
    assert texts_for(ben, record) == texts_for(cleo, record) == ["Is this zebra a trial?", "It says so."]
    assert texts_for(ana, record) == texts_for(dora, record) == []
    with pytest.raises(NoteRefused, match="no such note"):
        answer_note(note=question, by=dora, text="I know, too")
    for reviewer in (ben, cleo):
        vote(reviewer, record, "include")  # reading a question bars nobody from voting
    assert len(texts_for(dora, record)) == 2


def test_a_note_of_full_text_waits_for_the_full_text(review, record, write, ben, cleo, to_full_text, vote):
    with pytest.raises(NoteRefused, match="not come to full text"):
        write(cleo, stage=FT)
    to_full_text(record)
    assert write(cleo).stage == FT
    assert texts_for(ben, record, FT) == []
    for reviewer in (ben, cleo):
        vote(reviewer, record, "include", stage=FT)
    assert texts_for(ben, record, FT) == ["zebra"]


def test_a_reopened_record_hides_the_comments_again(review, record, write, ben, cleo, dora, vote):
    for reviewer in (ben, cleo):
        vote(reviewer, record, "exclude")
    comment = write(cleo, stage=TA)
    assert texts_for(ben, record) == ["zebra"]
    reopen(review=review, record=record, stage=TA, by=dora, why="again")
    assert texts_for(ben, record) == []
    with pytest.raises(NoteRefused):
        answer_note(note=comment, by=ben, text="but")


def test_only_the_author_changes_and_removes_and_brings_back(record, write, ben, cleo, vote):
    note = write(cleo)
    for act in (change_note, remove_note, restore_note):
        with pytest.raises(NotAllowed, match="author"):
            act(note=note, by=ben, **({"text": "x"} if act is change_note else {}))
    change_note(note=note, by=cleo, text="giraffe")
    event = AuditEvent.objects.get(verb="screening.note_changed")
    assert event.changes == [("Text", "zebra", "giraffe")]
    for reviewer in (ben, cleo):
        vote(reviewer, record, "include")
    remove_note(note=note, by=cleo)
    assert texts_for(ben, record) == []
    restore_note(note=note, by=cleo)
    assert texts_for(ben, record) == ["giraffe"]


def test_the_history_of_notes_is_their_authors(record, write, ben, cleo):
    change_note(note=write(cleo, "secret zebra"), by=cleo, text="no zebra")
    write(cleo, "zebra?", "asked", asked=ben)
    assert not AuditEvent.objects.visible_to(ben).filter(verb__startswith="screening.note").exists()
    assert AuditEvent.objects.visible_to(cleo).filter(verb__startswith="screening.note").count() == 3


def test_people_named_in_a_note(review, ana, ben, cleo):
    other = make_user("ben-two")
    other.name = "Ben Two"
    other.save()
    join(review, other, "reviewer")
    members = list(Membership.objects.filter(review=review).select_related("user"))
    assert named_in("@Cleo and @ana@example, not mail@benny or @Ben", members) == [cleo, ana]
    assert named_in("@Ben Two, please", members) == [other]


def test_a_mention_gives_notice_when_the_note_may_be_read(record, write, ben, cleo, ana, vote):
    write(cleo, "@Ben look, @Nobody")
    assert Mention.objects.count() == 1
    assert remarks.unseen(member(ben)) == 0
    for reviewer in (ben, cleo):
        vote(reviewer, record, "include")
    assert remarks.unseen(member(ben)) == 1
    assert see_notices(membership=member(ben)) == 1
    assert remarks.unseen(member(ben)) == 0


def test_email_only_to_who_wants_it_and_may_read(
    record, write, ana, ben, cleo, settings, django_capture_on_commit_callbacks
):
    settings.CELERY_BROKER_URL = ""
    with django_capture_on_commit_callbacks(execute=True):
        write(cleo, "zebra?", "asked", asked=ben)
    assert mail.outbox == []
    want_mail(user=ben, on=True)
    with django_capture_on_commit_callbacks(execute=True):
        write(cleo, "zebra?", "asked", asked=ben)
        write(cleo, "@Ben zebra")  # blinded: gives notice later, without an e-mail
    assert [message.to for message in mail.outbox] == [["ben@example.org"]]
    assert "zebra" not in mail.outbox[0].body + mail.outbox[0].subject
    assert "/reviews/trd/screening/asked/" in mail.outbox[0].body


def test_a_resolver_reads_the_teams_notes_without_names(record, write, ben, cleo, dora, ana, conflict):
    write(cleo, "zebra")
    write(cleo, "private zebra", "private")
    write(ben, "asked zebra", "asked", asked=ana)
    write(ana, "from outside")
    conflict(record)
    notes = Note.objects.for_resolver(member(dora)).filter(record=record)
    voters = Decision.objects.live().filter(record=record).values_list("reviewer", flat=True)
    shown = {text: who for who, text in anonymous_notes(notes, letters(record.pk, TA, voters))}
    assert sorted(shown) == ["from outside", "zebra"]
    assert shown["zebra"] in ("Reviewer A", "Reviewer B")
    assert shown["from outside"] == "Somebody else"
    assert not Note.objects.for_resolver(member(ben)).exists()
    assert texts_for(dora, record) == []


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"text": " \n "}, "Write something"),
        ({"text": "x" * 5001}, "at most 5000"),
        ({"audience": "world"}, "nobody who could read"),
        ({"audience": "asked"}, "Choose whom"),
    ],
)
def test_nonsense_is_refused(write, ben, fields, sentence):
    with pytest.raises(NoteRefused, match=sentence):
        write(ben, **fields)
    assert not Note.objects.exists()


def test_who_is_asked_works_on_the_review(review, write, ben, eve):
    olga = join(review, make_user("olga"), "observer").user
    for nobody in (eve, olga, ben):
        with pytest.raises(NoteRefused, match="Ask a colleague"):
            write(ben, audience="asked", asked=nobody)
    with pytest.raises(NotAllowed, match="reads"):
        write(olga)


def test_ten_more_notes_cost_no_more_queries(review, record, write, cleo, django_assert_num_queries):
    records = [record] + [make_record(review) for _ in range(10)]
    for each in records:
        write_note(review=review, record=each, by=cleo, text="x")
    one = member(cleo)
    with django_assert_num_queries(1):
        assert len(remarks.notes_on(one, records, TA)) == 11


def test_writing_from_the_pane_and_from_the_record(review, record, ben, cleo, as_user):
    client, htmx = as_user(ben), {"HX-Request": "true"}
    url = reverse("screening:note_add", args=["trd", TA, record.pk])
    answer = client.post(f"{url}?pane=1", {"note": "mine", "audience": "private"}, headers=htmx)
    assert answer.status_code == 200
    assert f'id="notes-{record.pk}"' in answer.content.decode()
    assert "Goes with your vote" in answer.content.decode()
    assert client.post(url, {"note": " ", "audience": "team"}, headers=htmx).status_code == 422
    sent = {"note": "A trial?", "audience": "asked", "asked": cleo.pk}
    assert client.post(url, sent).status_code == 302
    assert Note.objects.questions().get().asked == cleo
    assert client.post(url, sent | {"asked": "9" * 30}, headers=htmx).status_code == 422


def test_asked_of_me(review, record, write, ben, cleo, eve, as_user):
    question = write(ben, "Is this a trial?", "asked", asked=cleo)
    page = reverse("screening:asked", args=["trd"])
    client = as_user(cleo)
    first = client.get(page).content.decode()
    assert "Is this a trial?" in first
    assert "New</span>" in first
    assert "New</span>" not in client.get(page).content.decode()
    answer = reverse("screening:note_answer", args=["trd", question.pk])
    assert client.get(answer).status_code == 200
    assert client.post(answer, {"text": "  "}).status_code == 422
    assert client.post(answer, {"text": "It is."}).status_code == 302
    assert "It is." in as_user(ben).get(page + "?show=by_me").content.decode()
    assert as_user(eve).get(page).status_code == 404
    client.post(reverse("screening:notice_email", args=["trd"]), {"on": "1"})
    cleo.refresh_from_db()
    assert cleo.preferences["notice_email"] is True


def test_pages_of_one_note(record, write, ben, cleo, as_user):
    note = write(ben, "first")
    url, htmx = reverse("screening:note", args=["trd", note.pk]), {"HX-Request": "true"}
    client = as_user(ben)
    assert as_user(cleo).get(url).status_code == 404
    assert "first" in client.get(url).content.decode()
    assert client.post(url, {"text": ""}).status_code == 422
    assert "second" in client.post(url, {"text": "second"}, headers=htmx).content.decode()
    remove = reverse("screening:note_remove", args=["trd", note.pk])
    assert "Bring it back" in client.post(remove, headers=htmx).content.decode()
    assert "second" in client.post(remove, {"restore": "1"}, headers=htmx).content.decode()


def test_no_count_tells_of_a_blinded_mention(record, write, ben, cleo, as_user, vote):
    write(cleo, "@Ben look")
    assert own_list(member(ben)).asked == 0
    assert (
        "screening/asked/" not in as_user(ben).get(reverse("reviews:protocol", args=["trd"])).content.decode()
    )
    for reviewer in (ben, cleo):
        vote(reviewer, record, "include")
    assert own_list(member(ben)).asked == 1
    assert "screening/asked/" in as_user(ben).get(reverse("reviews:protocol", args=["trd"])).content.decode()


def test_a_page_of_one_note_works_without_the_notes_around_it(record, write, ben, cleo, as_user):
    """On a page of its own there is no list that script could put the answer into: the form is sent plainly."""
    question = write(ben, "Which dose?", audience="asked", asked=cleo)
    client, page = as_user(cleo), reverse("screening:note_answer", args=["trd", question.pk])
    whole = client.get(page).content.decode()
    assert "note-write" in whole
    assert "hx-post" not in whole.partition("note-write")[2].partition("</form>")[0]
    assert (
        f'hx-target="#notes-{record.pk}"' in client.get(page, headers={"HX-Request": "true"}).content.decode()
    )
    answered = client.post(page, {"text": "The usual"}, follow=True)
    assert "Answered." in answered.content.decode()
    assert Note.objects.get(parent=question).text == "The usual"
