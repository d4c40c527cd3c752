"""The printed words of the PRISMA 2020 flow diagram, and a review's own words in their place. No Django.

Official wording: Page MJ, McKenzie JE, Bossuyt PM, et al. The PRISMA 2020 statement. BMJ 2021;372:n71, figure 1 and
its templates for new and updated reviews. The box of the meta-analysis is no part of them: it is an option of the R
package PRISMA2020, whose words it has.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

#: Lists of a name and a number, whose lines have keys as `databases:MEDLINE`.
LIST_KEYS = ("databases", "registers", "reasons", "other_reasons")

_REPORTS = {
    "sought": "Reports sought for retrieval",
    "not_retrieved": "Reports not retrieved",
    "assessed": "Reports assessed for eligibility",
    "excluded_reports": "Reports excluded",
    "awaiting_classification": "Reports awaiting classification",
    "ongoing": "Reports of ongoing studies",
}
#: Printed words by key, without numbers, colons and asterisks.
LABELS: dict[str, str] = {
    "stage_identification": "Identification",
    "stage_screening": "Screening",
    "stage_included": "Included",
    "previous_header": "Previous studies",
    "previous_studies": "Studies included in previous version of review",
    "previous_reports": "Reports of studies included in previous version of review",
    "header": "Identification of studies via databases and registers",
    "identified": "Records identified from",
    "databases": "Databases",
    "registers": "Registers",
    "removed": "Records removed before screening",
    "duplicates": "Duplicate records removed",
    "automation": "Records marked as ineligible by automation tools",
    "other_removed": "Records removed for other reasons",
    "screened": "Records screened",
    "excluded": "Records excluded",
    **_REPORTS,
    "other_header": "Identification of studies via other methods",
    "other_identified": "Records identified from",
    "websites": "Websites",
    "organisations": "Organisations",
    "citations": "Citation searching",
    "other_sources": "Other sources",
    **{f"other_{key}": words for key, words in _REPORTS.items()},
    "studies": "Studies included in review",
    "reports": "Reports of included studies",
    "total_studies": "Total studies included in review",
    "total_reports": "Reports of total included studies",
    "studies_in_analysis": "Total studies included in meta-analysis",
    "reports_in_analysis": "Reports of total included studies in meta-analysis",
}
#: Where the templates for an updated review say it in other words.
UPDATED: dict[str, str] = {
    "header": "Identification of new studies via databases and registers",
    "other_header": "Identification of new studies via other methods",
    "studies": "New studies included in review",
    "reports": "Reports of new included studies",
}
LONGEST = 200
LONGEST_STAGE = 20
_HIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]|[\ud800-\udfff]")
_FORMULA = tuple("=+-@")


class LabelError(ValueError):
    """An own label that cannot be printed; the sentence says which and why. ``key`` is the label's."""

    def __init__(self, key: str, sentence: str):
        super().__init__(sentence)
        self.key = key


def official(key: str, *, updated: bool = False) -> str:
    """What the template prints for a key; a line of a list prints its own name."""
    listed, _, name = key.partition(":")
    return name if name and listed in LIST_KEYS else (UPDATED.get(key) if updated else None) or LABELS[key]


def has_label(key: str) -> bool:
    """Whether the diagram prints words for this key."""
    listed, _, name = key.partition(":")
    return key in LABELS or (listed in LIST_KEYS and bool(name))


def checked_labels(labels: Mapping[str, Any]) -> dict[str, str]:
    """Own labels as they are kept: blanks closed up, those that say what the template says left out.

    Raises LabelError for a key the diagram does not have, and for words that are not text, too long, hold invisible
    characters, or that a spreadsheet would take for a formula in the CSV.
    """
    kept = {}
    for key, words in labels.items():
        if not has_label(key):
            raise LabelError(
                key,
                f"The diagram has no label '{key[:60]}'. Labels are: {', '.join(LABELS)}, "
                "and databases:NAME, registers:NAME, reasons:NAME, other_reasons:NAME.",
            )
        if told := _checked(key, words):
            kept[key] = told
    return kept


def printable_labels(labels: Mapping[str, Any]) -> dict[str, str]:
    """Those of the labels that can be printed, for a drawing that must not fail."""
    kept: dict[str, str] = {}
    for key, words in labels.items():
        with suppress(LabelError):
            kept |= checked_labels({key: words})
    return kept


def _checked(key: str, words: Any) -> str:
    if not isinstance(words, str):
        raise LabelError(key, f"The label of '{key}' must be text.")
    text = " ".join(words.split())
    most = LONGEST_STAGE if key.startswith("stage_") else LONGEST
    if len(text) > most:
        raise LabelError(key, f"The label of '{key}' has {len(text)} characters; {most} is the most.")
    if _HIDDEN.search(text):
        raise LabelError(key, f"The label of '{key}' holds characters that cannot be printed.")
    if text.startswith(_FORMULA):
        raise LabelError(
            key,
            f"The label of '{key}' must not begin with {text[0]}: a spreadsheet would take it for a formula.",
        )
    return "" if text == official(key) else text


class Words:
    """The words of one diagram: a review's own, else those of the template."""

    def __init__(self, labels: Mapping[str, str] | None = None, *, updated: bool = False):
        self.own = dict(labels or {})
        self.updated = updated

    def __call__(self, key: str) -> str:
        return self.own.get(key) or official(key, updated=self.updated)
