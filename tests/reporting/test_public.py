"""A snapshot is public by its link alone, stays as it was made, names nobody, and ends when it is revoked."""

import json
import re
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from reporting.models import PublicPage
from reporting.public import PARTS
from reporting.services.public import PublicRefused, publish, revoke_public_page
from reviews.models import Membership, Review
from tests.factories import make_outcome
from tests.reporting.conftest import vote
from tests.security.world import make_world

pytestmark = pytest.mark.django_db
EVERYTHING = list(PARTS)


@pytest.fixture
def member(review, ana, ben, flowing):
    vote(flowing.included, ben, note="Ben's own words")
    make_outcome(review)
    return Membership.objects.get(review=review, user=ana)


def test_anyone_with_the_link_reads_what_was_published(member, client, django_user_model):
    review = member.review
    page, token = publish(membership=member, parts=EVERYTHING, label="For the journal")
    answer = client.get(reverse("public", args=[token]))
    text = answer.content.decode()
    assert answer.status_code == 200
    assert review.title in text
    assert "Trial 2017" in text
    assert "PRISMA 2020 flow diagram" in text
    assert answer["Cache-Control"] == "no-store"
    assert "noindex" in answer["X-Robots-Tag"]
    for person in django_user_model.objects.all():
        for name in (person.email, str(person)):
            assert name not in text
            assert name not in json.dumps(page.content)
    assert "own words" not in text
    assert f"/reviews/{review.slug}" not in text, "no link leads inside"


def test_every_part_of_a_whole_review_is_shown_without_a_person(client):
    world = make_world("whole")
    page, token = publish(
        membership=Membership.objects.get(review=world.review, user=world.owner), parts=EVERYTHING
    )
    assert set(EVERYTHING) - {"certainty"} <= set(page.content), "there is something of each"
    text = client.get(reverse("public", args=[token])).content.decode()
    for person in world.people.values():
        assert person.email not in text
        assert str(person) not in text
    ids = re.findall(r' id="([^"]+)"', text)
    assert len(ids) == len(set(ids)), "several drawings on one page keep their ids apart"


def test_it_stays_as_it_was_made(member, client):
    _, token = publish(membership=member, parts=["protocol", "studies"])
    Review.objects.update(title="Another title")
    member.review.studies.filter(label="Trial 2017").update(label="Renamed")
    text = client.get(reverse("public", args=[token])).content.decode()
    assert "Trial 2017" in text
    assert "Another title" not in text
    assert "PRISMA" not in text, "only the chosen parts"


def test_only_the_hash_of_the_link_is_stored(member):
    page, token = publish(membership=member, parts=["flow"])
    assert token not in json.dumps(PublicPage.objects.values().get(pk=page.pk), default=str)


def test_a_revoked_or_lapsed_page_is_gone(member, client, ana):
    page, token = publish(membership=member, parts=["flow"])
    url = reverse("public", args=[token])
    revoke_public_page(page=page, by=ana)
    assert client.get(url).status_code == 404
    assert client.get(reverse("public_data", args=[token])).status_code == 404
    with pytest.raises(PublicRefused, match="already"):
        revoke_public_page(page=page, by=ana)
    page, token = publish(membership=member, parts=["flow"], expires_at=timezone.now() + timedelta(days=1))
    assert client.get(reverse("public", args=[token])).status_code == 200
    PublicPage.objects.filter(pk=page.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert client.get(reverse("public", args=[token])).status_code == 404
    assert client.get(reverse("public", args=["x" * 43])).status_code == 404


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"parts": []}, "parts"),
        ({"parts": ["votes"]}, "parts"),
        ({"parts": ["flow"], "label": "x" * 121}, "label"),
        ({"parts": ["flow"], "expires_at": timezone.now() - timedelta(days=1)}, "expires_at"),
    ],
)
def test_nonsense_is_refused(member, given, field):
    with pytest.raises(PublicRefused) as refusal:
        publish(membership=member, **given)
    assert refusal.value.field == field
    assert not PublicPage.objects.exists()


def test_the_data_come_without_drawings(member, client):
    _, token = publish(membership=member, parts=["flow", "studies"])
    data = client.get(reverse("public_data", args=[token])).json()
    assert [one["label"] for one in data["studies"]["studies"]] == ["Site 2018", "Trial 2017"]
    assert "svg" not in data["flow"]


def test_the_page_shows_the_link_once_and_revokes_it(review, member, ana, ben, as_user, client):
    url = reverse("reporting:public_pages", args=[review.slug])
    mine = as_user(ana)
    look = mine.post(url, {"do": "look", "parts": ["studies"]}).content.decode()
    assert "Nothing is public yet" in look
    assert "Trial 2017" in look
    assert not PublicPage.objects.exists()
    assert mine.post(url, {"parts": []}).status_code == 422
    made = mine.post(url, {"parts": ["studies"], "lasts": "30", "label": "Reviewers"}).content.decode()
    link = made.split('id="public-link">')[1].split("<")[0]
    assert client.get(link.split("8000")[-1]).status_code == 200
    assert link not in mine.get(url).content.decode()
    page = PublicPage.objects.get()
    assert as_user(ben).get(url).status_code == 403
    mine.post(reverse("reporting:public_revoke", args=[review.slug, page.public_id]))
    assert client.get(link.split("8000")[-1]).status_code == 404


def test_programs_and_commands_publish_too(review, member, ana, as_user, client, capsys):
    url = reverse("reporting-public-pages-list", args=[review.slug])
    api = as_user(ana)
    made = api.post(url, json.dumps({"parts": ["flow"]}), content_type="application/json").json()
    token = made["link"].rstrip("/").rsplit("/", 1)[1]
    assert client.get(reverse("public", args=[token])).status_code == 200
    assert "link" not in api.get(url).json()["results"][0]
    revoked = api.post(reverse("reporting-public-pages-revoke", args=[review.slug, made["public_id"]]))
    assert revoked.json()["revoked_at"]
    call_command("publish", "--review", review.slug, "--parts", "flow, studies", "--days", "3", "--json")
    page = json.loads(capsys.readouterr().out)
    assert page["parts"] == ["flow", "studies"]
    call_command("revoke_public_page", "--review", review.slug, "--page", page["page"])
    assert "does not work any more" in capsys.readouterr().out
    with pytest.raises(CommandError, match="has no public page"):
        call_command(
            "revoke_public_page", "--review", review.slug, "--page", "00000000-0000-4000-8000-000000000000"
        )
