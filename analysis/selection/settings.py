"""The rules of a plan about its results: what they may be, how they are stored, and in words. No Django here."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

WITHOUT_WEEKS = {"keep": "Keep them", "leave_out": "Leave them out"}
WHEN = {
    "any": "As marked in extraction",
    "last": "The last",
    "first": "The first",
    "nearest": "The nearest to a number of weeks",
}
DATA = {
    "any": "As marked in extraction",
    "arm_first": "Arm data first, else an effect as reported",
    "arm_only": "Arm data only",
    "contrast_first": "Effects as reported first, else arm data",
    "contrast_only": "Effects as reported only",
}
CHANGE = {
    "any": "As marked in extraction",
    "final_first": "Final scores first, else changes",
    "final_only": "Final scores only",
    "change_only": "Changes from baseline only",
}
ADJUSTED = {
    "any": "As marked in extraction",
    "first": "Adjusted for covariates first",
    "only": "Adjusted only",
    "never": "Not adjusted only",
}
MULTI_ARM = {
    "one": "Take the comparison marked in extraction",
    "combine": "Combine arms into one comparison",
    "split": "Keep each comparison, with the people of a shared arm divided among them",
}
#: Who rated, and which people were analysed: as extraction has them.
RATERS = {"clinician": "Clinician-rated", "self_report": "Self-report"}
POPULATIONS = {
    "itt": "Intention to treat",
    "modified_itt": "Modified intention to treat",
    "per_protocol": "Per protocol",
    "available": "Available cases",
    "safety": "Safety population",
    "subgroup": "A subgroup",
}
MOST_NAMES = 50
#: {setting: its choices}; one of the keys, the first is the default.
CHOICES: dict[str, Mapping[str, str]] = {
    "without_weeks": WITHOUT_WEEKS,
    "when": WHEN,
    "data": DATA,
    "change": CHANGE,
    "adjusted": ADJUSTED,
    "multi_arm": MULTI_ARM,
}
#: {setting: its choices, or None for free names}; a list in order.
LISTS: dict[str, Mapping[str, str] | None] = {
    "experimental": None,
    "comparator": None,
    "scales": None,
    "raters": RATERS,
    "populations": POPULATIONS,
}
NUMBERS = ("weeks_from", "weeks_to", "nearest_weeks")
ONLY = {"only_scales": "scales", "only_raters": "raters", "only_populations": "populations"}


class SelectionError(ValueError):
    """A setting that is no rule; ``field`` names it, the text says what to do."""

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True)
class Selection:
    """The rules. They go in this order: arms, rater, scale, time, population, final or change, adjusted, arm data.

    What is admitted comes first (arms, weeks, ``only_``, ``_only``); of several results the one a rule puts first
    goes on; between equals the mark of extraction decides. ``experimental`` and ``comparator`` hold names of
    interventions, labels of arms or roles; empty is any. ``weeks_from`` and ``weeks_to`` count from randomisation and
    are admitted themselves.
    """

    experimental: tuple[str, ...] = ()
    comparator: tuple[str, ...] = ()
    weeks_from: float | None = None
    weeks_to: float | None = None
    without_weeks: str = "keep"
    when: str = "any"
    nearest_weeks: float | None = None
    scales: tuple[str, ...] = ()
    only_scales: bool = False
    raters: tuple[str, ...] = ()
    only_raters: bool = False
    populations: tuple[str, ...] = ()
    only_populations: bool = False
    data: str = "any"
    change: str = "any"
    adjusted: str = "any"
    multi_arm: str = "one"

    @classmethod
    def read(cls, data: Mapping[str, Any] | None) -> Selection:
        """The rules that a plan stores, checked; what is not there is at its default. Raises SelectionError."""
        if not isinstance(data, Mapping | None):
            raise SelectionError("The selection must be an object of settings, such as {“when”: “last”}.")
        given = dict(data or {})
        known = {field.name for field in fields(cls)}
        if strange := sorted(str(name) for name in given.keys() - known):
            raise SelectionError(
                f"There is no rule “{strange[0]}” to select results; the rules are {', '.join(sorted(known))}.",
                field=strange[0],
            )
        read = {
            name: _reader(name)(name, value) for name, value in given.items() if value not in (None, "", [])
        }
        found = cls(**read)
        _check(found)
        return found

    def to_dict(self) -> dict[str, Any]:
        """What a plan stores: the settings that are not at their default, ready for JSON."""
        found = {field.name: (getattr(self, field.name), field.default) for field in fields(self)}
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, (value, default) in found.items()
            if value != default
        }

    def in_words(self) -> list[str]:
        """The rules that are set, a sentence each; one sentence about the mark of extraction where none is."""
        said = [_arms(self), _times(self), *_orders(self), *_choices(self)]
        return [sentence for sentence in said if sentence] or [
            "The result marked as preferred in extraction is used."
        ]


def _check(found: Selection) -> None:
    if found.weeks_from is not None and found.weeks_to is not None and found.weeks_from > found.weeks_to:
        raise SelectionError(
            f"The weeks begin at {found.weeks_from:g}, after they end at {found.weeks_to:g}.",
            field="weeks_to",
        )
    if found.when == "nearest" and found.nearest_weeks is None:
        raise SelectionError(
            "Say to which number of weeks the result must be nearest.", field="nearest_weeks"
        )
    if found.when != "nearest" and found.nearest_weeks is not None:
        raise SelectionError(
            "A number of weeks is given to be near to, so choose “nearest” for the time.", field="when"
        )
    for name, of in ONLY.items():
        if getattr(found, name) and not getattr(found, of):
            raise SelectionError(f"Name the {of} that are the only ones admitted.", field=of)
    both = {_plain(name) for name in found.experimental} & {_plain(name) for name in found.comparator}
    if both:
        raise SelectionError(
            f"“{sorted(both)[0]}” cannot be both what is tested and what it is compared with.",
            field="comparator",
        )


def _reader(name: str) -> Callable[[str, Any], Any]:
    if name in CHOICES:
        return _choice
    if name in LISTS:
        return _names
    return _number if name in NUMBERS else _yes


def _choice(name: str, value: Any) -> str:
    return _key(name, value, CHOICES[name])


def _names(name: str, value: Any) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise SelectionError(f"{_title(name)} must be a list of names.", field=name)
    texts = [" ".join(one.split()) if isinstance(one, str) else "" for one in value]
    if not all(texts) or len(texts) > MOST_NAMES or any(len(text) > 200 for text in texts):
        raise SelectionError(
            f"{_title(name)} must be a list of at most {MOST_NAMES} names of up to 200 characters.",
            field=name,
        )
    choices = LISTS[name]
    keys = texts if choices is None else [_key(name, text, choices) for text in texts]
    once: dict[str, str] = {}
    for key in keys:
        once.setdefault(_plain(key), key)
    return tuple(once.values())


def _key(name: str, value: Any, choices: Mapping[str, str]) -> str:
    """The key of a choice given by its key, with blanks for underscores too, or by its label."""
    text = _plain(value) if isinstance(value, str) else ""
    for key, label in choices.items():
        if text in (key, key.replace("_", " "), _plain(label)):
            return key
    raise SelectionError(
        f"{_title(name)}: there is no choice “{value}”; choose one of {', '.join(choices)}.", field=name
    )


def _number(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        raise SelectionError(
            f"{_title(name)} must be a number of weeks, 0 or more, not “{value}”.", field=name
        )
    return float(value)


def _yes(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise SelectionError(f"{_title(name)} must be true or false, not “{value}”.", field=name)
    return value


def _title(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


def _arms(found: Selection) -> str:
    tested, against = _either(found.experimental), _either(found.comparator)
    if tested and against:
        return f"Only comparisons of {tested} with {against} are used."
    if tested:
        return f"Only comparisons of {tested} with anything are used."
    return f"Only comparisons with {against} are used." if against else ""


def _times(found: Selection) -> str:
    window = ""
    if found.weeks_from is not None and found.weeks_to is not None:
        window = f"from {found.weeks_from:g} to {found.weeks_to:g} weeks"
    elif found.weeks_from is not None:
        window = f"at {found.weeks_from:g} weeks or later"
    elif found.weeks_to is not None:
        window = f"at {found.weeks_to:g} weeks or earlier"
    near = f"nearest to {found.nearest_weeks:g} weeks" if found.nearest_weeks is not None else ""
    picked = {"last": "the last", "first": "the first", "nearest": f"the one {near}"}.get(found.when, "")
    missing = found.without_weeks == "leave_out"
    if not (window or picked or missing):
        return ""
    start = f"Results {window} after randomisation are used" if window else "Results at any time are used"
    ending = f", of several {picked}" if picked else ""
    left = "; those without a number of weeks are left out" if missing else ""
    return f"{start}{ending}{left}."


def _orders(found: Selection) -> list[str]:
    listed = (
        ("scale", found.scales, found.only_scales),
        ("rater", [RATERS[key].lower() for key in found.raters], found.only_raters),
        ("population", [POPULATIONS[key].lower() for key in found.populations], found.only_populations),
    )
    return [
        f"The {name} used is {', else '.join(names)}{'; no other is admitted' if only else ', else any other'}."
        for name, names, only in listed
        if names
    ]


def _choices(found: Selection) -> list[str]:
    said = {
        ("change", "final_first"): "Final scores go before changes from baseline.",
        ("change", "final_only"): "Only final scores are used.",
        ("change", "change_only"): "Only changes from baseline are used.",
        ("adjusted", "first"): "Results adjusted for covariates go first.",
        ("adjusted", "only"): "Only results adjusted for covariates are used.",
        ("adjusted", "never"): "Only results that are not adjusted are used.",
        ("data", "arm_first"): "Data of the arms go before an effect as reported.",
        ("data", "arm_only"): "Only data of the arms are used.",
        ("data", "contrast_first"): "An effect as reported goes before data of the arms.",
        ("data", "contrast_only"): "Only effects as reported are used.",
        ("multi_arm", "combine"): "The arms of a multi-arm study are combined into one comparison.",
        (
            "multi_arm",
            "split",
        ): "The comparisons of a multi-arm study stay apart; the people of a shared arm are "
        "divided among them.",
    }
    return [sentence for (name, value), sentence in said.items() if getattr(found, name) == value]


def _either(names: Sequence[str]) -> str:
    return " or ".join((", ".join(names[:-1]), names[-1])) if len(names) > 1 else "".join(names)
