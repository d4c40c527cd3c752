"""Every address of the URL table, asked by everybody who should not get in, and by everybody who should."""

import re
from itertools import cycle, islice, product

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from rest_framework.authtoken.models import Token

from reviews.models import Membership
from reviews.permissions import ROLE_PERMISSIONS, Permission, Role
from tests.security.addresses import METHODS, addresses
from tests.security.tools import body_of, fingerprint, undone

pytestmark = pytest.mark.django_db
#: Steering somebody else's job is refused by the service, beyond the role.
OWN_WORK_ONLY = {"reviews:job_cancel", "reviews:job_retry", "reviews-jobs-cancel", "reviews-jobs-retry"}
#: Refusals of a service that concern the person, not the role.
PERSONAL = OWN_WORK_ONLY | {
    # a shared label is changed by the leads, one's own by oneself: the page of labels is for everybody who reads
    "screening-labels-detail",
    "screening-labels-retire",
    "screening-labels-restore",
    "screening-labels-merge",
    "screening-labels-move",
    "screening-term-lists-detail",
    "screening-term-lists-retire",
    "screening-term-lists-restore",
    "screening-term-lists-move",
    "screening-term-lists-switch",
    "screening-decisions-undo",
    # scores are hidden unless the stage shows them; who leads may ask, and who screens may have an order learned
    "screening-rankings-explain",
    "screening-rankings-order-file",
    "screening-rankings-learn",
    "screening:search_change",
    "screening:search_remove",
    "screening:search_restore",
    "screening-saved-searches-detail",
    "screening-saved-searches-restore",
    "screening:check_vote",
    "screening:check_undo",
    "screening-rounds-answer",
    "screening-rounds-next",
    "screening-rounds-undo",
    "appraisal:settle",
    "appraisal-assessments-consensus",
    "appraisal:save",
    "appraisal:answer",
    "appraisal:reopen",
    "appraisal-assessments-answer",
    "appraisal-assessments-detail",
    "appraisal-assessments-judge",
    "appraisal-assessments-together",
    "appraisal-assessments-accept-proposals",
    "appraisal-assessments-name-result",
    "appraisal-assessments-take-over-version",
    "appraisal-assessments-complete",
    "appraisal-assessments-reopen",
}


def tries(address):
    """The methods an address declares; pages take every one through the same door."""
    return [method for method in METHODS[:2] if not address.is_api or address.needs(method)] + [
        method for method in METHODS[2:] if address.is_api and address.needs(method)
    ]


def test_the_walk_is_long(here):
    walked = addresses(here)
    assert len(walked) > 150
    assert len({address.name for address in walked}) > 120


def test_a_stranger_meets_the_same_404_as_for_nothing(here, there, as_user):
    client, wrong, before = as_user(there.owner), [], fingerprint()
    for_nothing: dict[tuple[str, bool], str] = {}  # by method, to pages and to programs
    for address in addresses(here):
        for method in tries(address):
            kind = (method, address.is_api)
            if kind not in for_nothing:
                nothing = address.path.replace(here.review.slug, "gone-review")
                for_nothing[kind] = body_of(getattr(client, method)(nothing)).replace(nothing, "")
            answer = getattr(client, method)(address.path)
            if body_of(answer).replace(address.path, "") != for_nothing[kind] or answer.status_code != 404:
                wrong.append((method, address.path, answer.status_code))
    assert wrong == []
    assert fingerprint() == before


def test_nobody_gets_in_without_signing_in(here, client):
    wrong = []
    for address in addresses(here):
        for method in tries(address):
            answer = getattr(client, method)(address.path)
            if address.is_api:
                fine = answer.status_code in {401, 403}
            else:
                fine = answer.status_code == 302 and answer["Location"].startswith(reverse("account_login"))
            if not fine:
                wrong.append((method, address.path, answer.status_code))
    assert wrong == []


def test_a_role_is_refused_what_the_table_does_not_give_it(here, as_user):
    """Each address is tried by two of the roles that may not; they take turns, so that each meets each permission."""
    clients, wrong, before = {role: as_user(here.people[role.value]) for role in Role}, [], fingerprint()
    for number, address in enumerate(addresses(here)):
        for method in tries(address):
            refused = [role for role in Role if address.needs(method) not in ROLE_PERMISSIONS[role]]
            for role in islice(cycle(refused), number, number + min(2, len(refused))):
                answer = getattr(clients[role], method)(address.path)
                if answer.status_code != 403:
                    wrong.append((role.value, method, address.path, answer.status_code))
    assert wrong == []
    assert fingerprint() == before


