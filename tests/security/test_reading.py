"""Reading changes nothing: every GET of the house under a database that refuses to write."""

import re
from contextlib import contextmanager

import pytest
from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.urls import reverse

from tests.security.addresses import addresses
from tests.security.tools import body_of, faces

pytestmark = pytest.mark.django_db
WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE", "CREATE", "DROP", "ALTER", "TRUNCATE")
SESSIONS = '"django_session"'
#: A record that is handed out keeps its reader's place for some minutes; it lapses by itself and decides nothing.
PLACES = '"screening_claim"'
#: Not account_email: it copies the address of an account made outside allauth (by a command) into allauth's table.
ACCOUNT = ["account_change_password", "account_logout", "mfa_index", "usersessions_list"]


class Wrote(Exception):
    pass


@contextmanager
def read_only():
    """Refuse every statement that writes, sessions and kept places aside."""

    def refuse(execute, sql, params, many, context):
        if sql.lstrip(" (").upper().startswith(WRITES) and not (SESSIONS in sql or PLACES in sql):
            raise Wrote(sql[:200])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(refuse):
        yield


@pytest.mark.parametrize("role", ["owner", "reviewer"])
def test_no_get_writes(here, as_user, role):
    client, wrote = as_user(here.people[role]), []
    outside = ["/reviews/", "/reviews/open/", "/", *map(reverse, ACCOUNT)]
    outside += [reverse("reviews:accept_invitation", args=[here.token]), "/api/schema/", "/healthz"]
    paths = outside + [address.path for address in addresses(here) if address.needs("get")]
    with read_only():
        for path in paths:
            try:
                for _, answer in faces(client, path):
                    body_of(answer)
            except Wrote as error:
                wrote.append((path, str(error)))
    assert wrote == []


def test_the_guard_would_notice(here, as_user):
    with read_only(), pytest.raises(Wrote):
        as_user(here.owner)  # signing in writes the time of it


def test_pages_that_ask_whether_htmx_is_asking_are_read_twice(here, as_user):
    """``faces`` reads the others once: so no code may look at the header by another way than ``request.htmx``."""
    client = as_user(here.owner)
    assert len(list(faces(client, f"/reviews/{here.review.slug}/standing/"))) == 2
    assert len(list(faces(client, "/healthz"))) == 1
    rooms = [settings.BASE_DIR / room for room in [*settings.ROOMS, "reviewapp", "templates"]]
    sources = [path for room in rooms for path in room.rglob("*") if path.suffix in {".py", ".html"}]
    assert [path for path in sources if re.search(r"HX[-_]REQUEST", path.read_text(), re.IGNORECASE)] == []


def test_readyz_takes_back_what_it_tries(client):
    before = MigrationRecorder.Migration.objects.count()
    client.get("/readyz")
    assert MigrationRecorder.Migration.objects.count() == before
