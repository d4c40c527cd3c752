"""The people of a review: invite, join, change role, leave. Decisions of a leaver stay."""

import hashlib
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format

from reviews.audit import record_event
from reviews.errors import Refused
from reviews.mail import send_invitation
from reviews.models import Invitation, Membership, Review, User
from reviews.permissions import ROLE_LABELS, Permission, Role
from reviews.services._rows import locked

INVITATION_DAYS = 14

#: What rooms downstream have to say and to do when people come and go, added in their AppConfig.ready (they are
#: not seen from here). OPEN_WORK: sentences about what is open of a member. LEAVING: called in the transaction in
#: which a member left (``left_at`` is set) or changed role, with the time; gives back what the person holds and
#: returns sentences. RETURNING: called when a removal was taken back, with the time at which the person had left.
OPEN_WORK: list[Callable[[Membership], list[str]]] = []
LEAVING: list[Callable[[Membership, datetime], list[str]]] = []
RETURNING: list[Callable[[Membership, datetime], None]] = []


class TeamRefused(Refused):
    """A change of the team that cannot be made."""


class InvitationRefused(Refused):
    """An invitation that cannot be accepted."""


def invite_member(*, review: Review, email: str, role: str, by: User) -> tuple[Invitation, str]:
    """Invite ``email`` as ``role`` and send the link; returns the invitation and its secret token.

    The token is nowhere stored (only its SHA-256), so this is the only moment to show the link. An earlier open
    invitation to the same address is withdrawn. ``invitation.emailed_at`` is None if no e-mail could be sent.
    """
    token = secrets.token_urlsafe(32)
    with transaction.atomic():
        review = locked(review)
        email = _valid_email(email)
        _refuse_unknown_role(role)
        _refuse_touching_owners(review, by, role)
        if member := review.memberships.present().filter(user__email__iexact=email).first():
            raise TeamRefused(
                f"{member.user} is already in the team, as {_label(member.role)}.", field="email"
            )
        now = timezone.now()
        review.invitations.open().filter(email__iexact=email).update(revoked_at=now)
        invitation = Invitation.objects.create(
            review=review,
            email=email,
            role=role,
            token_sha256=_sha256(token),
            invited_by=by,
            expires_at=now + timedelta(days=INVITATION_DAYS),
        )
        record_event(
            review=review,
            actor=by,
            verb="reviews.member_invited",
            target=invitation,
            sentence=f"invited {invitation.masked_email} as {_label(role)}",
            detail={"new": role},
        )
    if send_invitation(invitation, token):
        invitation.emailed_at = timezone.now()
        invitation.save(update_fields=["emailed_at"])
    return invitation, token


@transaction.atomic
def revoke_invitation(*, invitation: Invitation, by: User) -> None:
    """Withdraw an open invitation; its link stops working at once."""
    review = locked(invitation.review)
    invitation = Invitation.objects.get(pk=invitation.pk)
    _refuse_touching_owners(review, by, invitation.role)
    if not invitation.is_open:
        raise TeamRefused(
            f"The invitation of {invitation.email} is not open any more, so nothing was withdrawn."
        )
    invitation.revoked_at = timezone.now()
    invitation.save(update_fields=["revoked_at"])
    record_event(
        review=review,
        actor=by,
        verb="reviews.invitation_revoked",
        target=invitation,
        sentence=f"withdrew the invitation of {invitation.masked_email}",
    )


def find_invitation(token: str) -> Invitation:
    """The open invitation of this secret token; otherwise InvitationRefused says why it cannot be used."""
    invitation = (
        Invitation.objects.select_related("review", "invited_by").filter(token_sha256=_sha256(token)).first()
    )
    if invitation is None:
        raise InvitationRefused("This invitation link is not valid. Copy the whole link from the e-mail.")
    ask = f"Ask {invitation.invited_by} for a new one."
    if invitation.accepted_at:
        raise InvitationRefused(f"This invitation was already used. {ask}")
    if invitation.revoked_at:
        raise InvitationRefused(f"This invitation was withdrawn. {ask}")
    if not invitation.is_open:
        raise InvitationRefused(f"This invitation expired on {date_format(invitation.expires_at)}. {ask}")
    if not _may_still_invite(invitation):
        raise InvitationRefused(
            f"{invitation.invited_by} may not invite to this review any more, so the invitation does not count. "
            "Ask an owner of the review for a new one."
        )
    return invitation


def _may_still_invite(invitation: Invitation) -> bool:
    """Who lost the right to invite does not let anybody in (themselves, say) by links made before."""
    inviter = invitation.review.memberships.present().filter(user=invitation.invited_by).first()
    if inviter is None or Permission.MANAGE_TEAM not in inviter.may:
        return False
    return inviter.role == Role.OWNER or invitation.role != Role.OWNER


@transaction.atomic
def accept_invitation(*, token: str, user: User) -> Membership:
    """Join the review of this secret token. Works once; whoever holds the link may use it with any account."""
    found = find_invitation(token)
    review = locked(found.review)
    invitation = find_invitation(token)  # again, now that nobody else can use it
    invitation.accepted_at, invitation.accepted_by = timezone.now(), user
    invitation.save(update_fields=["accepted_at", "accepted_by"])
    return _join(
        review,
        user,
        invitation.role,
        actor=user,
        sentence=f"joined as {_label(invitation.role)}, invited by {invitation.invited_by}",
        detail={"invitation": invitation.pk, "invited_by": invitation.invited_by_id},
    )


