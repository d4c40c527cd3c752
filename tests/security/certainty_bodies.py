"""Gestures of programs that rate certainty."""

from certainty.comparison import comparison
from certainty.grade import DOWN
from certainty.models import Finding, Grade
from tests.security.gestures import PK, Gesture
from tests.security.world import World


def added(here: World, ids: World) -> dict:
    return {"outcome": ids.outcome.pk, "intervention": "therapy", "comparison": "pills"}


def changed(here: World, ids: World) -> dict:
    seen = Finding.objects.get(pk=here.finding.pk).version
    return {"plan": ids.plan.pk, "comments": f"After version {seen}.", "seen_version": seen}


def ordered(here: World, ids: World) -> dict:
    return {"ids": [ids.rated_finding.pk, ids.finding.pk]}


def with_version(**fields):
    def make(here: World, ids: World) -> dict:
        return fields | {"seen_version": Grade.objects.get(pk=here.grade.pk).version}

    return make


def agreed(here: World, ids: World) -> dict:
    member = here.review.memberships.get(user=here.people["adjudicator"])
    return {
        "start": "high",
        "start_reason": "Trials only.",
        "changes": dict.fromkeys(DOWN, 0),
        "reasons": dict.fromkeys(DOWN, "Agreed."),
        "stamp": comparison(here.rated_finding, member).stamp,
    }


RATED = {"domain": "indirectness", "change": -1, "reason": "Other people."}
CERTAINTY = [
    Gesture("certainty-findings-list", "reviewer", added, ("outcome",)),
    Gesture("certainty-findings-change", "reviewer", changed, ("plan",), arguments=PK),
    Gesture("certainty-findings-order", "reviewer", ordered, ("ids",)),
    Gesture("certainty-findings-consensus", "adjudicator", agreed, arguments=PK),
    Gesture("certainty-grades-rate", "reviewer", with_version(**RATED), arguments=PK),
    Gesture("certainty-grades-unrate", "reviewer", with_version(domain="imprecision"), arguments=PK),
    Gesture(
        "certainty-grades-start", "reviewer", with_version(start="low", reason="No trials."), arguments=PK
    ),
    Gesture("certainty-grades-look-again", "reviewer", with_version(), arguments=PK),
]
