"""A person's keys and how they like the screen."""

import pytest
from django.urls import reverse

from reviews.services import KEY_SETS, SHORTCUTS, AccountRefused, save_preferences, screen_preferences

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", KEY_SETS)
def test_a_set_of_keys_replaces_all_and_clashes_with_none(ben, name):
    save_preferences(user=ben, keys={"exclude": "x"})
    chosen = save_preferences(user=ben, key_set=name)["keys"]
    assert chosen == KEY_SETS[name]
    keys = list((SHORTCUTS | chosen).values())
    assert len(set(keys)) == len(keys)
    assert not set(keys) & set("123456789")  # the digits give reasons


def test_the_page_shows_the_keys_and_takes_a_set(ben, as_user):
    client, url = as_user(ben), reverse("reviews:preferences")
    page = client.get(f"{url}?next=/reviews/trd/").content.decode()
    assert 'name="key_previous" value="k"' in page
    assert 'href="/reviews/trd/"' in page
    assert client.post(url, {"key_set": "rayyan", "next": url})["Location"] == url
    assert 'name="key_maybe" value="u"' in client.get(url).content.decode()
    assert 'href="https://evil' not in client.get(f"{url}?next=https://evil.example/").content.decode()


def test_how_the_screen_is_liked_is_kept_part_by_part(ben):
    save_preferences(user=ben, screen={"text_size": "large"})
    save_preferences(user=ben, screen={"pace": True})
    ben.refresh_from_db()
    assert screen_preferences(ben) | {"text_size": "large", "pace": True} == screen_preferences(ben)
    assert screen_preferences(ben)["advance"] is True


@pytest.mark.parametrize(
    "given", [{"size": "large"}, {"text_size": "huge"}, {"pace": "yes"}, {"criteria": True}, {"advance": 1}]
)
def test_nonsense_about_the_screen_is_refused(ben, given):
    with pytest.raises(AccountRefused, match=r"\.$"):
        save_preferences(user=ben, screen=given)


def test_an_unknown_set_is_refused(ben):
    with pytest.raises(AccountRefused, match="no set of keys"):
        save_preferences(user=ben, key_set="vim")
