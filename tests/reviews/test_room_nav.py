"""The navigation of a review offers what a member may open, and nothing else."""

import re
from pathlib import Path

import pytest
from django.template.loader import render_to_string
from django.urls import resolve, reverse

from reviews.models import Membership, Review
from reviews.permissions import Role

NAV = Path(__file__).resolve().parents[2] / "templates" / "_room_nav.html"
LINK = re.compile(
    r"{% url '(?P<url>[\w:]+)' review\.slug as href %}"
    r"{% if href and '(?P<may>\w+)' in membership\.may %}"
    r'{% include "_room_link\.html" with name="(?P<room>\w+)" label="(?P<label>[^"]+)" icon="\w+" %}{% endif %}'
)
LINKS = [match.groupdict() for match in LINK.finditer(NAV.read_text())]


def nav(role: str, room: str = "") -> str:
    review = Review(slug="trd", title="Psychotherapy for depression")
    membership = Membership(review=review, role=role)
    return render_to_string("_room_nav.html", {"review": review, "membership": membership, "room": room})


def test_the_corridor_is_complete_and_in_the_order_of_the_method():
    rooms = [link["room"] for link in LINKS]
    assert rooms[:5] == ["overview", "protocol", "team", "searches", "duplicates"]
    assert rooms[5:9] == ["records", "screening", "priority", "progress"]
    assert rooms[9:12] == ["conflicts", "full_text", "studies"]
    assert rooms[12:17] == ["risk", "extraction", "analyses", "certainty", "prisma"]
    assert rooms[17:] == ["report", "versions", "checklists", "exports", "public", "history"]


@pytest.mark.parametrize("link", LINKS, ids=lambda link: link["room"])
def test_a_link_asks_for_the_permission_of_its_page(link):
    page = resolve(reverse(link["url"], args=["trd"])).func
    assert page.review_permission == link["may"]


@pytest.mark.parametrize("role", Role)
def test_a_member_sees_the_steps_they_may_open(role):
    membership = Membership(role=role)
    shown = re.findall(r'class="room-link" href="([^"]+)"', nav(role))
    assert shown == [reverse(link["url"], args=["trd"]) for link in LINKS if link["may"] in membership.may]


def test_the_present_step_is_marked_once_and_named_on_the_phone():
    html = nav(Role.OWNER, room="full_text")
    assert html.count('aria-current="page"') == 1
    assert re.search(r'aria-current="page".*?<span>Full text</span>', html, flags=re.DOTALL)
    assert "<span>Full text</span>" in html.split("</summary>")[0]
