"""May title and abstract screening stop? What the outcomes that everybody is told say of it.

Read are told outcomes only (``Verdict.objects.told``), in the order in which they were settled: so nothing here
tells of a vote that is hidden, and all who open the page see the same numbers. Left out of the sequence and of the
total are records whose outcome came with a file (nobody screened them here) and those that a filter took out before;
records whose outcome no person voted for count as unread. ``can_leave`` counts records without any vote: it is for
those who decide.
"""

from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from django.db.models import Count, Exists, OuterRef, Q

from records.models import ImportBatch, Record
from reviews.errors import Refused
from reviews.models import Review
from screening.models import (
    IN_REVIEW,
    Adjudication,
    AutomaticRemoval,
    Decision,
    Placement,
    RemovedRecord,
    Round,
    Stage,
    Verdict,
)
from screening.services.removals import unread
from screening.services.rounds import records_at
from screening.services.stage_settings import settings_of
from screening.stopping_words import CAUTIONS, HEURISTICS, LENGTHS, Rule

if TYPE_CHECKING:
    from screening.priority.elusion import Elusion
    from screening.priority.estimates import Estimate
    from screening.priority.stopping import Curve, Judgement, LowerRecall

TA = Stage.TITLE_ABSTRACT
POINTS = 120


class NotReady(Refused):
    """What was asked makes no sense, or something must be finished or said before."""


def require_sound(rule: str, target: float, confidence: float) -> None:
    """Refuse what is no rule, no recall or no confidence, with the name of the field."""
    if rule not in Rule.values:
        raise NotReady(f"“{rule}” is no stopping rule: use {', '.join(Rule.values)}.", field="rule")
    if not 0.5 <= target < 1:
        raise NotReady(
            f"The target recall is a share from 0.5 to below 1 (0.95 is 95 %), not {target:g}.",
            field="target",
        )
    if not 0.5 <= confidence < 1:
        raise NotReady(
            f"The confidence is a share from 0.5 to below 1 (0.95 is 95 %), not {confidence:g}.",
            field="confidence",
        )


@dataclass(frozen=True)
class Sequence:
    """Outcomes in the order they were settled (1 included, 0 excluded), of ``total`` records in all."""

    labels: tuple[int, ...]
    total: int

    @property
    def screened(self) -> int:
        return len(self.labels)

    @property
    def included(self) -> int:
        return sum(self.labels)

    @property
    def excluded(self) -> int:
        return self.screened - self.included

    @property
    def unscreened(self) -> int:
        return self.total - self.screened

    @property
    def percent(self) -> float:
        return 100 * self.screened / self.total if self.total else 0.0


@dataclass(frozen=True)
class Sampled:
    """A sample of what is left: ``read`` of ``drawn`` records have an outcome, ``relevant`` were included.

    ``result`` is None until all of them have one: the interval holds for a sample that was judged as a whole.
    """

    round: Round
    drawn: int
    read: int
    relevant: int
    result: "Elusion | None"

    @property
    def waiting(self) -> int:
        return self.drawn - self.read

    @property
    def is_open(self) -> bool:
        return self.round.state == Round.State.OPEN


@dataclass(frozen=True)
class Heuristic:
    """A simple rule, and after how many records it was or is met; None where it is not."""

    rule: Rule
    met_at: int | None

    @property
    def met(self) -> bool:
        return self.met_at is not None


def sequence(review: Review) -> Sequence:
    """The told outcomes of title and abstract that persons came to here; a fixed number of queries."""
    here = {"record": OuterRef("record"), "stage": TA}
    placed = Placement.objects.live().filter(**here)
    settled = Verdict.objects.at(TA).settled().filter(IN_REVIEW, ~Exists(placed), review=review)
    if Decision.objects.filter(review=review, stage=TA).exclude(model="").exists():
        by_people = Decision.objects.live().filter(**here, model="")
        settled = settled.filter(Exists(by_people) | Exists(Adjudication.objects.live().filter(**here)))
    states = settled.order_by("settled_at", "pk").values_list("state", flat=True)
    labels = tuple(int(state == Verdict.State.INCLUDED) for state in states)
    return Sequence(labels, _total(review))


