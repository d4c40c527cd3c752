"""The cast: ana owns, ben and cleo screen, dora adjudicates, stan analyses, eve is a stranger."""

import pytest
from django.db import connection
from django.test import Client
from playwright.sync_api import expect

from reviews import jobs
from reviews.models import Job
from tests.factories import join, make_review, make_user

#: Takes minutes and no database of this process, so that it may come before the tests that do.
LONGEST = (
    "tests/reviewapp/test_up.py",
    "tests/security/",
    "tests/journeys/",
    "tests/screening/test_blinding",
)

#: What a page is to show comes at once; a machine that does other things, too, is given time.
expect.set_options(timeout=15_000)

pytest_plugins = ["tests.services"]

#: How the append-only triggers step aside for a flush, and come back: (before, after) by database.
FLUSH = {
    "sqlite": (
        "DROP TRIGGER IF EXISTS reviews_auditevent_no_delete",
        """CREATE TRIGGER reviews_auditevent_no_delete BEFORE DELETE ON reviews_auditevent
           BEGIN SELECT RAISE(ABORT, 'audit events are append-only'); END""",
    ),
    "postgresql": (
        "ALTER TABLE reviews_auditevent DISABLE TRIGGER reviews_auditevent_no_truncate",
        "ALTER TABLE reviews_auditevent ENABLE TRIGGER reviews_auditevent_no_truncate",
    ),
}


def pytest_collection_modifyitems(items):
    """The longest files first, so that no processor is left alone with one of them at the end."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))


@pytest.fixture(scope="session", autouse=True)
def _flush_may_empty_the_history():
    """Between transactional tests the tables are emptied; that meets the append-only triggers."""
    operations, (before, after) = type(connection.ops), FLUSH[connection.vendor]
    real = operations.sql_flush

    def sql_flush(self, style, tables, **options):
        statements = real(self, style, tables, **options)
        return [before, *statements, after] if "reviews_auditevent" in tables else statements

    operations.sql_flush = sql_flush
    yield
    operations.sql_flush = real


@pytest.fixture(autouse=True)
def _quick_and_private(settings, tmp_path):
    """No slow hashing, no mail, no file outside the test's own folder."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    # a test's transaction would keep the heartbeat of a job done in this process waiting for the database
    settings.JOB_HEARTBEAT_SECONDS = 3600
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }


@pytest.fixture
def review(db):
    return make_review()


@pytest.fixture
def ana(review):
    return join(review, make_user("ana"), "owner").user


@pytest.fixture
def ben(review):
    return join(review, make_user("ben"), "reviewer").user


@pytest.fixture
def cleo(review):
    return join(review, make_user("cleo"), "reviewer").user


@pytest.fixture
def dora(review):
    return join(review, make_user("dora"), "adjudicator").user


@pytest.fixture
def stan(review):
    return join(review, make_user("stan"), "statistician").user


@pytest.fixture
def eve(db):
    """Has an account and a review of her own, but no part in this one."""
    eve = make_user("eve")
    join(make_review("other", title="Another review"), eve, "owner")
    return eve


@pytest.fixture
def as_user():
    """``as_user(ana)`` is a test client signed in as ana."""

    def sign_in(user) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def work(django_capture_on_commit_callbacks):
    """``work()`` does every queued job here and now, as a worker would, and returns the finished jobs."""

    def do_all() -> list[Job]:
        finished = []
        while job := Job.objects.waiting().order_by("pk").first():
            with django_capture_on_commit_callbacks(execute=True):
                jobs.perform(job.pk)
            job.refresh_from_db()
            finished.append(job)
        return finished

    return do_all
