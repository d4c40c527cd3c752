"""The rules that tie the numbers of a flow diagram to each other, and which of them are broken. No Django.

They follow from the boxes of PRISMA 2020. No number is forced: where a record was no report, or a report no record,
``extra_reports`` says so; where earlier studies were dropped, ``total_studies_correction`` does. Records found by
other methods need not all be sought, so there the rule is an upper bound, unless all that stopped is counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from reporting.counts import FlowCounts

Part = tuple[str, int]
#: The numbers that are lists of a name and a number.
LISTS = ("databases", "registers", "reasons", "other_reasons")
#: Corrections, which may be below zero.
SIGNED = ("extra_reports", "total_studies_correction", "total_reports_correction")


class Check(NamedTuple):
    """One rule: the key of the box it is about, the rule in words, whether it holds, and what is wrong if not."""

    box: str
    words: str
    ok: bool
    sentence: str


def balance_of(counts: FlowCounts) -> list[Check]:
    """All rules in the order of the boxes; those about an arm that is empty are left out."""
    other = counts.has_other_methods or counts.other_carried
    return [
        *_not_negative(counts),
        _screened(counts),
        _parts(counts, "excluded", "records excluded"),
        _sought(counts),
        _assessed(counts),
        *([_other_sought(counts), _other_parts(counts), _other_assessed(counts)] if other else []),
        _included(counts),
        *_studies(counts),
    ]


def _not_negative(counts: FlowCounts) -> list[Check]:
    words = "No number is negative"
    found = []
    for field in fields(counts):
        value = getattr(counts, field.name)
        if field.name in LISTS:
            pairs = list(value)
        elif isinstance(value, int) and field.name not in SIGNED:
            pairs = [(field.name.replace("_", " ").capitalize(), value)]
        else:
            continue
        found += [
            Check(field.name, words, False, f"{name} must not be negative ({n}).")
            for name, n in pairs
            if n < 0
        ]
    return found or [Check("", words, True, "")]


def _screened(counts: FlowCounts) -> Check:
    return _equal(
        "screened",
        ("records screened", counts.screened),
        [
            ("records identified from databases and registers", counts.identified),
            ("records taken up again from the version before", counts.taken_up),
        ],
        [
            ("records removed before screening", counts.removed),
            ("records awaiting screening", counts.awaiting_screening),
        ],
    )


def _sought(counts: FlowCounts) -> Check:
    return _equal(
        "sought",
        ("reports sought for retrieval", counts.sought),
        [
            ("records screened", counts.screened),
            ("reports beyond one per record", max(counts.extra_reports, 0)),
            ("reports that came in at full text", counts.carried),
        ],
        [
            ("records excluded", counts.excluded),
            ("reports not sought", counts.not_sought),
            ("records without a report of their own", max(-counts.extra_reports, 0)),
        ],
    )


def _assessed(counts: FlowCounts) -> Check:
    return _equal(
        "assessed",
        ("reports assessed for eligibility", counts.assessed),
        [("reports sought for retrieval", counts.sought)],
        [
            ("reports not retrieved", counts.not_retrieved),
            ("reports awaiting full-text assessment", counts.awaiting_full_text),
        ],
    )


def _other_sought(counts: FlowCounts) -> Check:
    """An equality once anything that stopped is counted, else an upper bound: hits need not be sought."""
    sought = counts.other_sought - counts.other_carried
    found = counts.other_identified + counts.other_taken_up
    stopped = counts.other_duplicates + counts.other_excluded + counts.other_awaiting_screening
    stopped += counts.other_not_sought + counts.other_automation
    again = f" plus taken up again ({counts.other_taken_up})" if counts.other_taken_up else ""
    tools = f"removed by automation tools ({counts.other_automation}), " if counts.other_automation else ""
    ok, sentence = True, ""
    if stopped and sought != found - stopped:
        ok = False
        sentence = (
            f"Reports sought for retrieval (other methods) ({sought}) should be {found - stopped}: records "
            f"identified from other methods ({counts.other_identified}){again} minus duplicates "
            f"({counts.other_duplicates}), "
            f"{tools}excluded ({counts.other_excluded}) and awaiting screening ({counts.other_awaiting_screening})"
            + (f", and reports not sought ({counts.other_not_sought})." if counts.other_not_sought else ".")
        )
    elif not stopped and sought > found:
        ok = False
        sentence = (
            f"Reports sought for retrieval (other methods) ({sought}) cannot be more than records identified from "
            f"other methods ({counts.other_identified}){again}."
        )
    sign = "=" if stopped else "≤"
    less = " − those that went no further" if stopped else ""
    words = f"Reports sought for retrieval (other methods) {sign} records identified from other methods{less}"
    return Check("other_sought", words, ok, sentence)


def _other_parts(counts: FlowCounts) -> Check:
    return _parts(counts, "other_excluded", "records excluded (other methods)")


def _other_assessed(counts: FlowCounts) -> Check:
    return _equal(
        "other_assessed",
        ("reports assessed for eligibility (other methods)", counts.other_assessed),
        [("reports sought for retrieval (other methods)", counts.other_sought)],
        [
            ("reports not retrieved (other methods)", counts.other_not_retrieved),
            ("reports awaiting full-text assessment (other methods)", counts.other_awaiting_full_text),
        ],
    )


def _included(counts: FlowCounts) -> Check:
    return _equal(
        "reports",
        ("reports of included studies", counts.reports),
        [
            ("reports assessed for eligibility", counts.assessed),
            ("reports assessed for eligibility (other methods)", counts.other_assessed),
        ],
        [
            ("reports excluded", _sum(counts.reasons)),
            ("reports excluded (other methods)", _sum(counts.other_reasons)),
            ("reports awaiting classification", counts.awaiting_classification),
            ("reports of ongoing studies", counts.ongoing),
            ("reports awaiting classification (other methods)", counts.other_awaiting_classification),
            ("reports of ongoing studies (other methods)", counts.other_ongoing),
        ],
    )


def _studies(counts: FlowCounts) -> list[Check]:
    """Studies never outnumber their reports, in no box."""
    previous = ("studies included in the previous version", counts.previous_studies)
    total = ("total studies included in review", counts.total_studies)
    belong = counts.total_studies > 0 or not counts.reports
    checks = [
        _at_most("studies", ("studies included in review", counts.studies), _new_reports(counts)),
        Check(
            "studies",
            "Reports of included studies belong to a study",
            belong,
            ""
            if belong
            else f"Reports of included studies ({counts.reports}) belong to no study included in review (0).",
        ),
    ]
    if counts.has_previous:
        checks = [
            _at_most("previous_studies", previous, ("their reports", counts.previous_reports)),
            *checks,
            _total("studies", counts.total_studies_correction),
            _total("reports", counts.total_reports_correction),
            _at_most("total_studies", total, ("their reports", counts.total_reports)),
        ]
    return checks + _pooled(counts)


def _total(what: str, correction: int) -> Check:
    """Holds by its making: what was dropped or merged since the version before is said, never forced."""
    said = f" − {-correction} dropped or merged since" if correction < 0 else ""
    said = f" + {correction} by correction" if correction > 0 else said
    return Check(f"total_{what}", f"Total {what} = {what} included before + new {what}{said}", True, "")


def _pooled(counts: FlowCounts) -> list[Check]:
    studies, reports = counts.studies_in_analysis, counts.reports_in_analysis
    if studies is None or reports is None:
        return []
    return [
        _at_most(
            "studies_in_analysis",
            ("studies included in meta-analysis", studies),
            ("total studies included in review", counts.total_studies),
        ),
        _at_most(
            "reports_in_analysis",
            ("reports of studies included in meta-analysis", reports),
            ("reports of total included studies", counts.total_reports),
        ),
    ]


def _new_reports(counts: FlowCounts) -> Part:
    return "reports of included studies", counts.reports


def _parts(counts: FlowCounts, box: str, words: str) -> Check:
    """Those that no person judged are some of those that are excluded."""
    part = words.replace("excluded", "excluded by automation tools")
    return _at_most(box, (part, getattr(counts, f"{box}_automatically")), (words, getattr(counts, box)))


def _at_most(box: str, part: Part, whole: Part) -> Check:
    (name, n), (of, most) = part, whole
    sentence = "" if n <= most else f"{name.capitalize()} ({n}) cannot be more than {of} ({most})."
    return Check(box, f"{name.capitalize()} ≤ {of}", n <= most, sentence)


def _equal(box: str, left: Part, plus: Sequence[Part], minus: Sequence[Part]) -> Check:
    """The box is the sum of ``plus`` without ``minus``; parts that are 0 are not mentioned."""
    name, n = left
    right = _sum(plus) - _sum(minus)
    added = [(part, m) for part, m in plus if m or part == plus[0][0]]
    taken = [(part, m) for part, m in minus if m]
    sum_of = " plus ".join(f"{part} ({m})" for part, m in added)
    sum_of += "".join(f" minus {part} ({m})" for part, m in taken)
    words = " + ".join(part for part, _ in added) + "".join(f" − {part}" for part, _ in taken)
    sentence = "" if n == right else f"{name.capitalize()} ({n}) should be {right}: {sum_of}."
    return Check(box, f"{name.capitalize()} = {words}", n == right, sentence)


def _sum(pairs: Sequence[Part]) -> int:
    return sum(n for _, n in pairs)
