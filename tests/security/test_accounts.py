"""Signing in, forgotten passwords, invitations: what a stranger at the door can try."""

import re
import statistics
import time

import pytest
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from reviews import services
from reviews.models import Invitation, Membership, User
from tests.factories import PASSWORD, join, make_user
from tests.security.tools import body_of

pytestmark = pytest.mark.django_db
WRONG = "wrong horse battery staple"


@pytest.fixture(autouse=True)
def _no_memory_of_other_tests(settings, tmp_path):
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.filebased.FileBasedCache", "LOCATION": tmp_path}
    }
    cache.clear()


def sign_in(client: Client, email: str, password: str, **more):
    return client.post(reverse("account_login"), {"login": email, "password": password}, **more)


def said(response) -> str:
    """What the page says, without the address that was typed."""
    return re.sub(r"[\w.-]+@example\.org", "ADDRESS", body_of(response))


# --- throttling and equal answers -------------------------------------------------------------------------


def test_guessing_is_slowed_down_and_the_right_password_tells_nothing(ben, cleo, client):
    answers = [sign_in(client, ben.email, f"{WRONG} {number}") for number in range(5)]
    assert {answer.status_code for answer in answers} == {200}
    for other in (client, Client(REMOTE_ADDR="203.0.113.9")):
        guessed, right = sign_in(other, ben.email, WRONG), sign_in(other, ben.email, PASSWORD)
        assert said(guessed) == said(right)
        assert "Too many failed" in said(right)
        assert "_auth_user_id" not in other.session
    assert sign_in(Client(REMOTE_ADDR="203.0.113.10"), cleo.email, PASSWORD).status_code == 302


def test_one_address_cannot_guess_at_many_accounts(db, settings):
    client = Client()
    answers = [sign_in(client, f"nobody{number}@example.org", WRONG).status_code for number in range(40)]
    assert 429 in answers or answers.count(200) < 40


@pytest.mark.parametrize("page", ["account_login", "account_reset_password"])
def test_an_unknown_account_gets_the_same_answer(ben, page):
    def ask(email):
        client = Client()
        data = {"login": email, "password": WRONG} if page == "account_login" else {"email": email}
        first = client.post(reverse(page), data)
        second = client.get(first["Location"]) if first.status_code == 302 else first
        return first.status_code, first.headers.get("Location"), said(second)

    assert ask(ben.email) == ask("nobody@example.org")


def test_an_unknown_account_takes_as_long(ben, settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    settings.ACCOUNT_RATE_LIMITS = False
    ben.set_password(PASSWORD)
    ben.save()
    client = Client()

    def seconds(email):
        start = time.perf_counter()
        sign_in(client, email, WRONG)
        return time.perf_counter() - start

    known = statistics.median(seconds(ben.email) for _ in range(3))
    unknown = statistics.median(seconds("nobody@example.org") for _ in range(3))
    assert unknown > known / 2


def test_nobody_signs_up_uninvited(client):
    data = {"email": "x@example.org", "password1": PASSWORD, "name": "X"}
    answer = client.post(reverse("account_signup"), data)
    assert not User.objects.filter(email="x@example.org").exists()
    assert answer.status_code == 200
    assert "_auth_user_id" not in client.session


def test_a_closed_door_does_not_tell_whose_account_there_is(ben):
    def ask(email):
        answer = Client().post(
            reverse("account_signup"), {"email": email, "password1": PASSWORD, "name": "X"}
        )
        return answer.status_code, said(answer)

    assert ask(ben.email) == ask("nobody@example.org")


# --- passwords and sessions -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("password", "good"),
    [
        ("x7!kQ2mPz9w", False),  # eleven
        ("x7!kQ2mPz9wT", True),  # twelve
        ("password12345", False),  # on the list of the common ones
        ("ben@example.org", False),  # the account's own address
        ("correct horse battery staple and then some more words to be far beyond 64", True),
        ("nur kleine buchstaben", True),  # no rule of composition
        ("пароль из слов 漢字 🐎", True),
    ],
)
def test_the_password_policy(ben, as_user, password, good):
    answer = as_user(ben).post(
        reverse("account_change_password"),
        {"oldpassword": PASSWORD, "password1": password, "password2": password},
    )
    ben.refresh_from_db()
    assert ben.check_password(password) is good
    assert (answer.status_code == 302) is good


def test_a_session_planted_before_is_worth_nothing_after(ben):
    client = Client()
    client.get(reverse("account_login"))
    client.cookies["session"] = "planted0planted0planted0planted0"
    sign_in(client, ben.email, PASSWORD)
    assert client.session.session_key != "planted0planted0planted0planted0"
    thief = Client()
    thief.cookies["session"] = "planted0planted0planted0planted0"
    assert thief.get(reverse("reviews:list")).status_code == 302


def test_signing_in_changes_the_key_of_the_session(review, ana, ben):
    _, token = services.invite_member(review=review, by=ana, email="b@example.org", role="observer")
    client = Client()
    client.get(reverse("reviews:accept_invitation", args=[token]))
    before = client.session.session_key
    sign_in(client, ben.email, PASSWORD)
    assert before
    assert client.session.session_key != before
    thief = Client()
    thief.cookies["session"] = before
    assert thief.get(reverse("reviews:list")).status_code == 302


