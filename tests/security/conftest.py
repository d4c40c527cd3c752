"""The attacks' own cast: two reviews with a row of every kind, one person per role in each."""

import logging

import pytest

from tests.security.world import World, make_world


@pytest.fixture(autouse=True)
def _quiet():
    """Thousands of refused requests are the point here: Django need not log each."""
    logger = logging.getLogger("django.request")
    level = logger.level
    logger.setLevel(logging.ERROR)
    yield
    logger.setLevel(level)


@pytest.fixture
def here(db) -> World:
    return make_world("alpha-review")


@pytest.fixture
def there(db) -> World:
    """Another review, of which nobody of ``here`` is a member."""
    return make_world("omega-review")
