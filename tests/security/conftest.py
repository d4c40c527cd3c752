"""The attacks' own cast: two reviews with a row of every kind, one person per role in each."""

import copy
import logging
import shutil

import pytest
from django.db import transaction
from django.test import override_settings

from screening.services import automation, replays
from tests.security.world import World, make_world


@pytest.fixture(autouse=True)
def _quiet():
    """Thousands of refused requests are the point here: Django need not log each."""
    logger = logging.getLogger("django.request")
    level = logger.level
    logger.setLevel(logging.ERROR)
    yield
    logger.setLevel(level)


@pytest.fixture(autouse=True)
def _a_model_may_vote(monkeypatch):
    """Whatever the few records of a world are: asking for its votes has to get as far as it can."""
    monkeypatch.setattr(automation, "LEAST_INCLUDED", 0)
    monkeypatch.setattr(automation, "LEAST_EXCLUDED", 0)


@pytest.fixture(autouse=True)
def _little_may_be_replayed(monkeypatch):
    monkeypatch.setattr(replays, "LEAST_RECORDS", 0)
    monkeypatch.setattr(replays, "LEAST_INCLUDED", 0)


@pytest.fixture(scope="module")
def _worlds(django_db_setup, django_db_blocker, tmp_path_factory):
    """Both reviews, made once for a module in one transaction that is rolled back at its end, and their files."""
    media = tmp_path_factory.mktemp("worlds")
    hashers = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    with (
        django_db_blocker.unblock(),
        override_settings(MEDIA_ROOT=media, PASSWORD_HASHERS=hashers),
        transaction.atomic(),
    ):
        worlds = make_world("alpha-review"), make_world("omega-review")
        yield worlds, media
        transaction.set_rollback(True)


@pytest.fixture
def _own_worlds(_worlds, settings, db) -> tuple[World, World]:
    """Copies for one test: what it does to rows is rolled back, what it does to objects and files is its own."""
    worlds, media = _worlds
    shutil.copytree(media, settings.MEDIA_ROOT, dirs_exist_ok=True)
    return copy.deepcopy(worlds)


@pytest.fixture
def here(_own_worlds) -> World:
    return _own_worlds[0]


@pytest.fixture
def there(_own_worlds) -> World:
    """Another review, of which nobody of ``here`` is a member."""
    return _own_worlds[1]
