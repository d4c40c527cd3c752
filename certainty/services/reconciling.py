"""Agreeing on one rating of a finding; the raters' own stay as they are."""

from collections.abc import Mapping

from certainty.models import Finding, Grade
from reviews.models import User


def reconcile_grades(
    *,
    finding: Finding,
    by: User,
    start: str,
    changes: Mapping[str, int],
    reasons: Mapping[str, str],
    stamp: str,
    start_reason: str = "",
) -> Grade:
    """Agree on one rating from two complete ones; an earlier consensus is superseded and kept.

    ``changes`` and ``reasons`` are by domain key; domains that may raise the certainty may be left out. Needs the
    permission to reconcile unless the raters agree on the start and every domain, and this is what they agree on
    (then any rater of the review may confirm). ``stamp`` is that of the ``comparison`` the person looked at; when
    anything of it changed it is a Conflict. Raises Incomplete, NeedsReason, InvalidGrade, NotYours, Conflict.
    """
    raise NotImplementedError
