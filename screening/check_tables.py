"""What checks of exclusions found."""

from dataclasses import dataclass

from scipy.special import betaincinv  # not scipy.stats: loading it takes two thirds of a second of each start

from reviews.models import Review
from screening.agreement import Estimate
from screening.models import IN_REVIEW, CheckVote, Round, Verdict


@dataclass(frozen=True)
class CheckResult:
    """``wrong`` of ``checked`` records should have been included. ``rate`` has an exact interval (Clopper & Pearson
    1934, Biometrika 26:404): it never promises too little, also when no error was found, and is rather wide when
    much of what is excluded was checked. ``excluded`` is how many records are excluded at the stage now; ``expected``
    of them should be included at that rate (from, to).
    """

    drawn: int
    checked: int
    wrong: int
    rate: Estimate
    excluded: int

    @property
    def left(self) -> int:
        return self.drawn - self.checked

    @property
    def percent(self) -> tuple[float, float, float] | None:
        """The rate and its interval in percent."""
        if self.rate.value is None or self.rate.low is None or self.rate.high is None:
            return None
        return 100 * self.rate.value, 100 * self.rate.low, 100 * self.rate.high

    @property
    def expected(self) -> tuple[int, int] | None:
        if self.rate.low is None or self.rate.high is None:
            return None
        return round(self.rate.low * self.excluded), round(self.rate.high * self.excluded)


def result_of(check: Round) -> CheckResult:
    """The result so far; for who resolves or leads. Three queries."""
    answers = list(check.check_votes.values_list("included", flat=True))
    excluded = Verdict.objects.told().filter(
        IN_REVIEW, review=check.review, stage=check.stage, state=Verdict.State.EXCLUDED
    )
    return CheckResult(
        drawn=check.sample.count(),
        checked=len(answers),
        wrong=sum(answers),
        rate=error_rate(sum(answers), len(answers)),
        excluded=excluded.count(),
    )


def error_rate(wrong: int, checked: int, level: float = 0.95) -> Estimate:
    """The proportion with its Clopper-Pearson interval. R: binom.test(wrong, checked)."""
    if not checked:
        return Estimate(None)
    tail, right = (1 - level) / 2, checked - wrong
    low = float(betaincinv(wrong, right + 1, tail)) if wrong else 0.0
    high = float(betaincinv(wrong + 1, right, 1 - tail)) if right else 1.0
    rate = wrong / checked
    return Estimate(rate, (rate * (1 - rate) / checked) ** 0.5, low, high)


def sentences(review: Review) -> list[str]:
    """What the closed checks of exclusions found, for the results of a report; the first one first."""
    closed = Round.objects.filter(review=review, kind=Round.Kind.CHECK).exclude(state=Round.State.OPEN)
    return [
        said
        for check in closed.select_related("review").order_by("stage", "number")
        if (said := _said(check))
    ]


def _said(check: Round) -> str:
    found = result_of(check)
    if found.percent is None:
        return ""
    rate, low, high = found.percent
    one = found.checked == 1
    return (
        f"{check.get_stage_display()}: {found.checked:,} of the excluded records, drawn at random, "
        f"{'was' if one else 'were'} screened again by somebody who had no part in excluding "
        f"{'it' if one else 'them'}; {found.wrong:,} of {found.checked:,} should have been included (error rate "
        f"{rate:.1f}%, 95% interval {low:.1f} to {high:.1f}%)."
    )


def wrongly_excluded(check: Round):
    """The answers that say include, with their records."""
    found = CheckVote.objects.filter(IN_REVIEW, round=check, included=True)
    return found.select_related("record", "reviewer").order_by("record")
