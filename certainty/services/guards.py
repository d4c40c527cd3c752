"""What the verbs share: the lock on a finding, and who may change which rating."""

from certainty.models import Finding, Grade
from certainty.services.errors import AlreadySettled, NotYours
from reviews.errors import Conflict
from reviews.models import User


def lock(finding: Finding) -> Finding:
    """The finding as it is now; whoever changes or rates it waits for the one before. Conflict if it was retired."""
    fresh = Finding.objects.select_for_update(of=("self",)).select_related("review", "outcome", "plan")
    finding = fresh.get(pk=finding.pk)
    if finding.retired_at:
        raise Conflict(f"“{finding}” was taken out of use. Bring it back to rate it.")
    return finding


def own(grade: Grade, by: User) -> Grade:
    """The rating as it is now, its finding locked; refused unless it is the present one of ``by``."""
    finding = lock(grade.finding)
    grade = Grade.objects.select_related("rater", "run").prefetch_related("steps").get(pk=grade.pk)
    grade.finding = finding
    if grade.is_consensus:
        raise NotYours("A consensus is changed on the page that compares the ratings.")
    if grade.rater_id != by.pk:
        raise NotYours(f"Only {grade.rater} may change this rating.")
    if grade.superseded_at:
        raise Conflict("A later rating of yours took the place of this one. Load the page again.")
    return grade


def own_draft(grade: Grade, by: User, seen_version: int) -> Grade:
    """``own``, refused when it is complete, was agreed on without it, or was changed since ``seen_version``."""
    grade = own(grade, by)
    if grade.is_complete:
        raise AlreadySettled("This rating is complete. Reopen it to change it.")
    if Grade.objects.agreed().filter(finding=grade.finding, completed_at__gte=grade.created_at).exists():
        raise AlreadySettled(
            f"The certainty of “{grade.finding}” was agreed on without this draft. Discard it, or begin a new rating."
        )
    if grade.version != seen_version:
        raise Conflict(
            f"Your rating of “{grade.finding}” was changed elsewhere in the meantime (version {grade.version}, you "
            f"saw {seen_version}); nothing was overwritten. Load it again."
        )
    return grade
