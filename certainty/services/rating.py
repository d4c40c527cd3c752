"""One person's rating of a finding."""

from certainty.models import Finding, Grade
from reviews.models import User


def begin_grade(*, finding: Finding, by: User) -> Grade:
    """The person's own draft of the finding; the existing one, if there is one.

    It keeps today's evidence and starts where the designs of the studies say. After a consensus it is a new rating
    that takes the place of the person's earlier one and begins with its steps. Raises AlreadySettled once two others
    are complete: they can be read then.
    """
    raise NotImplementedError


def rate(*, grade: Grade, domain: str, change: int, by: User, seen_version: int, reason: str = "") -> Grade:
    """Say by how many levels a domain changes the certainty of one's own draft, and why.

    A reason is needed for every level, and where the data suggest another change. Raises InvalidGrade, NeedsReason,
    NotYours, AlreadySettled, Conflict.
    """
    raise NotImplementedError


def unrate(*, grade: Grade, domain: str, by: User, seen_version: int) -> Grade:
    """Take back what was said of a domain in one's own draft."""
    raise NotImplementedError


def accept_suggestion(*, grade: Grade, domain: str, by: User, seen_version: int, reason: str = "") -> Grade:
    """Rate a domain as the data suggest; the reason is the suggestion's sentence unless given.

    Raises InvalidGrade where they suggest nothing.
    """
    raise NotImplementedError


def accept_suggestions(*, grade: Grade, by: User, seen_version: int) -> Grade:
    """Accept what the data suggest for every domain that is not rated yet."""
    raise NotImplementedError


def set_start(*, grade: Grade, start: str, by: User, seen_version: int, reason: str = "") -> Grade:
    """Where one's own draft begins: "high" or "low"; another start than the designs suggest needs a reason."""
    raise NotImplementedError


def look_again(*, grade: Grade, by: User, seen_version: int) -> Grade:
    """Put today's evidence under one's own draft; what was rated stays, the proposals beside it are today's."""
    raise NotImplementedError


def complete_grade(*, grade: Grade, by: User, seen_version: int) -> Grade:
    """Hand in one's own rating: all five domains that may lower it rated, every level with its reason.

    Raises Incomplete, NeedsReason, Outdated (the evidence changed since: ``look_again`` first), NotYours,
    AlreadySettled, Conflict.
    """
    raise NotImplementedError


def reopen_grade(*, grade: Grade, by: User) -> Grade:
    """A new draft in place of one's own complete rating, with its steps; the old one stays readable.

    Refused (AlreadySettled) once a colleague's of the same round is complete, unless there is a consensus: then this
    begins a new round.
    """
    raise NotImplementedError


def discard_grade(*, grade: Grade, by: User) -> None:
    """Take back one's own draft; it stays in the history."""
    raise NotImplementedError
