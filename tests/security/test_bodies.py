"""Ids of another review in bodies, fields nobody asked for, and nonsense in every field."""

from collections.abc import Iterator
from itertools import cycle
from typing import Any

import pytest

from reviews.models import User
from tests.security.bodies import GESTURES
from tests.security.gestures import Gesture
from tests.security.tools import body_of, fingerprint, our_models, undone, writing

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


def try_out(gesture: Gesture, client, world, body: dict, before: dict[str, str]) -> tuple[Any, bool]:
    """The answer to a gesture that is taken back, and whether it left the database other than ``before``."""
    with undone():
        with writing() as tables:
            answer = gesture.send(client, world, body)
            body_of(answer)
        after = fingerprint(tables)
        return answer, any(after[table] != before[table] for table in after)


def taken(answer) -> bool:
    return answer.status_code in {200, 201, 202, 204, 302}


def test_every_body_is_taken(here, as_user):
    """Otherwise the attacks below would prove nothing."""
    wrong = []
    clients = {who: as_user(user) for who, user in here.people.items()}
    before = fingerprint()  # every gesture is taken back, so it stays true
    for name, gesture in NAMED.items():
        own = gesture.body(here, here)
        answer, changed = try_out(gesture, clients[gesture.who], here, own, before)
        if not taken(answer) or changed != gesture.saves:
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
            body = own | {field: foreign[field]}
            answer, changed = try_out(gesture, clients[gesture.who], here, body, before)
            if answer.status_code not in {400, 404, 409, 422} or changed:
                wrong.append((name, field, answer.status_code, changed))
    assert wrong == []
    assert tried > 25


@pytest.mark.parametrize("field", ["record", "reason"])
def test_votes_sent_together_refuse_ids_of_another_review(field, here, there, as_user):
    """Each vote has an answer of its own: the whole is taken, this one refused and nothing saved."""
    (gesture,) = [each for each in GESTURES if each.name == "screening:votes"]
    client, before = as_user(here.people[gesture.who]), fingerprint()
    own, foreign = gesture.body(here, here), gesture.body(here, there)
    own["votes"][0][field] = foreign["votes"][0][field]
    answer, changed = try_out(gesture, client, here, own, before)
    (said,) = answer.json()["votes"].values()
    assert said["state"] == "refused"
    assert said["status"] in {404, 422}
    assert not changed


def test_nobody_votes_in_the_name_of_another(here, as_user):
    (gesture,) = [each for each in GESTURES if each.name == "screening:votes"]
    client, before = as_user(here.people["second"]), fingerprint()
    answer, changed = try_out(gesture, client, here, gesture.body(here, here), before)
    assert answer.status_code == 412
    assert not changed


def test_fields_nobody_asked_for_change_nothing(here, there, as_user):
    """With every other field of the models added, the rows come out as without; secrets and times aside."""
    wrong = []
    clients = {who: as_user(user) for who, user in here.people.items()}
    for name, gesture in NAMED.items():
        client, own = clients[gesture.who], gesture.body(here, here)
        extra = {key: value for key, value in EXTRA.items() if key not in own}
        with undone(), writing() as tables:
            answer = gesture.send(client, here, own | extra)
            left = stolen_rows(tables)
        if not (taken(answer) or answer.status_code == 400) or left:
            wrong.append((name, answer.status_code, left))
    assert wrong == []


def stolen_rows(tables: set[str]) -> list[tuple[str, str]]:
    """Columns that hold a value only EXTRA has; the rows were made by people and times of their own."""
    found = [("User", "is_staff")] * User.objects.filter(is_staff=True).count()
    for model in our_models():
        if model._meta.db_table not in tables:
            continue
        for name in {field.name for field in model._meta.concrete_fields} & EXTRA.keys():
            values = model._default_manager.values_list(name, flat=True)
            if any(str(value).startswith(TELLING) or (value == 99 and name != "id") for value in values):
                found.append((model.__name__, name))
    return found


@pytest.mark.core
def test_nonsense_in_a_field_is_refused_or_stored_as_text(here, as_user):
    """One field after the other; whatever the answer is, it is not a failure of ours.

    Each field meets one kind of nonsense and its neighbour another, so that all kinds meet every room.
    """
    wrong = []
    clients = {who: as_user(user) for who, user in here.people.items()}
    for client in clients.values():
        client.raise_request_exception = False
    for number, (name, gesture) in enumerate(NAMED.items()):
        for field, body in nonsensical(gesture, gesture.body(here, here), number):
            with undone():
                answer = gesture.send(clients[gesture.who], here, body)
                if answer.status_code >= 500:
                    wrong.append((name, field, body, answer.status_code))
    assert wrong == []


def nonsensical(gesture: Gesture, own: dict, first: int) -> Iterator[tuple[str, dict]]:
    """The body with nonsense in one field after the other, and in what is inside a field; the kinds take turns."""
    kinds = cycle(value for value in NONSENSE.values() if not gesture.is_form or isinstance(value, str | int))
    for _ in range(first % len(NONSENSE)):
        next(kinds)
    for field, given in own.items():
        if field in {"file", "files"}:
            continue
        value = next(kinds)
        as_text = str(value).encode("utf-8", "replace").decode()
        yield field, own | {field: as_text if gesture.is_form else value}
        if isinstance(given, dict):
            for inner in given:
                yield f"{field}.{inner}", own | {field: given | {inner: next(kinds)}}
        if isinstance(given, list) and given and isinstance(given[0], dict):
            for inner in given[0]:
                yield f"{field}.0.{inner}", own | {field: [given[0] | {inner: next(kinds)}]}
