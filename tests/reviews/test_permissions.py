"""Who may do what, written out a second time, so that no cell of the table changes unnoticed."""

import pytest

from reviews.models import Membership
from reviews.permissions import Permission, Role, allows, permissions_of, role_table

TABLE = """
                  owner manager librarian reviewer adjudicator extractor statistician observer
view              x     x       x         x        x           x         x            x
amend_protocol    x     x       .         .        .           .         .            .
manage_team       x     x       .         .        .           .         .            .
import            x     x       x         .        .           .         .            .
deduplicate       x     x       x         x        x           .         .            .
screen            x     x       .         x        .           .         .            .
adjudicate        x     x       .         .        x           .         .            .
manage_full_text  x     x       x         x        x           .         .            .
assess            x     x       .         x        x           x         .            .
extract           x     x       .         x        x           x         x            .
reconcile         x     x       .         .        x           .         .            .
analyse           x     x       .         .        .           .         x            .
grade             x     x       .         x        x           .         x            .
report            x     x       x         x        x           x         x            x
export            x     x       x         x        x           x         x            .
publish           x     x       .         .        .           .         .            .
audit             x     x       .         .        .           .         .            .
"""
HEAD, *LINES = [line.split() for line in TABLE.strip().splitlines()]
CELLS = [(role, line[0], mark == "x") for line in LINES for role, mark in zip(HEAD, line[1:], strict=True)]


@pytest.mark.parametrize(("role", "permission", "may"), CELLS)
def test_the_table(role, permission, may):
    assert allows(role, Permission(permission)) is may
    assert (permission in Membership(role=role).may) is may


def test_the_table_is_whole():
    assert [str(role) for role in Role] == HEAD
    assert [line[0] for line in LINES] == [str(permission) for permission in Permission]
    assert [label for label, _ in role_table()][:2] == ["View", "Amend protocol"]
    assert [row for _, row in role_table()] == [[mark == "x" for mark in line[1:]] for line in LINES]


def test_an_unknown_role_may_nothing():
    assert permissions_of("emperor") == frozenset()
    assert not allows("", Permission.VIEW)


def test_who_left_may_nothing(review, ana):
    member = Membership.objects.get(user=ana)
    member.left_at = member.joined_at
    assert member.may == frozenset()
