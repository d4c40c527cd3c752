"""Hostile text met by a real browser: nothing runs, nothing is fetched from elsewhere, the policy is never broken."""

import pytest
from django.urls import reverse

from tests.security.test_content import MARK, poison
from tests.security.world import make_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PAGES = ["reviews:overview", "reviews:protocol", "reviews:team", "reviews:history", "records:searches"]
PAGES += ["screening:records", "screening:conflicts", "screening:studies", "appraisal:overview"]
PAGES += ["extraction:overview", "analysis:plans", "reporting:prisma", "records:duplicates"]


def test_nothing_hostile_runs(page, live_server, as_user):
    world = make_world("alpha-review")
    poison(world)
    slug, asked, dialogs = world.review.slug, [], []
    cookie = as_user(world.owner).cookies["session"].value
    page.context.add_cookies([{"name": "session", "value": cookie, "url": live_server.url}])
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    page.on("request", lambda request: asked.append(request.url))
    page.add_init_script(f"window.{MARK} = (x) => {{ window.hostile = x }}")
    rows = [
        ("screening:record", world.included.pk),
        ("screening:conflict", "title_abstract", world.conflict.pk),
        ("screening:screen_record", "title_abstract", world.untouched.pk),
        ("extraction:study", world.study.pk),
        ("extraction:result", world.result.pk),
        ("appraisal:assess", world.assessment.pk),
        ("analysis:run", world.run.pk),
    ]
    for name, *keys in [*((name,) for name in PAGES), *rows]:
        page.goto(reverse(name, args=[slug, *keys]))
        assert MARK in page.content(), name
        assert page.evaluate("window.hostile") is None, name
    assert dialogs == []
    assert [url for url in asked if not url.startswith((live_server.url, "data:image/"))] == []
