"""The same verbs for the shell."""

import io
import json

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError

from reviews.command import find_actor, read_whole, told_in_a_sentence, write_whole
from reviews.models import Membership, User
from reviews.permissions import Permission
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


def test_add_user_with_nobody_to_ask(db, monkeypatch):
    def nobody(prompt):
        raise EOFError

    monkeypatch.setattr("getpass.getpass", nobody)
    with pytest.raises(CommandError, match="use --password-stdin or --no-password"):
        run("add_user", "ana@example.org", "--name", "Ana")
    assert not User.objects.exists()


def test_who_acts_needs_the_right(review, ben):
    assert find_actor(review, "BEN@example.org ", Permission.SCREEN) == ben
    with pytest.raises(CommandError, match=r"^ben@example.org is reviewer of 'trd'; .* right to import\.$"):
        find_actor(review, "ben@example.org", Permission.IMPORT)
    with pytest.raises(CommandError, match="'trd' has no owner who could act"):
        find_actor(review, None)
    with pytest.raises(CommandError, match=r"^Nobody is not a member"):
        find_actor(review, "")


def test_a_database_without_tables_is_a_sentence():
    with (
        pytest.raises(CommandError, match=r"no such table: x\. .* 'manage.py migrate'"),
        told_in_a_sentence(),
    ):
        raise OperationalError("no such table: x")


def test_a_file_beyond_an_upload_is_refused(settings, tmp_path):
    settings.UPLOAD_LIMIT_BYTES = 1024**2
    with pytest.raises(CommandError, match="/dev/zero is larger than 1 MB"):
        read_whole("/dev/zero")
    (tmp_path / "votes.csv").write_bytes(b"x" * 1024**2)
    assert len(read_whole(str(tmp_path / "votes.csv"))) == 1024**2


def test_what_is_not_a_file_is_written_as_it_comes(capfdbinary):
    write_whole("/dev/stdout", [b"one", b"two"])
    assert capfdbinary.readouterr().out == b"onetwo"


def test_api_token(db):
    make_user("ana")
    token = run("api_token", "ana@example.org")
    assert len(token) == 40
    assert json.loads(run("api_token", "ana@example.org", "--json"))["token"] == token
    assert run("api_token", "ana@example.org", "--renew") != token
    with pytest.raises(CommandError, match="no account"):
        run("api_token", "nobody@example.org")
