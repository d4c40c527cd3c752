"""The numbers of a result of any kind, laid out for a page."""

from dataclasses import dataclass

from django import template

from extraction.converting import gave_of
from extraction.models import Result
from extraction.result_forms import number_text
from extraction.values import FIELDS, MEASURES, SINGLE_GROUP, sentence_case

register = template.Library()
NONE = "–"


class Cell(str):
    """A number as text; ``name`` is its field, by which its source is found."""

    __slots__ = ("name",)
    name: str

    def __new__(cls, text: str, name: str) -> "Cell":
        cell = super().__new__(cls, text)
        cell.name = name
        return cell


@dataclass(frozen=True)
class Numbers:
    """``rows``: (arm, numbers in the order of ``headings``); ``facts``: (label, text) of the whole comparison."""

    headings: list[str]
    rows: list[tuple[str, list[Cell]]]
    facts: list[tuple[str, Cell]]


@register.filter
def numbers(result: Result) -> Numbers:
    """The table of a result's numbers, as they were typed."""
    fields = FIELDS[result.kind]
    arms = {"1": result.experimental.label}
    if result.kind not in SINGLE_GROUP and result.comparator:
        arms["2"] = result.comparator.label
    headings = [sentence_case(field.label.split(",")[0]) for field in fields if field.arm == "1"]
    rows = [
        (
            label,
            [
                Cell(_short(number_text(result, field.name)) or NONE, field.name)
                for field in fields
                if field.arm == arm
            ],
        )
        for arm, label in arms.items()
    ]
    facts = [
        (_label(field.name, field.label), Cell(_text(result, field.name), field.name))
        for field in fields
        if not field.arm and not field.flag and getattr(result, field.name) not in (None, "")
    ]
    return Numbers(
        headings, rows if headings and any(set(cells) != {NONE} for _, cells in rows) else [], facts
    )


@register.filter
def arm_text(result: Result, arm: str) -> str:
    """The numbers of one arm in a few words: "8.2 (SD 4.7), n 40"; "" for an arm the kind does not have."""
    make = ARM_TEXTS.get(result.kind)
    if make is None or (arm == "2" and result.kind in SINGLE_GROUP):
        return ""
    return make.format_map(_Numbers(result, arm))


@register.filter
def whole_text(result: Result) -> str:
    """The numbers of a kind that has none per arm."""
    make = WHOLE_TEXTS.get(result.kind)
    return make.format_map(_Numbers(result, "")) if make else ""


@register.filter
def gave(one: dict) -> list[tuple[str, str]]:
    """[(label, value)] of what a conversion gave."""
    return [
        (label, f"{value:.6g}" if isinstance(value, float) else str(value)) for label, value in gave_of(one)
    ]


@register.filter
def inputs(one: dict) -> list[tuple[str, str]]:
    """[(name, value)] of what a conversion started from."""
    return [(name, ", ".join(map(str, value)) if isinstance(value, list) else str(value))
            for name, value in one.get("inputs", {}).items()]  # fmt: skip


ARM_TEXTS = {
    "means": "{mean} (SD {sd}), n {n}",
    "change": "{baseline_mean} → {mean} (SD {baseline_sd} → {sd}), n {n}",
    "events": "{events} of {n}",
    "rates": "{events} in {time}",
    "quantiles": "median {median} ({q1_} to {q3_}), n {n}",
    "proportion": "{events} of {n}",
    "correlation": "n {n}",
}
WHOLE_TEXTS = {
    "effect": "{effect_measure} {effect}, SE {effect_se}",
    "oe": "O − E {o_minus_e}, V {variance}",
    "correlation": "r {correlation}",
    "diagnostic": "TP {tp}, FP {fp}, FN {fn}, TN {tn}",
}


class _Numbers(dict):
    """{name without its arm: text}, looked up when asked for."""

    def __init__(self, result: Result, arm: str):
        super().__init__()
        self.result, self.arm = result, arm

    def __missing__(self, name: str) -> str:
        return _short(number_text(self.result, name + self.arm)) or "?"


def _short(text: str) -> str:
    """A computed number to six digits; what somebody typed as it is, unless it is as long."""
    try:
        return f"{float(text):.6g}" if len(text) > 10 else text
    except ValueError:
        return text


def _label(name: str, label: str) -> str:
    return "p" if name == "p_value" else sentence_case(label)


def _text(result: Result, name: str) -> str:
    if name == "effect_measure":
        return f"{result.effect_measure}: {MEASURES.get(result.effect_measure, '')}"
    text = _short(number_text(result, name))
    return text.replace("<", "< ")