@transaction.atomic
def add_member(*, review: Review, user: User, role: str, by: User) -> Membership:
    """Add somebody who has an account without an invitation (for the shell and the demo review)."""
    review = locked(review)
    _refuse_unknown_role(role)
    _refuse_touching_owners(review, by, role)
    return _join(review, user, role, actor=by, sentence=f"added {user} as {_label(role)}", detail={})


@transaction.atomic
def change_role(*, membership: Membership, role: str, by: User) -> Membership:
    """Give a present member another role. The last owner keeps theirs; owners are changed by owners only."""
    review, membership = _locked_member(membership)
    _refuse_unknown_role(role)
    _refuse_gone(membership)
    old = membership.role
    if old == role:
        return membership
    _refuse_touching_owners(review, by, old, role)
    _refuse_last_owner(review, membership)
    membership.role = role
    membership.save(update_fields=["role"])
    given_back = _give_back(membership, timezone.now())
    record_event(
        review=review,
        actor=by,
        verb="reviews.role_changed",
        target=membership,
        sentence=f"changed the role of {membership.user} from {_label(old)} to {_label(role)}",
        detail={"old": old, "new": role, "user": membership.user_id} | given_back,
    )
    return membership


@transaction.atomic
def remove_member(*, membership: Membership, by: User) -> Membership:
    """End a membership. What the person decided stays; ``restore_member`` takes it back."""
    review, membership = _locked_member(membership)
    _refuse_gone(membership)
    _refuse_touching_owners(review, by, membership.role)
    _refuse_last_owner(review, membership)
    membership.left_at = timezone.now()
    membership.save(update_fields=["left_at"])
    given_back = _give_back(membership, membership.left_at)
    record_event(
        review=review,
        actor=by,
        verb="reviews.member_removed",
        target=membership,
        sentence=f"removed {membership.user} ({_label(membership.role)}) from the team",
        detail={"old": membership.role, "user": membership.user_id} | given_back,
    )
    return membership


@transaction.atomic
def restore_member(*, membership: Membership, by: User) -> Membership:
    """Take back a removal: the person is in the team again, with the role they had."""
    review, membership = _locked_member(membership)
    if not membership.left_at:
        return membership
    _refuse_touching_owners(review, by, membership.role)
    left_at, membership.left_at = membership.left_at, None
    membership.save(update_fields=["left_at"])
    for take_up in RETURNING:
        take_up(membership, left_at)
    record_event(
        review=review,
        actor=by,
        verb="reviews.member_restored",
        target=membership,
        sentence=f"brought {membership.user} back into the team as {_label(membership.role)}",
        detail={"new": membership.role, "user": membership.user_id},
    )
    return membership


def open_work(membership: Membership) -> list[str]:
    """What is open of a member, in sentences: shown before and after a removal to those who manage the team."""
    return [sentence for room in OPEN_WORK for sentence in room(membership)]


def _give_back(membership: Membership, at: datetime) -> dict:
    """Let the rooms take back what the member holds; for the detail of the history's line."""
    said = [sentence for room in LEAVING for sentence in room(membership, at)]
    return {"given_back": said} if said else {}


def _join(review: Review, user: User, role: str, *, actor: User, sentence: str, detail: dict) -> Membership:
    membership = Membership.objects.filter(review=review, user=user).first()
    if membership and not membership.left_at:
        who = "You are" if actor == user else f"{user} is"
        raise TeamRefused(f"{who} already in the team of this review, as {_label(membership.role)}.")
    membership = membership or Membership(review=review, user=user)
    membership.role, membership.left_at = role, None
    membership.save()
    record_event(
        review=review,
        actor=actor,
        verb="reviews.member_joined",
        target=membership,
        sentence=sentence,
        detail=detail | {"new": role, "user": user.pk},
    )
    return membership


def _locked_member(membership: Membership) -> tuple[Review, Membership]:
    review = locked(membership.review)
    return review, Membership.objects.select_related("user").get(pk=membership.pk)


def _refuse_unknown_role(role: str) -> None:
    if role not in set(Role):
        raise TeamRefused(f"There is no role “{role}”. Choose one of: {', '.join(Role)}.", field="role")


def _refuse_touching_owners(review: Review, by: User, *roles: str) -> None:
    """A manager runs the team but cannot make, change or remove owners: nobody can promote themselves."""
    if Role.OWNER in roles and not review.memberships.owners().filter(user=by).exists():
        raise TeamRefused("Only an owner of the review can add, change or remove an owner.", field="role")


def _refuse_last_owner(review: Review, membership: Membership) -> None:
    if membership.role == Role.OWNER and review.memberships.owners().count() == 1:
        raise TeamRefused(
            f"{membership.user} is the last owner of this review. Make somebody else an owner first."
        )


def _refuse_gone(membership: Membership) -> None:
    if membership.left_at:
        raise TeamRefused(f"{membership.user} is not in the team any more. Reload the page.")


def _valid_email(email: str) -> str:
    email = email.strip()
    try:
        validate_email(email)
    except ValidationError as error:
        raise TeamRefused(
            f"“{email}” is not an e-mail address. Write it like name@example.org.", field="email"
        ) from error
    return email


def _label(role: str) -> str:
    return ROLE_LABELS[Role(role)].lower()


def _sha256(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
