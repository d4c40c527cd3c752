"""What every answer carries, and what a browser or a proxy is not to be talked into."""

import os
import subprocess
import sys

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.urls import reverse

from tests.security.addresses import addresses
from tests.security.bodies import GESTURES
from tests.security.tools import body_of, fingerprint

pytestmark = pytest.mark.django_db
PUBLIC = ["/", "/healthz", "/readyz", "/nowhere/", "/api/schema/", "/api/nowhere/", "/reviews/"]
PUBLIC += ["/accounts/login/", "/accounts/signup/", "/accounts/password/reset/"]
PUBLIC += ["/reviews/invitations/x/", "/public/x/"]


def faults(answer) -> list[str]:
    """What is missing or too weak in the headers of an answer."""
    csp = answer.get("Content-Security-Policy", "")
    rules = dict(part.strip().split(" ", 1) for part in csp.split(";") if " " in part.strip())
    wrong = []
    if "unsafe" in csp or "*" in csp or not rules.get("default-src", "").startswith(("'self'", "'none'")):
        wrong.append(f"CSP {csp}")
    if rules.get("frame-ancestors") != "'none'" or rules.get("base-uri") != "'none'":
        wrong.append(f"frames {csp}")
    for name, value in {
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "X-Frame-Options": "DENY",
    }.items():
        if answer.get(name) != value:
            wrong.append(f"{name}: {answer.get(name)}")
    return wrong


def test_every_answer_carries_the_headers(here, as_user):
    wrong = {}
    client = as_user(here.owner)
    paths = [address.path for address in addresses(here) if address.needs("get")]
    for one, asked in ((client, paths), (Client(), PUBLIC)):
        for path in asked:
            answer = one.get(path)
            body_of(answer)
            if found := faults(answer):
                wrong[path] = found
    assert wrong == {}


def test_refusals_and_failures_carry_them_too(here, as_user, monkeypatch):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(here.owner)
    unreachable = Client(raise_request_exception=False)
    unreachable.force_login(here.owner)
    forbidden = as_user(here.people["observer"]).get(f"/reviews/{here.review.slug}/protocol/edit/")
    no_token = strict.post(f"/reviews/{here.review.slug}/protocol/edit/", {})
    assert (forbidden.status_code, no_token.status_code) == (403, 403)
    monkeypatch.setattr("reviews.views.history.page_of", lambda *args: 1 / 0)
    broken = unreachable.get(f"/reviews/{here.review.slug}/history/")
    assert broken.status_code == 500
    for answer in (forbidden, no_token, broken):
        assert faults(answer) == []


def test_a_failure_shows_no_trace(here, as_user, monkeypatch, settings):
    settings.DEBUG = False

    def fail(*args):
        raise RuntimeError("secret-detail of the inside")

    monkeypatch.setattr("reviews.views.history.page_of", fail)
    client = as_user(here.owner)
    client.raise_request_exception = False
    text = body_of(client.get(f"/reviews/{here.review.slug}/history/"))
    for word in ("secret-detail", "Traceback", "RuntimeError", "/reviews/views", "settings", "SECRET"):
        assert word not in text


def test_every_post_needs_the_token(here):
    """Pages and API alike, for a person with a session; a program with a token has no session to ride on."""
    wrong, clients, before = [], {}, None
    for gesture in GESTURES:
        if gesture.who not in clients:
            clients[gesture.who] = Client(enforce_csrf_checks=True)
            clients[gesture.who].force_login(here.people[gesture.who])
    before = fingerprint()
    for gesture in GESTURES:
        for headers in ({}, {"HX-Request": "true", "X-CSRFToken": "x" * 32}):
            client = clients[gesture.who]
            client.defaults = {f"HTTP_{name.upper().replace('-', '_')}": v for name, v in headers.items()}
            answer = gesture.send(client, here, gesture.body(here, here))
            if answer.status_code != 403:
                wrong.append((gesture.name, answer.status_code))
    assert wrong == []
    assert fingerprint() == before


