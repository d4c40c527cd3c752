"""Where everything stands: my assessment, how far the colleagues are (never what they judged), the consensus."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.db.models import Count, Q

from appraisal import registry
from appraisal.instruments import Tool
from appraisal.models import Assessment, Judgement
from reviews.models import Membership, Outcome, Review
from screening.models import Study

QUORUM = 2
#: What a standing can be asked for: key -> words.
STANDINGS = {
    "mine": "waiting for me",
    "compare": "ready for consensus",
    "agreed": "agreed",
    "outdated": "needs another look",
}
Result = tuple[int | None, str]


@dataclass
class Standing:
    """One thing to assess: a study, or a result of it. ``differing`` is None until assessments may be compared.

    ``outdated`` says that my assessment, or the consensus, was made with an older version of the tool. A standing
    without outcome of a tool that assesses results is only the place where the first result is begun.
    """

    study: Study
    outcome: Outcome | None = None
    time_point: str = ""
    mine: Assessment | None = None
    complete_by: list[str] = field(default_factory=list)
    started_by: list[str] = field(default_factory=list)
    consensus: Assessment | None = None
    differing: int | None = None
    outdated: bool = False
    first_of_study: bool = False

    @property
    def can_start(self) -> bool:
        return not self.mine and not self.consensus and len(self.complete_by) < QUORUM

    @property
    def can_compare(self) -> bool:
        return self.differing is not None

    @property
    def begun(self) -> bool:
        return bool(self.complete_by or self.started_by or self.consensus)

    def is_(self, standing: str) -> bool:
        """Whether this is one of ``STANDINGS``."""
        if standing == "mine":
            return self.can_start or bool(self.mine and not self.mine.is_complete and not self.consensus)
        if standing == "compare":
            return self.can_compare and not self.consensus
        return self.outdated if standing == "outdated" else bool(self.consensus)


def tools_in_use(review: Review) -> list[Tool]:
    """The tools with assessments in this review, the most used first."""
    return [registry.tool_of(review, key) for key in _used(review)]


def _used(review: Review) -> list[str]:
    rows = Assessment.objects.filter(review=review).order_by().values_list("instrument")
    return [key for key, _ in rows.annotate(number=Count("pk")).order_by("-number", "instrument")]


def studies_for(review: Review, tool: Tool) -> Iterable[Study]:
    """The studies this tool is for, by their design; those of unknown design; and those it was used on."""
    designs = registry.designs_of(review).get(tool.key, list(tool.designs))
    every = Study.objects.filter(review=review)
    if not designs:
        return every
    used = Assessment.objects.filter(review=review, instrument=tool.key).values("study")
    return every.filter(Q(design__in=["", Study.Design.OTHER, *designs]) | Q(pk__in=used))


def standings(
    membership: Membership, tool: Tool, studies: Iterable[Study], only: Result | None = None
) -> list[Standing]:
    """One Standing per study and result begun, in the order of studies; a study without any has one to begin with.

    With ``only`` (outcome id, time point) one row per study, about that result. The number of queries does not grow.
    """
    review = membership.review
    outcomes = {outcome.pk: outcome for outcome in Outcome.objects.filter(review=review)}
    rows = _rows_by_study(review, tool, {study.pk: study for study in studies}, outcomes, only)
    _who(review, tool, rows)
    _mine_and_agreed(membership, tool, rows)
    return _in_order(rows, outcomes)


Rows = dict[int, dict[Result, Standing]]


def _rows_by_study(
    review: Review,
    tool: Tool,
    studies: Mapping[int, Study],
    outcomes: Mapping[int, Outcome],
    only: Result | None,
) -> Rows:
    rows: Rows = {pk: {} for pk in studies}
    begun = Assessment.objects.filter(review=review, instrument=tool.key).order_by()
    found = set(begun.values_list("study_id", "outcome_id", "time_point"))
    for pk, outcome_id, time_point in found:
        if pk in rows and (only is None or only == (outcome_id, time_point)):
            outcome = outcomes.get(outcome_id or 0)
            rows[pk][outcome_id, time_point] = Standing(studies[pk], outcome, time_point)
    for pk, own in rows.items():
        if only is not None and only not in own:
            own[only] = Standing(studies[pk], outcomes.get(only[0] or 0), only[1])
        elif only is None and (None, "") not in own and not (tool.per_result and own):
            own[None, ""] = Standing(studies[pk])
    return rows


def _who(review: Review, tool: Tool, rows: Rows) -> None:
    """Who began and who is done, which everybody may know."""
    everyone = Assessment.objects.filter(review=review, instrument=tool.key).independent().order_by("pk")
    for pk, outcome_id, time_point, name, state in everyone.values_list(
        "study_id", "outcome_id", "time_point", "assessor__name", "state"
    ):
        row = rows.get(pk, {}).get((outcome_id, time_point))
        if row:
            (row.complete_by if state == Assessment.State.COMPLETE else row.started_by).append(name)


def _mine_and_agreed(membership: Membership, tool: Tool, rows: Rows) -> None:
    review = membership.review
    current = registry.current_version(review, tool.key)
    visible = Assessment.objects.visible_to(membership).filter(instrument=tool.key)
    judged = _judged(visible)
    compared: dict[tuple[int, Result], list[dict[str, str]]] = defaultdict(list)
    for one in visible.select_related("assessor"):
        result = (one.outcome_id, one.time_point)
        row = rows.get(one.study_id, {}).get(result)
        if row is None:
            continue
        if one.is_consensus:
            row.consensus = one
        elif one.is_complete:
            compared[one.study_id, result].append(judged[one.pk])
        if one.assessor_id == membership.user_id and not one.is_consensus:
            row.mine = one
        if one.tool_version < current and (one.is_consensus or one is row.mine):
            row.outdated = True
    for (pk, result), values in compared.items():
        if len(values) >= QUORUM:
            rows[pk][result].differing = count_differing(tool, values)


def _judged(visible) -> dict[int, dict[str, str]]:
    """{assessment id: {domain: level}} of complete independent ones, in one query."""
    found: dict[int, dict[str, str]] = defaultdict(dict)
    complete = visible.independent().complete()
    for pk, domain, value in (
        Judgement.objects.filter(assessment__in=complete)
        .order_by()
        .values_list("assessment_id", "domain", "value")
    ):
        found[pk][domain] = value
    return found


def count_differing(tool: Tool, judged: list[dict[str, str]]) -> int:
    """How many domains, the overall judgement among them, are not judged alike."""
    keys = [domain.key for domain in tool.domains] + ([Judgement.OVERALL] if tool.judges_overall else [])
    return sum(len({values.get(key, "") for values in judged}) > 1 for key in keys)


def _in_order(rows: Rows, outcomes: Mapping[int, Outcome]) -> list[Standing]:
    places = {pk: place for place, pk in enumerate(outcomes)}
    ordered = []
    for own in rows.values():
        inside = sorted(own, key=lambda result: (places.get(result[0] or 0, -1), result[1]))
        for result in inside:
            own[result].first_of_study = result == inside[0]
            ordered.append(own[result])
    return ordered


def counted(rows: Iterable[Standing]) -> dict[str, int]:
    """How many rows there are of each of ``STANDINGS``."""
    count = Counter(standing for row in rows for standing in STANDINGS if row.is_(standing))
    return {standing: count[standing] for standing in STANDINGS}
