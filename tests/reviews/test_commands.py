"""The same verbs for the shell."""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from reviews.models import Membership, User
from tests.factories import PASSWORD, make_user


def run(*args) -> str:
    out = io.StringIO()
    call_command(*args, stdout=out)
    return out.getvalue().strip()


def test_open_review(db):
    make_user("ana")
    answer = json.loads(run("open_review", "--title", "Yoga", "--owner", "ANA@example.org", "--json"))
    assert answer["slug"] == "yoga"
    assert Membership.objects.get(review__slug="yoga").user.email == "ana@example.org"
    said = run("open_review", "--title", "Yoga", "--owner", "ana@example.org", "--slug", "yoga-for-all")
    assert said == "Opened the review 'yoga-for-all', owned by ana@example.org."
    with pytest.raises(CommandError, match="is taken"):
        run("open_review", "--title", "Yoga", "--owner", "ana@example.org", "--slug", "yoga")
    with pytest.raises(CommandError, match="no account for nobody@"):
        run("open_review", "--title", "Yoga", "--owner", "nobody@example.org")


def test_add_user_with_a_password_from_stdin(db, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
    answer = json.loads(
        run("add_user", "Ana@Example.org", "--name", "Ana Silva", "--password-stdin", "--json")
    )
    user = User.objects.get()
    assert answer == {"email": user.email, "name": "Ana Silva"}
    assert user.check_password(PASSWORD)


def test_add_user_asks_twice(db, monkeypatch):
    answers = iter([PASSWORD, "another one entirely"])
    monkeypatch.setattr("getpass.getpass", lambda prompt: next(answers))
    with pytest.raises(CommandError, match="differ"):
        run("add_user", "ana@example.org", "--name", "Ana")
    assert not User.objects.exists()


@pytest.mark.parametrize(
    ("email", "name", "password", "words"),
    [
        ("ana", "Ana", PASSWORD, "Email: Enter a valid email address"),
        ("ana@example.org", " ", PASSWORD, "Name: This field cannot be blank"),
        ("ana@example.org", "Ana", "short", "at least 12 characters"),
        ("ana@example.org", "Ana", "qwertyqwerty", "too common"),
        ("BEN@example.org", "Ben", PASSWORD, "already an account for BEN@example.org"),
    ],
)
def test_add_user_refuses(db, monkeypatch, email, name, password, words):
    make_user("ben")
    monkeypatch.setattr("sys.stdin", io.StringIO(password))
    with pytest.raises(CommandError, match=words):
        run("add_user", email, "--name", name, "--password-stdin")
    assert User.objects.count() == 1


def test_add_user_without_password_cannot_sign_in(db):
    run("add_user", "ana@example.org", "--name", "Ana", "--no-password")
    assert not User.objects.get().has_usable_password()


def test_api_token(db):
    make_user("ana")
    token = run("api_token", "ana@example.org")
    assert len(token) == 40
    assert json.loads(run("api_token", "ana@example.org", "--json"))["token"] == token
    assert run("api_token", "ana@example.org", "--renew") != token
    with pytest.raises(CommandError, match="no account"):
        run("api_token", "nobody@example.org")
