"""Gestures of the pages of certainty: findings, ratings, the consensus."""

from certainty.comparison import comparison
from reviews.models import Membership
from tests.security.gestures import PK, Gesture, fixed
from tests.security.world import World

DOMAIN = (*PK, ("domain", "imprecision"))
ROWS = {"baseline-TOTAL_FORMS": 2, "baseline-INITIAL_FORMS": 0}
ROWS |= {"baseline-0-label": "Low", "baseline-0-per_1000": 50, "baseline-0-source": "a cohort"}
TOLD = {"intervention": "therapy", "comparison": "waiting list", "importance": "critical", "narrative": "So."}


def changed_finding(here: World, ids: World) -> dict:
    return TOLD | ROWS | {"outcome": ids.outcome.pk, "seen_version": _fresh(here.finding).version}


def rated(here: World, ids: World) -> dict:
    """The whole form of a draft."""
    grade = _fresh(here.grade)
    sent = {"seen_version": grade.version, "start": grade.start, "start_reason": "Trials only."}
    return sent | {"change_imprecision": "-2", "reason_imprecision": "Very wide."}


def seen(here: World, ids: World) -> dict:
    return {"seen_version": _fresh(here.grade).version}


def settled(here: World, ids: World) -> dict:
    membership = Membership.objects.get(review=here.review, user=here.people["adjudicator"])
    compared = comparison(here.rated_finding, membership)
    changes = {f"change_{key}": "0" for key in ("risk_of_bias", "inconsistency", "indirectness")}
    changes |= {"change_imprecision": "-1", "change_publication_bias": "0", "change_start": "high"}
    reasons = {key.replace("change_", "reason_"): "Agreed." for key in changes}
    return changes | reasons | {"stamp": compared.stamp}


def _fresh(row):
    return type(row).objects.get(pk=row.pk)


CERTAINTY_PAGES = [
    Gesture(
        "certainty:add",
        "reviewer",
        lambda here, ids: TOLD | ROWS | {"outcome": ids.outcome.pk, "plan": ""},
        ("outcome",),
    ),
    Gesture("certainty:finding_edit", "reviewer", changed_finding, ("outcome",), arguments=PK),
    Gesture("certainty:finding_choose", "reviewer", fixed(in_summary="no"), arguments=PK),
    Gesture("certainty:finding_move", "reviewer", fixed(to="down"), arguments=PK),
    Gesture("certainty:rate", "reviewer", rated, arguments=DOMAIN),
    Gesture("certainty:grade_save", "reviewer", rated, arguments=PK),
    Gesture("certainty:again", "reviewer", seen, arguments=PK),
    Gesture("certainty:settle", "adjudicator", settled, arguments=PK),
]