def test_a_new_password_ends_the_other_sessions(ben):
    first, second = Client(), Client()
    for client in (first, second):
        assert sign_in(client, ben.email, PASSWORD).status_code == 302
    new = "another horse battery staple"
    first.post(
        reverse("account_change_password"), {"oldpassword": PASSWORD, "password1": new, "password2": new}
    )
    assert first.get(reverse("reviews:list")).status_code == 200
    assert second.get(reverse("reviews:list")).status_code == 302


def test_signing_out_ends_the_session_on_the_server(ben):
    client = Client()
    sign_in(client, ben.email, PASSWORD)
    stolen = client.cookies["session"].value
    client.post(reverse("account_logout"))
    thief = Client()
    thief.cookies["session"] = stolen
    assert thief.get(reverse("reviews:list")).status_code == 302


def test_signing_out_needs_a_post(ben, as_user):
    client = as_user(ben)
    client.get(reverse("account_logout"))
    assert client.get(reverse("reviews:list")).status_code == 200


def test_a_second_factor_is_asked_for_and_a_code_works_once(ben):
    client = Client()
    sign_in(client, ben.email, PASSWORD)
    page = reverse("mfa_activate_totp")
    if (asked := client.get(page)).status_code == 302:  # the password again, before such a change
        client.post(asked["Location"], {"password": PASSWORD})
    secret = client.get(page).context["form"].secret
    code = format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))
    assert client.post(page, {"code": code}).status_code == 302

    second = Client()
    answer = sign_in(second, ben.email, PASSWORD)
    assert answer["Location"].startswith(reverse("mfa_authenticate"))
    assert second.get(reverse("reviews:list")).status_code == 302
    assert second.post(reverse("mfa_authenticate"), {"code": "000000"}).status_code == 200
    cache.clear()  # the first use above is remembered for as long as the code lives
    assert second.post(reverse("mfa_authenticate"), {"code": code}).status_code == 302
    assert second.get(reverse("reviews:list")).status_code == 200

    third = Client()
    sign_in(third, ben.email, PASSWORD)
    assert third.post(reverse("mfa_authenticate"), {"code": code}).status_code == 200
    assert third.get(reverse("reviews:list")).status_code == 302


@pytest.mark.parametrize(
    "to",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "https:evil.example",
    ],
)
@pytest.mark.parametrize("page", ["account_login", "preferences", "account_logout"])
def test_nobody_is_sent_elsewhere(ben, as_user, page, to):
    if page == "account_login":
        data = {"login": ben.email, "password": PASSWORD, "next": to}
        answer = Client().post(reverse(page), data, query_params={"next": to})
    elif page == "preferences":
        answer = as_user(ben).post(reverse("reviews:preferences"), {"shortcuts": "on", "next": to})
    else:
        answer = as_user(ben).post(reverse(page), {"next": to})
    assert answer.status_code == 302
    assert "evil" not in answer["Location"]
    assert "javascript" not in answer["Location"]


# --- invitations ------------------------------------------------------------------------------------------


def accept(user: User, token: str) -> int:
    client = Client()
    client.force_login(user)
    client.get(reverse("reviews:accept_invitation", args=[token]), follow=True)
    return client.post(reverse("reviews:accept_invitation")).status_code


@pytest.mark.core
def test_an_invitation_lets_one_person_in(review, ana, ben, eve):
    _, token = services.invite_member(review=review, by=ana, email="new@example.org", role="observer")
    assert accept(eve, token) == 302
    assert accept(make_user("second"), token) == 410
    assert review.memberships.count() == 3
    assert token not in str(list(Invitation.objects.values()))


@pytest.mark.parametrize("left", ["removed", "demoted"])
def test_links_of_who_may_not_invite_any_more_let_nobody_in(review, ana, eve, left):
    """Or a manager who has to go could keep a key."""
    mia = join(review, make_user("mia"), "manager")
    _, token = services.invite_member(review=review, by=mia.user, email="own@example.org", role="manager")
    if left == "removed":
        services.remove_member(membership=mia, by=ana)
    else:
        services.change_role(membership=mia, role="reviewer", by=ana)
    assert accept(eve, token) == 410
    assert not Membership.objects.filter(review=review, user=eve).exists()


def test_an_owner_who_became_manager_makes_no_owner_by_an_older_link(review, ana, eve):
    olga = join(review, make_user("olga"), "owner")
    _, token = services.invite_member(review=review, by=olga.user, email="own@example.org", role="owner")
    services.change_role(membership=olga, role="manager", by=ana)
    assert accept(eve, token) == 410


def test_titles_and_names_add_no_header_to_an_email(review, ana):
    review.title = "A review\r\nBcc: everybody@example.org\r\n\r\nBuy now"
    review.save()
    ana.name = "Ana\nX-Spam: no"
    ana.save()
    services.invite_member(review=review, by=ana, email="new@example.org", role="observer")
    [message] = mail.outbox
    head = message.message().as_string().split("\n\n")[0]
    assert "\nBcc" not in head
    assert "\nX-Spam" not in head
    assert message.recipients() == ["new@example.org"]


@pytest.mark.parametrize(
    "email", ["a@example.org\nBcc: b@example.org", "a@example.org, b@example.org", "a b"]
)
def test_nobody_else_is_written_to(review, ana, as_user, email):
    answer = as_user(ana).post(
        reverse("reviews:member_invite", args=[review.slug]), {"email": email, "role": "observer"}
    )
    assert answer.status_code == 422
    assert mail.outbox == []
