"""The rules a team may stop by, and the sentences that say so. No Django here but its choices."""

from datetime import date
from typing import Any

from django.db.models import TextChoices


class Rule(TextChoices):
    """What a decision to stop rests on; the first two are forms of one test."""

    REPEATED_LOOKS = "repeated_looks", "Test of recall, corrected for repeated looks"
    PUBLISHED = "published", "Test of recall, as published"
    SAMPLE = "sample", "Random sample of what is left"
    ROW_50 = "50_in_a_row", "50 irrelevant records in a row"
    ROW_100 = "100_in_a_row", "100 irrelevant records in a row"
    ROW_200 = "200_in_a_row", "200 irrelevant records in a row"
    HALF = "half_read", "Half of the records screened"
    SAFE = "safe", "SAFE: a tenth screened, 50 irrelevant in a row"
    KNEE = "knee", "Knee of the curve of finds"
    OTHER = "other", "Another reason"

    @classmethod
    def tests(cls) -> "tuple[Rule, Rule]":
        return cls.REPEATED_LOOKS, cls.PUBLISHED


LENGTHS = {Rule.ROW_50: 50, Rule.ROW_100: 100, Rule.ROW_200: 200}
HEURISTICS = (*LENGTHS, Rule.HALF, Rule.SAFE, Rule.KNEE)
SOURCES = {
    Rule.HALF: "half of the records were screened",
    Rule.SAFE: "the stopping condition of the SAFE procedure (Boetje and van de Schoot 2024) was met",
    Rule.KNEE: "the knee rule (Cormack and Grossman 2016) was met",
}


CAUTIONS = {
    "oldest": "Records come as they were imported. If that order has to do with what they say (by date, by "
    "database, by a ranking of its own), relevant ones may lie at its end, where no test of the order can see "
    "them: a random sample of what is left can.",
    "uncertain": "Records that the model is unsure of come first, so that likely ones are left for later: in this "
    "order the test errs far more often than it says. Read another way for a while, or check with a random sample.",
}
"""What is said of the test in an order that may be worse than a lottery; it holds in the others."""


def decision_sentence(numbers: dict[str, Any], *, removed: int, on: date, why: str) -> str:
    """What a journal is told of a stop, from ``State.numbers``; ``removed`` records were left unscreened.

    It always gives the test's figures, also where the team decided by another rule or against the test.
    """
    screened, total = numbers["screened"], numbers["total"]
    share = f"{100 * screened / total:.1f} %" if total else "none"
    said = (
        f"Title and abstract screening was stopped on {on:%-d %B %Y} after {screened:,} of {total:,} records "
        f"({share}), by the decision of the team{_grounds(numbers)}; {_left(numbers, removed)}."
    )
    if why:
        said += f" The team’s reason: {why[0].upper()}{why[1:].rstrip('.')}."
    return said


def _grounds(numbers: dict[str, Any]) -> str:
    """What the decision rests on, and what the test says."""
    rule, met, test = Rule(numbers["rule"]), numbers["rule_is_met"], _test(numbers)
    if rule in Rule.tests():
        return f": {test}" if met else f" and against the stopping rule: {test}"
    if rule == Rule.SAMPLE:
        return f"{'' if met else ' and against the stopping rule'}: {_sample(numbers)}; {test}"
    if rule == Rule.OTHER:
        against = numbers["included"] and not numbers["test"]["rejected"]
        return f", although {test}" if against else f": {test}"
    return f": {_heuristic(rule, met, numbers)}; {test}"


def _test(numbers: dict[str, Any]) -> str:
    test, target = numbers["test"], f"{100 * numbers['target']:g} %"
    if not numbers["included"]:
        return "no relevant record had been found, so that nothing can be said of recall"
    verb = "was rejected" if test["rejected"] else "could not be rejected"
    corrected = "" if test["form"] == Rule.PUBLISHED else " after correction for repeated looks"
    return (
        f"the hypothesis that fewer than {target} of the relevant records had been found {verb} (hypergeometric "
        f"test of Callaghan and Müller-Hansen 2020, p {p_said(test['p'])}{corrected}, level {test['level']:g})"
    )


def _sample(numbers: dict[str, Any]) -> str:
    sample = numbers["sample"]
    if not sample or not sample["result"]:
        return "a random sample of the unscreened records had not been read to its end"
    result = sample["result"]
    none = "no relevant record" if not sample["relevant"] else _n(sample["relevant"], "relevant record")
    return (
        f"a random sample of {sample['drawn']:,} of {sample['pool']:,} unscreened records held {none}, so that at "
        f"least {percent_down(result['recall_at_least'])} of the relevant records had been found "
        f"(exact one-sided {100 * numbers['confidence']:g} % bound)"
    )


def _heuristic(rule: Rule, met: bool, numbers: dict[str, Any]) -> str:
    said = SOURCES.get(rule, f"{LENGTHS.get(rule, 0)} records in a row had been irrelevant")
    if not met:
        return f"the rule “{rule.label}” was not met"
    return f"{said}, a rule of thumb without a stated error"


def _left(numbers: dict[str, Any], removed: int) -> str:
    others = numbers["unscreened"] - removed
    among = f"the {_n(removed, 'record')} left unscreened"
    if others > 0:
        among += f" and the {others:,} still being finished" if removed else ""
    estimate = numbers["estimate"]
    if estimate is None:
        return f"the number of relevant records among {among} could not be estimated"
    expected = round(estimate["expected"])
    verb = "record remains" if expected == 1 else "records remain"
    level = f"{100 * numbers['confidence']:g} % interval " if numbers["confidence"] != 0.95 else ""
    interval = f"({level}{estimate['low']:,} to {estimate['high']:,})"
    return f"an estimated {expected:,} {interval} relevant {verb} among {among}"


def p_said(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"= {value:.3f}"


def percent_down(share: float) -> str:
    """Of a lower bound: rounded down, so that it is never said to be more than it is."""
    return f"{int(share * 1000 + 1e-9) / 10:g} %"


def _n(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
