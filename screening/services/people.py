"""People who join and leave mid-way: what is open of them, what is given back, and who is left to resolve conflicts.

Votes of a leaver stay and count. Places kept for them are free at once; records assigned to them go to others. The
team's own verbs are in the room upstream, which asks here by way of its lists (apps.py).
"""

from datetime import datetime

from django.db.models import Count, Exists, OuterRef, Q

from reviews.models import Membership, Review
from reviews.permissions import Permission
from screening.models import (
    IN_REVIEW,
    Assignment,
    Claim,
    Decision,
    Stage,
    StageSettings,
    Verdict,
    left_unread,
)
from screening.models.settings import RESOLVERS
from screening.services.allocation import with_fewer
from screening.services.guards import stage_label
from screening.services.stage_settings import policy_quorum, present_of, settings_of


def open_work(membership: Membership) -> list[str]:
    """Sentences about what is open of a member: told to those who manage the team before and after a removal.

    Nothing in them depends on votes on records that are not complete, since who manages the team may screen, too:
    a colleague's count that rises while one's own record stays open is that colleague's vote.
    """
    review, user = membership.review, membership.user
    said = []
    for stage in Stage:
        where = stage_label(stage)
        told = Verdict.objects.told().filter(record=OuterRef("record"), stage=stage)
        assigned = Assignment.objects.live().filter(IN_REVIEW, review=review, stage=stage, reviewer=user)
        if waiting := assigned.filter(~Exists(told), ~left_unread("record")).count():
            said.append(
                f"{_number(waiting, 'record')} assigned to {user} at {where} {_are(waiting)} not complete."
            )
        for field, words in (("must_screen", "must screen"), ("may_resolve", "may resolve conflicts")):
            named = present_of(settings_of(review, stage), field)
            if user.pk in named:
                alone = " alone" if len(named) == 1 else ""
                said.append(f"{user}{alone} is named among those who {words} at {where}.")
    return said


def release(membership: Membership, at: datetime) -> list[str]:
    """Give back what a member holds who left, or may not screen any more; returns what was done.

    Where anybody takes unassigned records, those that were shared with a colleague become anybody's, as nobody else
    would get them; elsewhere they are listed under Sharing out until they are assigned anew.
    """
    if Permission.SCREEN in membership.may:
        return []
    review, user = membership.review, membership.user
    Claim.objects.filter(review=review, reviewer=user).delete()
    ended = Assignment.objects.live().filter(review=review, reviewer=user)
    stages = set(ended.order_by().values_list("stage", flat=True))
    number = ended.update(ended_at=at)
    if not number:
        return []
    said = [f"{_number(number, 'assignment')} of {user} ended; the records go to others."]
    for stage in sorted(stages):
        if settings_of(review, stage).assigned_only:
            said.append(
                f"At {stage_label(stage)} only assigned records are screened: share out anew those that have too few "
                "people now. They are listed under Sharing out."
            )
            continue
        theirs = Assignment.objects.filter(record=OuterRef("pk"), stage=stage, reviewer=user, ended_at=at)
        waiting = with_fewer(review, stage).filter(Exists(theirs)).order_by()
        freed = Assignment.objects.live().filter(stage=stage, record__in=waiting.values("pk"))
        freed.update(ended_at=at)
    return said


def take_up(membership: Membership, left_at: datetime) -> None:
    """Give a member who is back what ``release`` ended when they left, where nobody shared it out anew."""
    if Permission.SCREEN not in membership.may:
        return
    ended = Assignment.objects.filter(review=membership.review, ended_at=left_at, replaced_by=None)
    here = {"record": OuterRef("record"), "stage": OuterRef("stage")}
    live = Assignment.objects.live()
    since = live.filter(Q(allocation__created_at__gt=left_at) | Q(reviewer=OuterRef("reviewer")), **here)
    ended.filter(~Exists(since), allocation__undone_at=None).update(ended_at=None)


def without_resolver(review: Review, stage: str) -> str:
    """A sentence if a conflict could have nobody to resolve it, from who is in the team and nothing else.

    That is so where a third person has to resolve, all who may have voted at this stage, and each record can take
    the votes of all of them. It is said whether or not there is such a conflict, so it tells nobody of one.
    """
    settings = settings_of(review, stage)
    members = Membership.objects.filter(review=review, left_at=None, role__in=RESOLVERS).select_related(
        "user"
    )
    named = present_of(settings, "may_resolve")
    resolvers = [member for member in members if not named or member.user_id in named]
    if not settings.third_person and resolvers:
        return ""
    quorum = policy_quorum(review, stage)
    voters = Decision.objects.live().filter(review=review, stage=stage).order_by()
    voted = set(
        voters.filter(reviewer__in=[member.user_id for member in resolvers])
        .values_list("reviewer", flat=True)
        .distinct()
    )
    free = [member for member in resolvers if member.user_id not in voted]
    if free or len(resolvers) > quorum:
        return ""
    do = "Let somebody resolve who does not screen: invite an adjudicator, or let voters resolve in the settings."
    if not resolvers:
        return f"Nobody in the team may resolve conflicts at {stage_label(stage)}. {do}"
    who = ", ".join(str(member.user) for member in resolvers)
    return (
        f"{who}, who may resolve conflicts at {stage_label(stage)}, also {'vote' if len(resolvers) > 1 else 'votes'} "
        f"there: a conflict on {'their' if len(resolvers) > 1 else 'this person’s'} records would wait for a third "
        f"person. {do}"
    )


def notes_on_people(membership: Membership) -> list[str]:
    """What those who may change it have to know: conflicts without a resolver, people named who left."""
    if Permission.AMEND_PROTOCOL not in membership.may and Permission.ADJUDICATE not in membership.may:
        return []
    review = membership.review
    said = [sentence for stage in Stage if (sentence := without_resolver(review, stage))]
    rows = StageSettings.objects.filter(review=review).annotate(
        screen=Count("must_screen", distinct=True), resolve=Count("may_resolve", distinct=True)
    )
    for row in rows:
        for field, number, words in (
            ("must_screen", row.screen, "must screen"),
            ("may_resolve", row.resolve, "may resolve conflicts"),
        ):
            if number and not present_of(row, field):
                said.append(
                    f"All who are named among those who {words} at {stage_label(row.stage)} left or have another "
                    "role: until somebody is named anew, "
                    + (
                        "anybody’s votes will do."
                        if field == "must_screen"
                        else "all whose role may resolve."
                    )
                )
    return said


def _number(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _are(number: int) -> str:
    return "is" if number == 1 else "are"
