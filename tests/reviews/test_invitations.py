"""Inviting, joining, changing roles and leaving; the secret link from both ends."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from reviews.accounts import INVITATION_SESSION_KEY
from reviews.models import Invitation, Membership, User
from reviews.services import (
    InvitationRefused,
    TeamRefused,
    accept_invitation,
    add_member,
    change_role,
    find_invitation,
    invite_member,
    remove_member,
    restore_member,
    revoke_invitation,
)
from tests.factories import PASSWORD, join, make_user

HERE = "/reviews/invitations/"


def invite(review, by, email="nora@example.org", role="reviewer"):
    return invite_member(review=review, by=by, email=email, role=role)


def member(user) -> Membership:
    return Membership.objects.get(user=user, review__slug="trd")


class TestInvite:
    def test_sends_the_link_and_stores_only_its_hash(self, review, ana):
        invitation, token = invite(review, ana)
        (letter,) = mail.outbox
        assert letter.to == ["nora@example.org"]
        assert token in letter.body
        assert review.title in letter.subject
        assert "as reviewer" in letter.body
        invitation.refresh_from_db()
        assert invitation.emailed_at
        assert token not in str(Invitation.objects.values().get())
        days = (invitation.expires_at - timezone.now()) / timedelta(days=1)
        assert 13.9 < days <= 14
        (event,) = review.events.values()
        assert token not in str(event)
        assert event["sentence"] == "invited no…@example.org as reviewer"
        assert "nora@" not in str(event), "everybody in the review reads the history"

    def test_without_a_mail_server_the_invitation_stands(self, review, ana, settings):
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
        invitation, token = invite(review, ana)
        assert invitation.emailed_at is None
        assert find_invitation(token) == invitation

    def test_a_console_is_no_mail_server(self, review, ana, settings, capsys):
        settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
        assert invite(review, ana)[0].emailed_at is None

    def test_a_title_with_line_breaks_makes_no_header(self, review, ana):
        review.title = "Depression\nBcc: everybody@example.org"
        review.save()
        invite(review, ana)
        assert "\n" not in mail.outbox[0].subject
        assert mail.outbox[0].bcc == []

    @pytest.mark.parametrize(
        ("email", "role", "field"),
        [
            ("nora", "reviewer", "email"),
            ("nora@example.org", "emperor", "role"),
            ("BEN@example.org", "observer", "email"),
        ],
    )
    def test_refuses_nonsense_and_who_is_there(self, review, ana, ben, email, role, field):
        with pytest.raises(TeamRefused) as refusal:
            invite(review, ana, email, role)
        assert refusal.value.field == field
        assert not mail.outbox
        assert not review.invitations.exists()

    def test_a_second_one_replaces_the_first(self, review, ana):
        _, old = invite(review, ana)
        _, new = invite(review, ana, "NORA@example.org", "observer")
        with pytest.raises(InvitationRefused, match="withdrawn"):
            find_invitation(old)
        assert find_invitation(new).role == "observer"


class TestAccept:
    def test_works_once(self, review, ana):
        _, token = invite(review, ana, role="librarian")
        nora = make_user("nora")
        assert accept_invitation(token=token, user=nora).role == "librarian"
        assert "joined as librarian, invited by Ana" in review.events.first().sentence
        with pytest.raises(InvitationRefused, match=r"already used\. Ask Ana for a new one"):
            accept_invitation(token=token, user=make_user("otto"))
        assert review.memberships.count() == 2

    def test_not_after_its_time(self, review, ana):
        invitation, token = invite(review, ana)
        Invitation.objects.filter(pk=invitation.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
        with pytest.raises(InvitationRefused, match="expired on"):
            accept_invitation(token=token, user=make_user("nora"))

    def test_not_after_it_was_withdrawn(self, review, ana):
        invitation, token = invite(review, ana)
        revoke_invitation(invitation=invitation, by=ana)
        with pytest.raises(InvitationRefused, match="withdrawn"):
            accept_invitation(token=token, user=make_user("nora"))
        with pytest.raises(TeamRefused, match="not open any more"):
            revoke_invitation(invitation=invitation, by=ana)

    @pytest.mark.parametrize("token", ["", "x", "a" * 43])
    def test_not_with_a_made_up_token(self, review, ana, token):
        invite(review, ana)
        with pytest.raises(InvitationRefused, match="not valid"):
            find_invitation(token)

    def test_a_member_does_not_use_it_up(self, review, ana, ben):
        _, token = invite(review, ana)
        with pytest.raises(TeamRefused, match="You are already in the team"):
            accept_invitation(token=token, user=ben)
        assert accept_invitation(token=token, user=make_user("nora"))

    def test_a_leaver_comes_back_with_the_new_role(self, review, ana, ben):
        remove_member(membership=member(ben), by=ana)
        _, token = invite(review, ana, "ben@example.org", "observer")
        back = accept_invitation(token=token, user=ben)
        assert (back.role, back.left_at) == ("observer", None)
        assert Membership.objects.filter(user=ben).count() == 1


class TestRoles:
    def test_change_is_kept_with_old_and_new(self, review, ana, ben):
        assert change_role(membership=member(ben), role="adjudicator", by=ana).role == "adjudicator"
        event = review.events.first()
        assert event.sentence == "changed the role of Ben from reviewer to adjudicator"
        assert (event.detail["old"], event.detail["new"]) == ("reviewer", "adjudicator")

    def test_the_last_owner_stays(self, review, ana, ben):
        for act in (
            lambda: change_role(membership=member(ana), role="manager", by=ana),
            lambda: remove_member(membership=member(ana), by=ana),
        ):
            with pytest.raises(TeamRefused, match="Ana is the last owner"):
                act()
        change_role(membership=member(ben), role="owner", by=ana)
        assert change_role(membership=member(ana), role="manager", by=ana).role == "manager"

    def test_an_owner_who_left_does_not_count(self, review, ana, ben):
        change_role(membership=member(ben), role="owner", by=ana)
        remove_member(membership=member(ana), by=ben)
        with pytest.raises(TeamRefused, match="last owner"):
            remove_member(membership=member(ben), by=ben)

    def test_a_manager_makes_and_unmakes_no_owners(self, review, ana, ben):
        mia = make_user("mia")
        join(review, mia, "manager")
        former = join(review, make_user("olga"), "owner")
        remove_member(membership=former, by=ana)
        for act in (
            lambda: change_role(membership=member(mia), role="owner", by=mia),
            lambda: change_role(membership=member(ben), role="owner", by=mia),
            lambda: change_role(membership=member(ana), role="observer", by=mia),
            lambda: remove_member(membership=member(ana), by=mia),
            lambda: restore_member(membership=former, by=mia),
            lambda: invite(review, mia, role="owner"),
            lambda: add_member(review=review, user=make_user("p"), role="owner", by=mia),
        ):
            with pytest.raises(TeamRefused, match="Only an owner"):
                act()
            User.objects.filter(email="p@example.org").delete()
        assert [m.user for m in review.memberships.owners()] == [ana]

    def test_leaving_and_coming_back(self, review, ana, ben):
        left = remove_member(membership=member(ben), by=ana)
        assert left.left_at
        with pytest.raises(TeamRefused, match="not in the team"):
            change_role(membership=left, role="observer", by=ana)
        assert restore_member(membership=left, by=ana).left_at is None
        verbs = list(review.events.values_list("verb", flat=True))
        assert verbs == ["reviews.member_restored", "reviews.member_removed"]


class TestPages:
    def post(self, client, name, *args, **data):
        return client.post(reverse(f"reviews:{name}", args=["trd", *args]), data)

    def test_the_link_is_shown_once(self, review, ana, as_user):
        answer = self.post(as_user(ana), "member_invite", email="nora@example.org", role="reviewer")
        token = re.search(r"/reviews/invitations/([\w-]{43})/", answer.content.decode())[1]
        assert find_invitation(token).email == "nora@example.org"
        again = as_user(ana).get(reverse("reviews:team", args=["trd"])).content.decode()
        assert "nora@example.org" in again
        assert token not in again

    def test_a_wrong_address_comes_back_in_the_form(self, review, ana, ben, as_user):
        answer = self.post(as_user(ana), "member_invite", email="ben@example.org", role="reviewer")
        assert answer.status_code == 422
        assert "Ben is already in the team, as reviewer." in answer.content.decode()

    def test_a_manager_is_not_offered_owners(self, review, ana, as_user):
        mia = join(review, make_user("mia"), "manager").user
        assert 'value="owner"' not in as_user(mia).get(reverse("reviews:team", args=["trd"])).content.decode()
        assert self.post(as_user(mia), "member_role", member(ana).pk, role="observer").status_code == 302
        assert member(ana).role == "owner"

    def test_others_read_names_without_addresses(self, review, ana, ben, as_user):
        page = as_user(ben).get(reverse("reviews:team", args=["trd"])).content.decode()
        assert "Ana" in page
        assert "ana@example.org" not in page
        for name, args in (
            ("member_invite", ()),
            ("member_role", (member(ana).pk,)),
            ("member_remove", (member(ana).pk,)),
        ):
            assert self.post(as_user(ben), name, *args).status_code == 403

    def test_remove_offers_undo(self, review, ana, ben, as_user):
        client = as_user(ana)
        answer = self.post(client, "member_remove", member(ben).pk)
        page = client.get(answer["Location"]).content.decode()
        assert "Ben is not in the team any more." in page
        assert reverse("reviews:member_restore", args=["trd", member(ben).pk]) in page
        self.post(client, "member_restore", member(ben).pk)
        assert member(ben).left_at is None

    def test_withdraw(self, review, ana, as_user):
        invitation, token = invite(review, ana)
        self.post(as_user(ana), "invitation_revoke", invitation.public_id)
        with pytest.raises(InvitationRefused):
            find_invitation(token)


class TestTheLink:
    def test_moves_the_token_out_of_the_address(self, review, ana, client):
        _, token = invite(review, ana)
        answer = client.get(f"{HERE}{token}/")
        assert (answer.status_code, answer["Location"]) == (302, HERE)
        page = client.get(HERE)
        assert review.title in page.content.decode()
        assert token not in page.content.decode()
        assert "no-store" in page["Cache-Control"]

    def test_looking_is_not_joining(self, review, ana, eve, as_user):
        _, token = invite(review, ana)
        client = as_user(eve)
        client.get(f"{HERE}{token}/")
        assert "Join as Eve" in client.get(HERE).content.decode()
        assert not review.memberships.filter(user=eve).exists()
        answer = client.post(HERE)
        assert answer["Location"] == "/reviews/trd/"
        assert review.memberships.get(user=eve).role == "reviewer"
        assert INVITATION_SESSION_KEY not in client.session

    def test_somebody_signed_out_cannot_join(self, review, ana, client):
        _, token = invite(review, ana)
        client.get(f"{HERE}{token}/")
        answer = client.post(HERE)
        assert reverse("account_login") in answer["Location"]
        assert find_invitation(token)

    def test_a_bad_link_says_so_and_opens_no_signup(self, db, client):
        answer = client.get(f"{HERE}made-up/")
        assert answer.status_code == 410
        assert "not valid" in answer.content.decode()
        assert INVITATION_SESSION_KEY not in client.session
        assert not User.objects.exists()

    def test_somebody_new_signs_up_and_joins(self, review, ana, client):
        _, token = invite(review, ana)
        client.get(f"{HERE}{token}/")
        signup = client.get(f"{reverse('account_signup')}?next={HERE}&email=nora@example.org")
        assert "nora@example.org" in signup.content.decode()
        answer = client.post(
            f"{reverse('account_signup')}?next={HERE}",
            {"email": "nora@example.org", "password1": PASSWORD, "name": "Nora", "next": HERE},
        )
        assert (answer.status_code, answer["Location"]) == (302, HERE)
        assert client.post(HERE)["Location"] == "/reviews/trd/"
        assert str(review.memberships.get(user__email="nora@example.org").user) == "Nora"

    def test_no_signup_without_or_after_an_invitation(self, review, ana, client):
        def post():
            data = {"email": "x@example.org", "password1": PASSWORD, "name": "X"}
            client.post(reverse("account_signup"), data)
            return User.objects.filter(email="x@example.org").exists()

        assert not post()
        invitation, token = invite(review, ana)
        client.get(f"{HERE}{token}/")
        revoke_invitation(invitation=invitation, by=ana)
        assert not post()
        _, token = invite(review, ana)
        client.get(f"{HERE}{token}/")
        assert post()

    @pytest.mark.parametrize(("backend", "told"), [("locmem", True), ("console", False)])
    def test_nobody_is_told_to_wait_for_an_email_that_is_not_sent(
        self, review, ana, client, settings, backend, told
    ):
        settings.EMAIL_BACKEND = f"django.core.mail.backends.{backend}.EmailBackend"
        _, token = invite(review, ana)
        client.get(f"{HERE}{token}/")
        data = {"email": f"nora-{backend}@example.org", "name": "Nora", "password1": PASSWORD}
        page = client.post(f"{reverse('account_signup')}?next={HERE}", data, follow=True).content.decode()
        assert "Successfully signed in as Nora" in page
        assert ("Confirmation email sent" in page) is told

    def test_somebody_with_an_account_signs_in_and_joins(self, review, ana, client):
        nora = make_user("nora")
        _, token = invite(review, ana)
        client.get(f"{HERE}{token}/")
        answer = client.post(
            reverse("account_login"), {"login": nora.email, "password": PASSWORD, "next": HERE}
        )
        assert answer["Location"] == HERE
        client.post(HERE)
        assert review.memberships.filter(user=nora).exists()
