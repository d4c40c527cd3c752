"""What the page of a run says of its explorations: those there are, and those that can be asked for."""

from dataclasses import dataclass

from analysis.explorations import KINDS, Kind
from analysis.models import Exploration, Run
from analysis.services import effects_in


@dataclass(frozen=True)
class Offer:
    """A kind of exploration; ``why_not`` says why this run cannot have it, "" when it can."""

    kind: Kind
    why_not: str


@dataclass(frozen=True)
class Explorations:
    """``rows`` newest first, each with its job, whose ``result.said`` is the finding in a sentence."""

    rows: list[Exploration]
    offers: list[Offer]


def explorations_shown(run: Run) -> Explorations:
    """Of a finished run. One query; no results are read."""
    studies = effects_in(run)
    found = run.explorations.select_related("job", "requested_by").defer("result", "settings")
    return Explorations(
        list(found), [Offer(kind, kind.why_not(run.snapshot, studies)) for kind in KINDS.values()]
    )