def _total(review: Review) -> int:
    placed = Placement.objects.live().filter(record=OuterRef("pk"), stage=TA)
    filtered = RemovedRecord.objects.live().filter(
        record=OuterRef("pk"), removal__kind=AutomaticRemoval.Kind.DESIGN
    )
    unique = Record.objects.unique().filter(review=review)
    return unique.filter(~Exists(placed), ~Exists(filtered)).count()


class State:
    """The numbers of one review for a target recall, a confidence and one of the two forms of the test."""

    def __init__(
        self,
        review: Review,
        *,
        rule: str = Rule.REPEATED_LOOKS,
        target: float = 0.95,
        confidence: float = 0.95,
    ):
        require_sound(rule, target, confidence)
        self.review, self.target, self.confidence = review, target, confidence
        self.rule = Rule(rule)
        self.test = self.rule if self.rule in Rule.tests() else Rule.REPEATED_LOOKS

    @cached_property
    def sequence(self) -> Sequence:
        return sequence(self.review)

    @cached_property
    def judgement(self) -> "Judgement":
        """What the test says, p-value and all."""
        from screening.priority.stopping import judge  # scipy: not in the start-up of every process

        return judge(
            self.sequence.labels,
            self.sequence.total,
            target=self.target,
            confidence=self.confidence,
            rule=self.test.value,
        )

    @cached_property
    def lower(self) -> "LowerRecall":
        """How much of the relevant was found at least, by the same test."""
        from screening.priority.stopping import lower_recall

        seen = self.sequence
        return lower_recall(seen.labels, seen.total, confidence=self.confidence, rule=self.test.value)

    @cached_property
    def estimate(self) -> "Estimate | None":
        """How many relevant records are left, by a model; None before the first is found."""
        from screening.priority.estimates import remaining

        return remaining(self.sequence.labels, self.sequence.total, confidence=self.confidence)

    def curve(self) -> "Curve | None":
        """The p-value along the way; None before anything was screened."""
        from screening.priority.stopping import curve

        if not self.sequence.labels:
            return None
        return curve(
            self.sequence.labels,
            self.sequence.total,
            target=self.target,
            confidence=self.confidence,
            rule=self.test.value,
            points=POINTS,
        )

    @cached_property
    def in_a_row(self) -> int:
        """How many records in a row, up to the last one settled, were excluded."""
        from screening.priority.heuristics import irrelevant_now

        return irrelevant_now(self.sequence.labels)

    @cached_property
    def heuristics(self) -> list[Heuristic]:
        """The simple rules; one about records in a row is met while the row lasts."""
        from screening.priority.heuristics import all_at

        found = all_at(self.sequence.labels, self.sequence.total)
        for rule, length in LENGTHS.items():
            lasts = self.in_a_row >= length and self.sequence.included
            found[rule.value] = self.sequence.screened if lasts else None
        return [Heuristic(rule, found[rule.value]) for rule in HEURISTICS]

    @cached_property
    def samples(self) -> list[Sampled]:
        """The samples of what is left, the latest first."""
        rounds = Round.objects.filter(review=self.review, stage=TA, kind=Round.Kind.SAMPLE)
        return [self._sampled(each) for each in rounds.select_related("by").order_by("-pk")[:20]]

    @property
    def sample(self) -> Sampled | None:
        """The latest one."""
        return self.samples[0] if self.samples else None

    def _sampled(self, round: Round) -> Sampled:
        from screening.priority.elusion import elusion

        sample = round.sample.values("record")
        drawn = records_at(self.review, TA).filter(pk__in=sample).count()
        told = Verdict.objects.at(TA).settled().filter(IN_REVIEW, review=self.review, record__in=sample)
        states = list(told.values_list("state", flat=True))
        relevant = sum(state == Verdict.State.INCLUDED for state in states)
        result = None
        if drawn and len(states) == drawn and round.pool is not None and round.found_before is not None:
            pool = max(
                drawn, round.pool - (round.sample.count() - drawn)
            )  # merged or undone since: never there
            result = elusion(drawn, relevant, pool, round.found_before, confidence=self.confidence)
        return Sampled(round, drawn, len(states), relevant, result)

    @property
    def sample_shows(self) -> bool:
        """Whether the latest sample, read to its end, shows a recall of at least the target."""
        result = self.sample.result if self.sample else None
        return result is not None and result.recall_at_least >= self.target

    @cached_property
    def can_leave(self) -> int:
        """Records without any vote of a person: those that a stop would leave unread."""
        return unread(self.review).count()

    def clean_sample(self, unread: int) -> int | None:
        """How many of ``unread`` records to draw, so that none relevant among them shows the target."""
        from screening.priority.elusion import sample_size

        return sample_size(unread, self.sequence.included, target=self.target, confidence=self.confidence)

    @property
    def rule_is_met(self) -> bool:
        """Whether what ``rule`` asks for is there."""
        if self.rule in Rule.tests():
            return self.judgement.stop and bool(self.sequence.included)
        if self.rule == Rule.SAMPLE:
            return self.sample_shows
        return next((each.met for each in self.heuristics if each.rule == self.rule), False)

    @cached_property
    def caution(self) -> str:
        """What the order of the stage, as it is set now, means for the test; empty where nothing."""
        return CAUTIONS.get(settings_of(self.review, TA).order, "")

    def numbers(self) -> dict:
        """All of it as plain data, for the record of a decision, the API and the command; no keys of rows."""
        seen, judged, estimate, sample = self.sequence, self.judgement, self.estimate, self.sample
        return {
            "total": seen.total,
            "screened": seen.screened,
            "included": seen.included,
            "unscreened": seen.unscreened,
            "rule": self.rule.value,
            "rule_is_met": self.rule_is_met,
            "target": self.target,
            "confidence": self.confidence,
            "test": {
                "form": self.test.value,
                "p": judged.p,
                "published_p": judged.published_p,
                "level": judged.level,
                "rejected": judged.stop,
                "more_without_a_find": judged.more,
                "recall_at_least": self.lower.recall,
                "left_at_most": self.lower.left,
                "caution": self.caution,
            },
            "estimate": asdict(estimate) if estimate else None,
            "sample": _sample_numbers(sample) if sample else None,
            "irrelevant_in_a_row": self.in_a_row,
            "heuristics": {each.rule.value: each.met_at for each in self.heuristics},
        }


def _sample_numbers(sample: Sampled) -> dict:
    round = sample.round
    return {
        "number": round.number,
        "seed": round.seed,
        "pool": round.pool,
        "found_before": round.found_before,
        "drawn": sample.drawn,
        "read": sample.read,
        "relevant": sample.relevant,
        "result": asdict(sample.result) if sample.result else None,
    }


def stops(review: Review) -> list[AutomaticRemoval]:
    """Every stop of the review, the latest first, with ``out``: how many of its records are out now."""
    here = {"removed__record__duplicate_of": None, "removed__record__batch__state": ImportBatch.State.DONE}
    out = Count("removed", filter=Q(**here, removed__withdrawn_at=None))
    found = AutomaticRemoval.objects.filter(review=review, kind=AutomaticRemoval.Kind.STOPPED)
    return list(found.select_related("by", "undone_by").annotate(out=out))


def standing(found: list[AutomaticRemoval]) -> AutomaticRemoval | None:
    """Of ``stops`` the latest that keeps records out."""
    return next((each for each in found if each.undone_at is None and each.out), None)  # type: ignore[attr-defined]
