"""The people of a review: who they are, inviting, roles, leaving, and accepting an invitation."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from reviews import services
from reviews.access import ReviewRequest, review_page
from reviews.accounts import INVITATION_SESSION_KEY
from reviews.errors import Refused
from reviews.forms import InviteForm, role_choices
from reviews.mail import invitation_link
from reviews.models import Review
from reviews.pages import refuse_form, refused
from reviews.permissions import ROLE_LABELS, Permission, Role, role_table
from reviews.services import InvitationRefused


@review_page(Permission.VIEW)
@require_GET
def team(request: ReviewRequest, review: Review) -> HttpResponse:
    return _team(request, review)


@review_page(Permission.MANAGE_TEAM)
@require_POST
def member_invite(request: ReviewRequest, review: Review) -> HttpResponse:
    form = InviteForm(request.POST, may_add_owners=_is_owner(request))
    if form.is_valid():
        try:
            invitation, token = services.invite_member(review=review, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            refuse_form(form, refusal)
        else:
            # Not a redirect: the link is shown in this answer and kept nowhere.
            return _team(request, review, invited=invitation, link=invitation_link(token))
    return _team(request, review, status=422, invite_form=form)


@review_page(Permission.MANAGE_TEAM)
@require_POST
def invitation_revoke(request: ReviewRequest, review: Review, public_id) -> HttpResponse:
    invitation = get_object_or_404(review.invitations, public_id=public_id)
    return _gesture(
        request,
        review,
        lambda: services.revoke_invitation(invitation=invitation, by=request.user),
        f"The invitation of {invitation.email} is withdrawn.",
    )


@review_page(Permission.MANAGE_TEAM)
@require_POST
def member_role(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    membership = get_object_or_404(review.memberships.select_related("user"), pk=pk)
    return _gesture(
        request,
        review,
        lambda: services.change_role(
            membership=membership, role=request.POST.get("role", ""), by=request.user
        ),
        f"The role of {membership.user} is saved.",
    )


@review_page(Permission.MANAGE_TEAM)
@require_POST
def member_remove(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    membership = get_object_or_404(review.memberships.select_related("user"), pk=pk)
    open_before = services.open_work(membership)
    try:
        services.remove_member(membership=membership, by=request.user)
    except Refused as refusal:
        return refused(request, refusal, _team_url(review))
    if membership.user == request.user:
        return redirect("reviews:list")
    for sentence in open_before:
        messages.info(request, sentence)
    return redirect(f"{_team_url(review)}?removed={pk}")


@review_page(Permission.MANAGE_TEAM)
@require_POST
def member_restore(request: ReviewRequest, review: Review, pk: int) -> HttpResponse:
    membership = get_object_or_404(review.memberships.select_related("user"), pk=pk)
    return _gesture(
        request,
        review,
        lambda: services.restore_member(membership=membership, by=request.user),
        f"{membership.user} is back in the team.",
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def accept_invitation(request: ReviewRequest, token: str = "") -> HttpResponse:
    """The link of an invitation. Its token moves into the session, out of the address and its logs."""
    in_address = bool(token)
    token = token or request.session.get(INVITATION_SESSION_KEY, "")
    try:
        invitation = services.find_invitation(token)
    except InvitationRefused as refusal:
        request.session.pop(INVITATION_SESSION_KEY, None)
        return render(request, "reviews/invitation.html", {"refusal": refusal}, status=410)
    request.session[INVITATION_SESSION_KEY] = token
    if request.method != "POST":
        if in_address:
            return redirect("reviews:accept_invitation")
        return render(request, "reviews/invitation.html", {"invitation": invitation})
    return _join(request, token)


@login_required
def _join(request: ReviewRequest, token: str) -> HttpResponse:
    try:
        membership = services.accept_invitation(token=token, user=request.user)
    except Refused as refusal:
        return render(request, "reviews/invitation.html", {"refusal": refusal}, status=refusal.status)
    finally:
        request.session.pop(INVITATION_SESSION_KEY, None)
    messages.success(request, f"Welcome. Your role here is {membership.get_role_display().lower()}.")
    return redirect("reviews:overview", membership.review.slug)


def _team(request: ReviewRequest, review: Review, status: int = 200, **extra) -> HttpResponse:
    owner = _is_owner(request)
    everybody = list(review.memberships.select_related("user"))
    former = [member for member in everybody if member.left_at]
    removed = next((member for member in former if str(member.pk) == request.GET.get("removed")), None)
    asked = next((member for member in everybody if str(member.pk) == request.GET.get("work")), None)
    manages = Permission.MANAGE_TEAM in request.membership.may
    context = {
        "room": "team",
        "asked": asked if manages else None,
        "open_work": services.open_work(asked) if asked and manages else [],
        "members": [member for member in everybody if not member.left_at],
        "former": former,
        "removed": removed,
        "invitations": review.invitations.open().select_related("invited_by"),
        "is_owner": owner,
        "roles": role_choices(owner),
        "invite_form": InviteForm(may_add_owners=owner),
        "role_labels": ROLE_LABELS.values(),
        "role_table": role_table(),
    }
    return render(request, "reviews/team.html", context | extra, status=status)


def _gesture(request: ReviewRequest, review: Review, verb, done: str) -> HttpResponse:
    try:
        verb()
    except Refused as refusal:
        return refused(request, refusal, _team_url(review))
    messages.success(request, done)
    return redirect(_team_url(review))


def _team_url(review: Review) -> str:
    return reverse("reviews:team", args=[review.slug])


def _is_owner(request: ReviewRequest) -> bool:
    return request.membership.role == Role.OWNER
