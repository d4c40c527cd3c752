"""Ids of another review in bodies, fields nobody asked for, and nonsense in every field."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings

from reviews.models import User
from tests.security.bodies import GESTURES
from tests.security.gestures import Gesture
from tests.security.tools import body_of, fingerprint, undone

pytestmark = pytest.mark.django_db
NAMED = {f"{gesture.name} {number}": gesture for number, gesture in enumerate(GESTURES)}
#: What a client might add in the hope that it is copied into the row.
EXTRA: dict[str, Any] = {
    "id": 1,
    "pk": 1,
    "review": 1,
    "review_id": 1,
    "reviewer": 1,
    "by": 1,
    "user": 1,
    "is_staff": True,
    "is_superuser": True,
    "slug": "stolen",
    "version": 99,
    "protocol_version": 99,
    "created_at": "1999-01-01T00:00:00Z",
    "created_by": 1,
    "extracted_by": 1,
    "verified_by": 1,
    "superseded_at": "1999-01-01T00:00:00Z",
    "withdrawn_at": "1999-01-01T00:00:00Z",
    "assessor": 1,
    "completed_at": "1999-01-01T00:00:00Z",
    "sha256": "0" * 64,
    "file_name": "stolen.pdf",
    "accepted_at": "1999-01-01T00:00:00Z",
    "token_sha256": "0" * 64,
    "duplicate_of": 1,
}
TELLING = ("stolen", "1999-01-01", "0000000000")
NONSENSE: dict[str, Any] = {
    "zero": "a\x00b",
    "huge": 10**30,
    "superscript": "²" * 5000,
    "surrogate": "\ud800",
    "list": ["a", {"b": None}],
}


def try_out(gesture: Gesture, client, world, body: dict) -> tuple[Any, dict[str, str]]:
    """The answer to a gesture that is taken back, and the database as it was after it."""
    with undone():
        answer = gesture.send(client, world, body)
        body_of(answer)
        return answer, fingerprint()


def taken(answer) -> bool:
    return answer.status_code in {200, 201, 202, 204, 302}


def test_every_body_is_taken(here, as_user):
    """Otherwise the attacks below would prove nothing."""
    wrong = []
    clients = {who: as_user(user) for who, user in here.people.items()}
    before = fingerprint()  # every gesture is taken back, so it stays true
    for name, gesture in NAMED.items():
        answer, after = try_out(gesture, clients[gesture.who], here, gesture.body(here, here))
        if not taken(answer) or (after != before) != gesture.saves:
            wrong.append((name, answer.status_code, body_of(answer)[:300] if gesture.is_api else ""))
    assert wrong == []


@pytest.mark.core
def test_ids_of_another_review_are_refused(here, there, as_user):
    wrong, tried = [], 0
    clients = {who: as_user(user) for who, user in here.people.items()}
    before = fingerprint()
    for name, gesture in NAMED.items():
        if not gesture.ids:
            continue
        own, foreign = gesture.body(here, here), gesture.body(here, there)
        for field in gesture.ids:
            tried += 1
            answer, after = try_out(gesture, clients[gesture.who], here, own | {field: foreign[field]})
            if answer.status_code not in {400, 404, 409, 422} or after != before:
                wrong.append((name, field, answer.status_code, after != before))
    assert wrong == []
    assert tried > 25


@pytest.mark.parametrize("field", ["record", "reason"])
def test_votes_sent_together_refuse_ids_of_another_review(field, here, there, as_user):
    """Each vote has an answer of its own: the whole is taken, this one refused and nothing saved."""
    (gesture,) = [each for each in GESTURES if each.name == "screening:votes"]
    client, before = as_user(here.people[gesture.who]), fingerprint()
    own, foreign = gesture.body(here, here), gesture.body(here, there)
    own["votes"][0][field] = foreign["votes"][0][field]
    answer, after = try_out(gesture, client, here, own)
    (said,) = answer.json()["votes"].values()
    assert said["state"] == "refused"
    assert said["status"] in {404, 422}
    assert after == before


def test_nobody_votes_in_the_name_of_another(here, as_user):
    (gesture,) = [each for each in GESTURES if each.name == "screening:votes"]
    client, before = as_user(here.people["second"]), fingerprint()
    answer, after = try_out(gesture, client, here, gesture.body(here, here))
    assert answer.status_code == 412
    assert after == before


def test_fields_nobody_asked_for_change_nothing(here, there, as_user):
    """With every other field of the models added, the rows come out as without; secrets and times aside."""
    wrong = []
    for name, gesture in NAMED.items():
        client = as_user(here.people[gesture.who])
        own = gesture.body(here, here)
        extra = {key: value for key, value in EXTRA.items() if key not in own}
        with undone():
            answer = gesture.send(client, here, own | extra)
            left = stolen_rows()
        if not (taken(answer) or answer.status_code == 400) or left:
            wrong.append((name, answer.status_code, left))
    assert wrong == []


def stolen_rows() -> list[tuple[str, str]]:
    """Columns that hold a value only EXTRA has; the rows were made by people and times of their own."""
    found = [("User", "is_staff")] * User.objects.filter(is_staff=True).count()
    for room in settings.ROOMS:
        for model in apps.get_app_config(room).get_models():
            for name in {field.name for field in model._meta.concrete_fields} & EXTRA.keys():
                values = model._default_manager.values_list(name, flat=True)
                if any(str(value).startswith(TELLING) or (value == 99 and name != "id") for value in values):
                    found.append((model.__name__, name))
    return found


@pytest.mark.core
def test_nonsense_in_a_field_is_refused_or_stored_as_text(here, as_user):
    """One field after the other; whatever the answer is, it is not a failure of ours.

    Each gesture meets two kinds of nonsense in each field and its neighbour the others, so that all meet every room.
    """
    wrong = []
    clients = {who: as_user(user) for who, user in here.people.items()}
    for client in clients.values():
        client.raise_request_exception = False
    kinds = list(NONSENSE)
    tries = [
        (name, gesture, kinds[(2 * number + step) % len(kinds)])
        for number, (name, gesture) in enumerate(NAMED.items())
        for step in range(2)
    ]
    for name, gesture, kind in tries:
        for field, body in nonsensical(gesture, gesture.body(here, here), NONSENSE[kind]):
            with undone():
                answer = gesture.send(clients[gesture.who], here, body)
                if answer.status_code >= 500:
                    wrong.append((name, field, kind, answer.status_code))
    assert wrong == []


def nonsensical(gesture: Gesture, own: dict, value: Any) -> Iterator[tuple[str, dict]]:
    """The body with ``value`` in one field after the other, and in what is inside a field."""
    if gesture.is_form and not isinstance(value, str | int):
        return
    for field, given in own.items():
        if field in {"file", "files"}:
            continue
        yield (
            field,
            own | {field: str(value).encode("utf-8", "replace").decode() if gesture.is_form else value},
        )
        if isinstance(given, dict):
            for inner in given:
                yield f"{field}.{inner}", own | {field: given | {inner: value}}
        if isinstance(given, list) and given and isinstance(given[0], dict):
            for inner in given[0]:
                yield f"{field}.0.{inner}", own | {field: [given[0] | {inner: value}]}
