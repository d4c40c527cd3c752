"""The agreed risk of bias of each study for one outcome: what analyses, figures and certainty ask for."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Q

from appraisal.instruments import Level, Tool
from appraisal.models import Assessment
from appraisal.registry import offered
from reviews.models import Outcome, Review

RESULT, OUTCOME, STUDY = "result", "outcome", "study"
SPECIFICITY = (RESULT, OUTCOME, STUDY)


@dataclass(frozen=True)
class Judged:
    """What was agreed about one study. ``values`` is {domain key: level key}, ``overall`` "" where there is none.

    ``source`` says what was assessed: "result" (the outcome at the time point), "outcome" (whatever the time), or
    "study".
    """

    tool: Tool
    values: Mapping[str, str]
    overall: str
    source: str
    assessment_id: int

    @property
    def overall_level(self) -> Level | None:
        return self.tool.overall_level(self.overall) if self.overall else None


def levels_for(
    review: Review, outcome: Outcome | None = None, time_point: str = "", instrument: str | None = None
) -> dict[int, Judged]:
    """{study id: Judged} from what was agreed; studies without a consensus are absent.

    Of several the most specific one counts: the outcome at ``time_point``, then the outcome, then the study. "" as a
    time point is the outcome's main one. Among alike ones the review's first tool counts, unless ``instrument``
    names one. Only consensus assessments are read, so every member may see the answer.
    """
    about = Q(outcome=None) | Q(outcome=outcome) if outcome else Q(outcome=None)
    agreed = Assessment.objects.consensus().filter(about, review=review).prefetch_related("judgements")
    if instrument is not None:
        agreed = agreed.filter(instrument=instrument)
    places = {key: place for place, key in enumerate(offered(review))}
    best: dict[int, tuple[tuple[int, int, int], Assessment]] = {}
    for one in agreed:
        source = _source(one, outcome, time_point)
        if source is None:
            continue
        rank = (SPECIFICITY.index(source), places.get(one.instrument, len(places)), one.pk)
        if one.study_id not in best or rank < best[one.study_id][0]:
            best[one.study_id] = (rank, one)
    return {
        study: Judged(one.tool, one.values, one.overall, SPECIFICITY[rank[0]], one.pk)
        for study, (rank, one) in best.items()
    }


def same_time(outcome: Outcome, one: str, other: str) -> bool:
    """Whether two time points of ``outcome`` are the same; "" is its main one, capitals and blanks do not count."""
    return _plain(outcome, one) == _plain(outcome, other)


def _source(one: Assessment, outcome: Outcome | None, time_point: str) -> str | None:
    if outcome is None or one.outcome_id is None:
        return STUDY
    if same_time(outcome, one.time_point, time_point):
        return RESULT
    return None if one.time_point else OUTCOME


def _plain(outcome: Outcome, time_point: str) -> str:
    return " ".join((time_point or outcome.time_point).split()).casefold()
