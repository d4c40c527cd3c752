"""The included studies as RevMan knows them: facts about each, their references, and what was agreed of their bias.

Only what is shared is read (arms, characteristics, current results, consensus assessments), so that every member
gets the same files.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from appraisal.instruments import Tool
from appraisal.models import Assessment, Judgement
from appraisal.registry import offered
from extraction.models import Arm, AuthorContact, Characteristic, Result
from records.corrected import as_corrected
from records.formats import write_ris
from reporting.exports.interchange import BOM
from reviews.models import Outcome, Review
from screening.earlier import hide_decisions
from screening.models import Report, Study
from screening.models.common import IN_REVIEW

#: RevMan's codes of where the data of a study are from.
PUBLISHED, SOUGHT_IN_VAIN, ALSO_UNPUBLISHED = "PUB", "SOU", "MIX"
OVERALL_BIAS = "Overall bias"


@dataclass
class Included:
    """The included studies of a review in the order of their labels, with everything the files say; few queries."""

    review: Review
    studies: list[Study] = field(init=False)

    def __post_init__(self) -> None:
        self.studies = list(Study.objects.current().filter(review=self.review).order_by("label", "pk"))
        ids = [study.pk for study in self.studies]
        self.arms: dict[int, list[Arm]] = defaultdict(list)
        for arm in Arm.objects.filter(study__in=ids).select_related("intervention__preferred"):
            self.arms[arm.study_id].append(arm)
        self.facts: dict[int, list[Characteristic]] = defaultdict(list)
        for fact in Characteristic.objects.filter(study__in=ids):
            self.facts[fact.study_id].append(fact)
        self.results: dict[int, list[Result]] = defaultdict(list)
        results = Result.objects.current().filter(review=self.review, study__in=ids).with_names()
        for result in results.order_by("outcome__order", "outcome_id", "-is_preferred", "pk"):
            self.results[result.study_id].append(result)
        self.contacts: dict[int, list[AuthorContact]] = defaultdict(list)
        for contact in AuthorContact.objects.filter(study__in=ids):
            self.contacts[contact.study_id].append(contact)

    def information(self) -> Iterator[list[str]]:
        """Rows of the study information: Study, Year, Data source, and the five characteristics."""
        for study in self.studies:
            yield [
                study.label,
                str(study.year or ""),
                self._data_source(study),
                study.get_design_display() if study.design else "",
                self._participants(study),
                "\n".join(map(described, self.arms[study.pk])),
                "; ".join(dict.fromkeys(result.outcome.name for result in self.results[study.pk])),
                f"Registration: {study.registration}" if study.registration else "",
            ]

    def ris(self) -> bytes:
        """The reports of each study, the main one first; the tag NS names the study, as RevMan writes it."""
        reports = Report.objects.filter(IN_REVIEW, study__in=self.studies)
        reports = reports.select_related("study", "record").order_by("study__label", "-is_main", "pk")
        pieces = [(report.study.label, as_corrected(hide_decisions(report.record))) for report in reports]
        written = write_ris(record for _, record in pieces)
        text = "\r\n".join(_named(ris, label) for (label, _), ris in zip(pieces, written, strict=True))
        return (BOM + text).encode()

    def _data_source(self, study: Study) -> str:
        asked = [contact for contact in self.contacts[study.pk] if contact.sent_at or contact.replied_at]
        if any(contact.value_used.strip() for contact in asked):
            return ALSO_UNPUBLISHED
        return SOUGHT_IN_VAIN if asked else PUBLISHED

    def _participants(self, study: Study) -> str:
        numbers = [arm.n_randomised for arm in self.arms[study.pk]]
        known = [n for n in numbers if n is not None]
        lines = [f"Randomised: {sum(known)}"] if known and len(known) == len(numbers) else []
        return "\n".join([*lines, *(f"{fact.name}: {fact.value}" for fact in self.facts[study.pk])])


def described(arm: Arm) -> str:
    """An arm in a line: what it is called, what was given, how much, to how many."""
    more = [arm.description, arm.dose, f"n = {arm.n_randomised}" if arm.n_randomised is not None else ""]
    said = "; ".join(part for part in more if part)
    return f"{arm.label}: {said}" if said else arm.label


def intervention_of(arm: Arm) -> str:
    """The team's word for what the arm got (the preferred one of synonyms), or the arm's own label."""
    term = arm.intervention
    if term is None:
        return arm.label
    return term.preferred.name if term.preferred else term.name


def _named(ris: str, study: str) -> str:
    first, end, rest = ris.partition("\r\n")
    return f"{first}{end}NS  - {' '.join(study.split())}{end}{rest}"


@dataclass(frozen=True)
class Judgements:
    """What was agreed with one tool about the studies, or about one of their results."""

    tool: Tool
    outcome: Outcome | None
    time_point: str
    of: Mapping[int, Mapping[str, Judgement]]

    @property
    def about(self) -> str:
        """The outcome and time point, "" where studies were assessed."""
        if self.outcome is None:
            return ""
        return f"{self.outcome.name}, {self.time_point}" if self.time_point else self.outcome.name

    def cells(self, study: int) -> list[str]:
        """Judgement and support of each domain and of the whole, if the tool judges it."""
        found = self.of.get(study, {})
        return [
            cell
            for key in columns_of(self.tool)
            for cell in (self._word(found.get(key)), _support(found.get(key)))
        ]

    def _word(self, judgement: Judgement | None) -> str:
        if judgement is None or not judgement.value:
            return ""
        whole = judgement.domain == Judgement.OVERALL
        level = self.tool.overall_level(judgement.value) if whole else self.tool.level(judgement.value)
        return level.label


def columns_of(tool: Tool) -> dict[str, str]:
    """{domain key: its words}, the overall judgement last."""
    named = {domain.key: domain.label for domain in tool.domains}
    return named | ({Judgement.OVERALL: OVERALL_BIAS} if tool.judges_overall else {})


def agreed(review: Review, studies: Sequence[Study]) -> list[Judgements]:
    """Every consensus about these studies: by tool in the review's order, studies before results.

    Where a tool of the review's own has several versions, each stands for itself.
    """
    places = {key: place for place, key in enumerate(offered(review))}
    found: dict[tuple, dict[int, Mapping[str, Judgement]]] = defaultdict(dict)
    about: dict[tuple, Assessment] = {}
    rows = Assessment.objects.consensus().filter(review=review, study__in=studies)
    for one in rows.select_related("outcome").prefetch_related("judgements").order_by("pk"):
        outcome = (one.outcome.order, one.outcome.pk) if one.outcome else (-1, 0)
        place = places.get(one.instrument, len(places))
        key = (place, one.instrument, one.tool_version, outcome, one.time_point)
        about.setdefault(key, one)
        found[key][one.study_id] = {judgement.domain: judgement for judgement in one.judgements.all()}
    return [
        Judgements(about[key].tool, about[key].outcome, about[key].time_point, found[key])
        for key in sorted(found)
    ]


def risk_of_bias(
    studies: Iterable[Study], judgements: Sequence[Judgements]
) -> tuple[list[str], list[list[str]]]:
    """Header and rows, one row per study: a pair of columns for each domain, named with outcome and tool at need."""
    several = len({(one.tool.key, one.tool.name) for one in judgements}) > 1
    header = ["Study"]
    for one in judgements:
        behind = (f" ({one.tool.name})" if several else "") + (f": {one.about}" if one.about else "")
        for label in columns_of(one.tool).values():
            header += [f"Domain (judgement): {label}{behind}", f"Domain (support): {label}{behind}"]
    rows = [[study.label, *(cell for one in judgements for cell in one.cells(study.pk))] for study in studies]
    return _told_apart(header), rows


def _told_apart(header: list[str]) -> list[str]:
    """Readers go by names, so each heads one column (two versions of a tool have the same)."""
    used: set[str] = set()
    unique = []
    for name in header:
        found, number = name, 1
        while found in used:
            number += 1
            found = f"{name} [{number}]"
        used.add(found)
        unique.append(found)
    return unique


def _support(judgement: Judgement | None) -> str:
    if judgement is None:
        return ""
    quote = f"Quote: “{judgement.quote}”" if judgement.quote else ""
    page = f"(page {judgement.page})" if judgement.page else ""
    return " ".join(part for part in (judgement.support, quote, page) if part)
