"""manage.py demo where somebody else was first. (tests/reviewapp/test_demo.py keeps the real demo loaded.)"""

import pytest
from django.core.management import CommandError, call_command

from reviewapp.demo import story
from reviews.models import User
from reviews.services import open_review
from tests.factories import make_user


def test_somebody_elses_review_at_the_demos_address_is_left_alone(db, settings, tmp_path):
    """Its owner keeps it as it was: nothing is imported, no account is made."""
    settings.VAR_DIR = tmp_path
    mine = open_review(title="Transfusion reactions and delays", by=make_user("eve"), slug=story.SLUG)
    with pytest.raises(CommandError, match="called 'trd' already that is not the demo: “Transfusion"):
        call_command("demo", json=True)
    assert not mine.records.exists()
    assert [event.verb for event in mine.events.all()] == ["reviews.opened"]
    assert User.objects.count() == 1
    assert not (tmp_path / "demo_accounts.json").exists()