def test_the_forms_at_the_door_need_the_token(db):
    client = Client(enforce_csrf_checks=True)
    for page in ("account_login", "account_signup", "account_reset_password"):
        assert client.post(reverse(page), {}).status_code == 403
    assert client.post("/reviews/invitations/").status_code == 403


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "localhost:80@evil.example", "a b"]
)
def test_another_host_is_refused(db, host):
    for path in ("/accounts/login/", "/healthz"):
        answer = Client().get(path, headers={"Host": host})
        assert answer.status_code == 400
        assert "evil" not in answer.content.decode()


def test_a_forwarded_host_changes_no_link(here, as_user):
    headers = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https", "X-Original-URL": "/evil"}
    client = as_user(here.owner)
    for address in addresses(here):
        if address.name in {"analysis:run_file", "reporting:prisma", "reviews:team"}:
            assert "evil" not in body_of(client.get(address.path, headers=headers))


def test_an_odd_method_does_nothing(here, as_user):
    client, before = as_user(here.owner), fingerprint()
    for address in addresses(here):
        for method in ("TRACE", "CONNECT", "PROPFIND"):
            assert client.generic(method, address.path).status_code in {405, 404}, address
    for address in addresses(here)[::3]:  # one guard reads the method for all of them
        answer = client.generic(
            "GET", address.path, headers={"X-HTTP-Method-Override": "DELETE"}, QUERY_STRING="_method=DELETE"
        )
        assert answer.status_code in {200, 302, 400, 404, 405, 422}  # 400, 422: asks for what it needs
    after = fingerprint()
    assert {table for table in after if after[table] != before[table]} <= {"screening_claim"}


DEPLOYED = """
import django, sys
django.setup()
from django.conf import settings
from django.core.management import call_command
call_command("check", deploy=True, fail_level="WARNING")
assert settings.SESSION_COOKIE_NAME.startswith("__Host-") and settings.CSRF_COOKIE_NAME.startswith("__Host-")
from django.test import Client
client = Client(headers={"Host": "localhost"})
plain = client.get("/accounts/login/")
assert (plain.status_code, plain["Location"]) == (301, "https://localhost/accounts/login/"), plain
answer = client.get("/accounts/login/", secure=True, headers={"X-Forwarded-Proto": "https"})
assert answer.status_code == 200, answer
assert "max-age=31536000" in answer["Strict-Transport-Security"]
for cookie in answer.cookies.values():
    assert cookie["secure"] and cookie["httponly"] and cookie["samesite"] == "Lax", cookie.OutputString()
    assert cookie["path"] == "/" and not cookie["domain"], cookie.OutputString()
assert answer.cookies, "the sign-in page sets the token"
print("DEPLOYED FINE")
"""


def test_behind_https_the_check_is_clean_and_the_cookies_are_tight(tmp_path):
    """In a process of its own, since settings are read once."""
    environ = {
        **os.environ,
        "HTTPS": "1",
        "VAR_DIR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "reviewapp.settings",
    }
    for name in ("DATABASE_URL", "DEBUG", "REDIS_URL", "TEST_DATABASE_FILE", "DJANGO_ALLOW_ASYNC_UNSAFE"):
        environ.pop(name, None)
    environ["SITE_URL"] = "https://localhost"
    subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--noinput", "-v0"],
        env=environ,
        cwd=django_settings.BASE_DIR,
        check=True,
    )
    done = subprocess.run(
        [sys.executable, "-c", DEPLOYED],
        env=environ,
        cwd=django_settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "DEPLOYED FINE" in done.stdout, done.stdout + done.stderr
    assert "WARNING" not in done.stderr.replace("django.request", "")


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"DEBUG": "1", "ALLOWED_HOSTS": "reviews.example.org"}, "localhost"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY"),
    ],
)
def test_a_careless_start_is_refused(tmp_path, environ, words):
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        env={**os.environ, "VAR_DIR": str(tmp_path), "HTTPS": "1", **environ},
        cwd=django_settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert words in done.stderr + done.stdout
