"""Certainty of the demo's main findings: Ben and Cleo rate them, Dora settles where they differ."""

import analysis.services as analysing
import certainty.services as rating
from certainty.comparison import comparison
from certainty.grade import DOWN
from certainty.models import Finding, Grade
from reviewapp.demo import story
from reviews.jobs import perform
from reviews.models import Review, User


def grade(review: Review, people: dict[str, User]) -> None:
    """Findings on the runs of two plans, two ratings of each, and what was agreed."""
    for label, plan_name, agreed in story.FINDINGS:
        plan = review.plans.get(name=plan_name)
        perform(analysing.request_run(plan=plan, by=people["ana"]).job_id)
        finding = rating.add_finding(
            review=review, by=people["ana"], plan=plan, **story.ABOUT_FINDINGS | {"label": label}
        )
        _rate(finding, people["ben"], agreed)
        _rate(finding, people["cleo"], agreed | story.SECOND_RATING)
        _settle(finding, people["dora"], agreed)


def _rate(finding: Finding, by: User, steps: dict[str, tuple[int, str]]) -> Grade:
    """No level but for the ``steps``; the data suggest none in the other domains."""
    mine = rating.begin_grade(finding=finding, by=by)
    for domain in DOWN:
        change, reason = steps.get(domain, (0, ""))
        mine = rating.rate(
            grade=mine, domain=domain, change=change, by=by, seen_version=mine.version, reason=reason
        )
    return rating.complete_grade(grade=mine, by=by, seen_version=mine.version)


def _settle(finding: Finding, by: User, steps: dict[str, tuple[int, str]]) -> None:
    member = finding.review.memberships.get(user=by, left_at=None)
    rating.reconcile_grades(
        finding=finding,
        by=by,
        start="high",
        changes=dict.fromkeys(DOWN, 0) | {domain: change for domain, (change, _) in steps.items()},
        reasons={domain: reason for domain, (_, reason) in steps.items()},
        stamp=comparison(finding, member).stamp,
    )
