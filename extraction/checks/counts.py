"""Rules about people and events."""

from __future__ import annotations

from collections.abc import Sequence
from math import log

from extraction.checks.facts import ENOUGH, Facts, Warning, centre_and_spread, warn

#: Distance, in robust spreads of the others' log odds, from which a risk stands out.
ODD_RISK = 2.5


def events_above_n(facts: Facts, others: Sequence[Facts] = ()) -> list[Warning]:
    """More people with the event than people."""
    found = []
    for arm, events, n in (("1", facts.events1, facts.n1), ("2", facts.events2, facts.n2)):
        if events is not None and n is not None and events > n:
            found.append(
                warn(
                    facts,
                    "events_above_n",
                    [f"events{arm}", f"n{arm}"],
                    f"{events:g} events among {n} people.",
                    "A person counts once, so events cannot be more than people.",
                    "Whether episodes were counted instead of people, a percentage was "
                    "typed, or the two columns were "
                    "swapped.",
                )
            )
    return found


def analysed_above_randomised(facts: Facts, others: Sequence[Facts] = ()) -> list[Warning]:
    """More people analysed than were randomised to the arm."""
    found = []
    for arm, n, randomised in (("1", facts.n1, facts.randomised1), ("2", facts.n2, facts.randomised2)):
        if n is not None and randomised is not None and n > randomised:
            found.append(
                warn(
                    facts,
                    "n_above_randomised",
                    [f"n{arm}", f"randomised{arm}"],
                    f"{n} analysed, but {randomised} randomised to this arm.",
                    "An analysis can lose people but not gain them.",
                    "Whether the arms were swapped, or the number is that of another arm or of both.",
                )
            )
    return found


def arms_not_randomised_total(facts: Facts, others: Sequence[Facts] = ()) -> list[Warning]:
    """Arms that do not add up to the number randomised; two of several arms may only fall short of it."""
    total, every = facts.total_randomised, bool(facts.arms_randomised)
    arms = facts.arms_randomised or (facts.randomised1, facts.randomised2)
    known = [n for n in arms if n is not None]
    if total is None or not known:
        return []
    complete = every and len(known) == len(arms)
    if sum(known) <= total and not (complete and sum(known) != total):
        return []
    terms = " + ".join(str(n) for n in known)
    return [
        warn(
            facts,
            "arms_not_total",
            ["total_randomised", "randomised1", "randomised2"],
            f"{terms} = {sum(known)} in the arms, but {total} randomised in all.",
            "Everybody randomised belongs to exactly one arm; a difference means that one of "
            "the numbers is another.",
            "The flow diagram: numbers screened, randomised, treated and analysed are easily mixed up.",
            [terms],
        )
    ]


def percent_as_events(facts: Facts, others: Sequence[Facts] = ()) -> list[Warning]:
    """Events that are no whole number, or that fit the other studies only when read as a percentage."""
    found = []
    for arm in "12":
        events, n = getattr(facts, f"events{arm}"), getattr(facts, f"n{arm}")
        if events is None or not n:
            continue
        if events != int(events):
            seen = f"{events:g} events: people are counted in whole numbers."
        elif not (seen := _reads_as_percent(arm, events, n, others)):
            continue
        found.append(
            warn(
                facts,
                "percent_as_events",
                [f"events{arm}", f"n{arm}"],
                seen,
                "A percentage typed as a number of people changes the risk and its weight.",
                f"Whether the source prints {events:g} as people or per cent; people = per cent × n / 100.",
            )
        )
    return found


def _reads_as_percent(arm: str, events: float, n: int, others: Sequence[Facts]) -> str:
    """Only where both readings differ: the risk is odd among the others' and the percentage is not."""
    pairs = [(getattr(other, f"events{arm}"), getattr(other, f"n{arm}")) for other in others]
    logits = [_log_odds(e, m) for e, m in pairs if e is not None and m and e <= m]
    if len(logits) < ENOUGH or not 0 < events < 100:
        return ""
    centre, spread = centre_and_spread(logits)
    far = ODD_RISK * max(spread, 0.2)
    as_count = _log_odds(min(events, n), n) if events <= n else float("inf")
    as_percent = log(events / (100 - events))
    if abs(as_count - centre) < far or abs(as_percent - centre) > far / 2:
        return ""
    return (
        f"{events:g} of {n} is {100 * events / n:.0f} %, far from the other studies, but "
        f"{events:g} % would be like them."
    )


def _log_odds(events: float, n: int) -> float:
    """ln((e + 0.5) / (n - e + 0.5)), finite for 0 and n events."""
    return log((events + 0.5) / (n - events + 0.5))


RULES = (events_above_n, analysed_above_randomised, arms_not_randomised_total, percent_as_events)
