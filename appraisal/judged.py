"""The agreed risk of bias of each study for one outcome: what analyses, figures and certainty ask for."""

from collections.abc import Mapping
from dataclasses import dataclass

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
    version: int = 1

    @property
    def overall_level(self) -> Level | None:
        return self.tool.overall_level(self.overall) if self.overall else None


class Agreed:
    """Everything that was agreed in a review, read once: ``of`` answers for any number of results without a query.

    Only consensus assessments are read, so every member may see the answers.
    """

    def __init__(self, review: Review, instrument: str | None = None):
        agreed = Assessment.objects.consensus().filter(review=review).prefetch_related("judgements")
        if instrument is not None:
            agreed = agreed.filter(instrument=instrument)
        self._places = {key: place for place, key in enumerate(offered(review))}
        self._of_study: dict[int, list[Assessment]] = {}
        for one in agreed:
            self._of_study.setdefault(one.study_id, []).append(one)

    @property
    def studies(self) -> list[int]:
        """The studies about which anything was agreed."""
        return list(self._of_study)

    def of(self, study: int, outcome: Outcome | None = None, time_point: str = "") -> Judged | None:
        """What was agreed about a study's result (see ``levels_for``), or None."""
        ranked = []
        for one in self._of_study.get(study, ()):
            source = _source(one, outcome, time_point)
            if source is not None:
                place = self._places.get(one.instrument, len(self._places))
                ranked.append((SPECIFICITY.index(source), place, one.pk, one))
        if not ranked:
            return None
        specificity, _, _, best = min(ranked, key=lambda each: each[:3])
        return Judged(
            best.tool, best.values, best.overall, SPECIFICITY[specificity], best.pk, best.tool_version
        )


def levels_for(
    review: Review, outcome: Outcome | None = None, time_point: str = "", instrument: str | None = None
) -> dict[int, Judged]:
    """{study id: Judged} from what was agreed; studies without a consensus are absent.

    Of several the most specific one counts: the outcome at ``time_point``, then the outcome, then the study. "" as a
    time point is the outcome's main one. Among alike ones the review's first tool counts, unless ``instrument``
    names one.
    """
    agreed = Agreed(review, instrument)
    found = {study: agreed.of(study, outcome, time_point) for study in agreed.studies}
    return {study: judged for study, judged in found.items() if judged}


def same_time(outcome: Outcome, one: str, other: str) -> bool:
    """Whether two time points of ``outcome`` are the same; "" is its main one, capitals and blanks do not count."""
    return _plain(outcome, one) == _plain(outcome, other)


def _source(one: Assessment, outcome: Outcome | None, time_point: str) -> str | None:
    if one.outcome_id is None:
        return STUDY
    if outcome is None or one.outcome_id != outcome.pk:
        return None
    if same_time(outcome, one.time_point, time_point):
        return RESULT
    return None if one.time_point else OUTCOME


def _plain(outcome: Outcome, time_point: str) -> str:
    return " ".join((time_point or outcome.time_point).split()).casefold()