def test_what_the_table_gives_never_fails(here, as_user):
    """Each address as one role that may (they take turns), what changes something as the owner, too; no bodies."""
    roles = [role for role in Role if role is not Role.OWNER]
    clients = {role: as_user(here.people[role.value]) for role in Role}
    wrong = []
    for (number, address), method in product(enumerate(addresses(here)), METHODS):
        needed = address.needs(method)
        if needed is None or method not in tries(address):
            continue
        turn = roles[number % len(roles) :] + roles[: number % len(roles)]
        others = [role for role in turn if needed in ROLE_PERMISSIONS[role]]
        for role in others[:1] if method == "get" and others else [Role.OWNER, *others[:1]]:
            with undone():
                answer = getattr(clients[role], method)(address.path)
                body_of(answer)
            allowed = {200, 201, 202, 204, 302, 400, 404, 405, 409, 422}
            if answer.status_code not in allowed | ({403} if address.name in PERSONAL else set()):
                wrong.append((role.value, method, address.name, answer.status_code))
    assert wrong == []


def test_pages_that_everybody_may_read_are_read_by_every_role(here, as_user):
    """The templates show other things to other roles; none of them fails."""
    pages = ["reviews:overview", "reviews:team", "screening:record", "screening:full_text", "analysis:run"]
    pages += ["extraction:result", "appraisal:overview", "records:batch", "reporting:standing"]
    for role in Role:
        client = as_user(here.people[role.value])
        for address in addresses(here):
            if address.name in pages and address.needs("get") == Permission.VIEW:
                assert client.get(address.path).status_code == 200, (role, address.path)


def test_keys_of_another_review_are_not_found(here, there, as_user):
    client, wrong = as_user(here.owner), []
    before = fingerprint()
    for address in addresses(here, keys_of=there):
        if not address.keyed:
            continue
        for method in tries(address):
            answer = getattr(client, method)(address.path)
            if answer.status_code not in {404, 405} | ({400} if address.is_api else set()):
                wrong.append((method, address.path, answer.status_code))
    assert wrong == []
    assert fingerprint() == before


NONSENSE = ["-1", str(2**63), "1 OR 1=1", "%00"]


def test_nonsense_for_a_key_is_not_found(here, as_user):
    client, wrong = as_user(here.owner), []
    for address, nonsense in zip(
        filter(lambda each: each.keyed, addresses(here)), cycle(NONSENSE), strict=False
    ):
        path = re.sub(r"/\d+/", f"/{nonsense}/", address.path)
        if path != address.path and (answer := client.get(path)).status_code not in {404, 405}:
            wrong.append((path, answer.status_code))
    assert wrong == []


@pytest.mark.core
def test_who_was_removed_is_out_at_the_next_request(here, client, as_user):
    gone, slug = here.people["manager"], here.review.slug
    signed_in, token = as_user(gone), Token.objects.create(user=gone)
    program = Client(headers={"Authorization": f"Token {token.key}"})
    overview, records = reverse("reviews:overview", args=[slug]), f"/api/reviews/{slug}/records/"
    pdf = reverse("screening:full_text_pdf", args=[slug, here.disputed.pk])
    assert signed_in.get(overview).status_code == signed_in.get(pdf).status_code == 200
    assert program.get(records).status_code == 200
    Membership.objects.filter(user=gone).update(left_at=timezone.now())
    for address in addresses(here):
        for method in tries(address):
            assert getattr(signed_in, method)(address.path).status_code == 404, address
    assert program.get(records).status_code == 404
    assert f"/reviews/{slug}/" not in signed_in.get("/reviews/").content.decode()
    assert signed_in.get("/api/reviews/").json()["count"] == 0


def test_who_was_disabled_is_out_at_the_next_request(here, as_user):
    gone, slug = here.owner, here.review.slug
    signed_in, token = as_user(gone), Token.objects.create(user=gone)
    gone.is_active = False
    gone.save()
    assert signed_in.get(f"/reviews/{slug}/").status_code == 302
    program = Client(headers={"Authorization": f"Token {token.key}"})
    assert program.get(f"/api/reviews/{slug}/records/").status_code in {401, 403}
