"""History is added, never edited: by no service, no ORM call and no SQL."""

import pytest
from django.db import DatabaseError, connection, transaction

from reviews.audit import record_event
from reviews.models import AuditEvent


@pytest.fixture
def event(review, ana):
    with transaction.atomic():
        return record_event(
            review=review,
            actor=ana,
            verb="reviews.test",
            sentence="did a thing",
            target=review,
            detail={"a": 1},
        )


def tamper_by_save(event):
    event.sentence = "did nothing"
    event.save()


TAMPERINGS = {
    "save": tamper_by_save,
    "delete": lambda event: event.delete(),
    "queryset update": lambda event: AuditEvent.objects.update(sentence="did nothing"),
    "queryset delete": lambda event: AuditEvent.objects.all().delete(),
    "SQL update": lambda event: sql("UPDATE reviews_auditevent SET sentence = 'did nothing'"),
    "SQL delete": lambda event: sql("DELETE FROM reviews_auditevent"),
}


def sql(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize("how", TAMPERINGS)
def test_the_database_refuses_to_change_or_delete(event, how):
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        TAMPERINGS[how](event)
    assert AuditEvent.objects.get(pk=event.pk).sentence == "did a thing"


def test_an_event_keeps_names_as_they_were(event, ana, review):
    ana.name = "Ana Renamed"
    ana.save()
    event.refresh_from_db()
    assert (event.actor_name, event.target_label, event.target_type) == (
        "Ana",
        review.title,
        "reviews.review",
    )
    assert event.detail == {"a": 1}


def test_the_system_acts_without_a_person(review):
    with transaction.atomic():
        assert record_event(review=None, actor=None, verb="x.y", sentence="swept").actor_name == "System"


@pytest.mark.django_db(transaction=True)
def test_there_is_no_line_outside_a_transaction(review, ana):
    with pytest.raises(AssertionError, match="transaction"):
        record_event(review=review, actor=ana, verb="x.y", sentence="did it")


def test_a_rolled_back_change_leaves_no_line(review, ana):
    with transaction.atomic():
        record_event(review=review, actor=ana, verb="x.y", sentence="did it")
        transaction.set_rollback(True)
    assert not AuditEvent.objects.filter(verb="x.y").exists()


def test_blinded_events_are_visible_to_their_actor_alone(review, ana, ben, cleo):
    with transaction.atomic():
        record_event(review=review, actor=ben, verb="screening.vote_cast", sentence="voted", blinded=True)
        record_event(review=review, actor=None, verb="screening.swept", sentence="swept", blinded=True)
    seen = {
        user: list(review.events.visible_to(user).values_list("verb", flat=True)) for user in (ana, ben, cleo)
    }
    assert seen == {ana: [], ben: ["screening.vote_cast"], cleo: []}
