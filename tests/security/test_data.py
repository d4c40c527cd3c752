"""What the database itself refuses: rewritten history, rows torn from under others, stale and doubled writes."""

import pytest
from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import PROTECT, ProtectedError
from django.urls import reverse

from reviews.models import AuditEvent
from reviews.services import add_exclusion_reason
from tests.security.tools import undone

TABLE = "reviews_auditevent"


# --- history ----------------------------------------------------------------------------------------------


REWRITES = {
    "UPDATE": f"UPDATE {TABLE} SET sentence = 'nothing happened'",
    "UPDATE of one column": f"UPDATE {TABLE} SET blinded = NOT blinded WHERE id = (SELECT max(id) FROM {TABLE})",
    "DELETE": f"DELETE FROM {TABLE}",
    "DELETE of the last": f"DELETE FROM {TABLE} WHERE id = (SELECT max(id) FROM {TABLE})",
    "UPDATE with a blank": f"/* x */ UPDATE {TABLE} SET id = id + 1000",
}
#: Ways around triggers on rows, in each database's own words.
WHOLE = {
    "all at once": {
        "sqlite": f"REPLACE INTO {TABLE} SELECT * FROM {TABLE}",
        "postgresql": f"TRUNCATE {TABLE}",
    },
    "on conflict": {
        "sqlite": f"INSERT OR REPLACE INTO {TABLE} SELECT * FROM {TABLE} LIMIT 1",
        "postgresql": f"INSERT INTO {TABLE} SELECT * FROM {TABLE} ON CONFLICT (id) DO UPDATE SET sentence = ''",
    },
}
ORM = {
    "bulk_update": lambda event: AuditEvent.objects.bulk_update([event], ["sentence"]),
    "update_or_create": lambda event: AuditEvent.objects.update_or_create(
        pk=event.pk, defaults={"sentence": "nothing"}
    ),
    "bulk_create over it": lambda event: AuditEvent.objects.bulk_create(
        [AuditEvent(pk=event.pk, verb="x", sentence="nothing")],
        update_conflicts=True,
        update_fields=["sentence"],
        unique_fields=["id"],
    ),
    "raw delete": lambda event: AuditEvent.objects.all()._raw_delete(AuditEvent.objects.db),
}


def rewrite(how: str, event: AuditEvent) -> None:
    if how in ORM:
        ORM[how](event)
        return
    with connection.cursor() as cursor:
        cursor.execute(REWRITES.get(how) or WHOLE[how][connection.vendor])


@pytest.mark.core
@pytest.mark.django_db
@pytest.mark.parametrize("how", [*REWRITES, *WHOLE, *ORM])
def test_history_is_added_to_and_nothing_else(review, ana, how):
    for label in ("Wrong design", "Wrong language"):
        add_exclusion_reason(review=review, by=ana, label=label)
    event = review.events.first()
    event.sentence = "nothing happened"
    before = list(AuditEvent.objects.order_by("pk").values_list())
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        rewrite(how, event)
    assert list(AuditEvent.objects.order_by("pk").values_list()) == before


@pytest.mark.django_db
def test_nothing_of_a_review_can_be_deleted_from_under_it(here):
    """Every row that others hang on is protected, up to the review and the people; history outlives them all."""
    for row in (here.review, here.owner, here.included, here.study, here.outcome, here.reason, here.plan):
        with pytest.raises(ProtectedError):
            row.delete()


def test_every_foreign_key_of_ours_protects():
    free = [
        f"{model.__name__}.{field.name}"
        for room in settings.ROOMS
        for model in apps.get_app_config(room).get_models()
        for field in model._meta.concrete_fields
        if field.is_relation and field.remote_field.on_delete is not PROTECT
    ]
    assert set(free) == {"AuditEvent.review", "AuditEvent.actor"}


# --- two tabs ---------------------------------------------------------------------------------------------

STALE = {
    "a protocol": (
        "owner",
        "reviews:protocol_edit",
        None,
        {
            "title": "Mine",
            "initial-title": "what stood there before",
            "framework": "PICO",
            "quorum_title_abstract": 2,
            "quorum_full_text": 2,
            "maybe_rule": "include",
        },
    ),
    "an arm": (
        "extractor",
        "extraction:arm_change",
        "arm",
        {"label": "Mine", "role": "comparator", "seen_version": 7},
    ),
    "a result": ("extractor", "extraction:result_withdraw", "result", {"why": "x", "seen_version": 7}),
    "a verification": ("statistician", "extraction:result_verify", "result", {"seen_version": 7}),
    "a characteristic": (
        "extractor",
        "extraction:characteristic_set",
        "second_study",
        {"name": "therapy", "value": "Mine", "seen": "something else"},
    ),
}


@pytest.mark.django_db
def test_a_stale_tab_overwrites_nothing(here, as_user):
    for what, (who, name, row, data) in STALE.items():
        rows = [getattr(here, row).pk] if row else []
        before = AuditEvent.objects.count()
        with undone():
            answer = as_user(here.people[who]).post(reverse(name, args=[here.review.slug, *rows]), data)
            assert answer.status_code in {302, 409, 422}, what
            assert AuditEvent.objects.count() == before, what
