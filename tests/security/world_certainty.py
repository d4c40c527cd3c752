"""Findings with a draft, with two complete ratings and out of use, for the attacks."""

from certainty import services
from certainty.grade import DOWN


def add_certainty(world) -> None:
    review, owner, reviewer = world.review, world.owner, world.people["reviewer"]
    finding = services.add_finding(review=review, by=owner, plan=world.plan)
    told = {"review": review, "by": owner, "outcome": world.outcome, "intervention": "therapy"}
    rated = services.add_finding(**told, comparison="waiting list", narrative="Told in words.")
    retired = services.add_finding(**told, comparison="nothing")
    services.retire_finding(finding=retired, by=owner)
    grade = services.begin_grade(finding=finding, by=reviewer)
    grade = services.rate(
        grade=grade, domain="imprecision", change=-1, by=reviewer, seen_version=grade.version, reason="Wide."
    )
    world.rows |= {
        "finding": finding,
        "rated_finding": rated,
        "retired_finding": retired,
        "grade": grade,
        "complete_grade": _complete(rated, reviewer, imprecision=-1),
        "second_grade": _complete(rated, world.people["second"]),
    }


def _complete(finding, by, **changes):
    grade = services.begin_grade(finding=finding, by=by)
    grade = services.set_start(
        grade=grade, start="high", by=by, seen_version=grade.version, reason="Trials only."
    )
    for domain, change in (dict.fromkeys(DOWN, 0) | changes).items():
        grade = services.rate(
            grade=grade, domain=domain, change=change, by=by, seen_version=grade.version, reason="So."
        )
    return services.complete_grade(grade=grade, by=by, seen_version=grade.version)
