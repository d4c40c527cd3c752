"""Decisions that were taken before the import, found in what Rayyan, ASReview, Covidence and others write.

    find({"N1": ['RAYYAN-INCLUSION: {"Ana"=>"Included"}']})
    [{"by": "Ana", "decision": "include", "reason": "", "stage": ""}]

Nothing here decides anything: whoever imports chooses whether earlier decisions count.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from .text import clean

Decision = dict[str, str]

_WORDS = {
    "include": "include", "included": "include", "yes": "include", "y": "include", "1": "include",
    "1.0": "include", "true": "include", "relevant": "include", "in": "include", "accept": "include",
    "accepted": "include", "keep": "include", "selected": "include", "retain": "include", "retained": "include",
    "eligible": "include",
    "exclude": "exclude", "excluded": "exclude", "no": "exclude", "n": "exclude", "0": "exclude",
    "0.0": "exclude", "false": "exclude", "irrelevant": "exclude", "not relevant": "exclude", "out": "exclude",
    "reject": "exclude", "rejected": "exclude", "discard": "exclude", "not included": "exclude",
    "ineligible": "exclude", "not eligible": "exclude",
    "maybe": "maybe", "unclear": "maybe", "unsure": "maybe", "uncertain": "maybe", "undecided": "maybe",
}  # fmt: skip
_OPPOSITE = {"include": "exclude", "exclude": "include", "maybe": "maybe"}
_FULL_TEXT = re.compile(r"full[ _-]?text|\bft\b|^ft", re.IGNORECASE)
_TITLES = re.compile(r"title|abstract|\bti ?ab\b|^tiab", re.IGNORECASE)

_RAYYAN = re.compile(
    r"RAYYAN-INCLUSION:\s*(?P<votes>\{.*?\}|[A-Za-z]+)(?=\s*(?:\||$|\n|RAYYAN-|USER-NOTES))", re.DOTALL
)
_RAYYAN_VOTE = re.compile(r'"(?P<by>(?:[^"\\]|\\.)*)"\s*(?:=>|:)\s*"(?P<word>[^"]*)"')
_RAYYAN_REASONS = re.compile(r"RAYYAN-EXCLUSION-REASONS:\s*(?P<reasons>[^|\n]*)")
_ASREVIEW = re.compile(r"\bASReview_(?P<word>relevant|irrelevant|not_seen|prior)\b", re.IGNORECASE)
_COVIDENCE = re.compile(
    r"^Exclusion reason:\s*(?P<reason>.*?)\s*(?:;|$)(?=\s*(?:$|\n|[^;()]{1,80}\(\d{4}-\d\d-\d\d))",
    re.MULTILINE,
)
_STATUSES = (
    (re.compile(r"^(?:included|include|extraction|data extraction)$", re.IGNORECASE), "include", "full text"),
    (re.compile(r"^(?:excluded|full text excluded)$", re.IGNORECASE), "exclude", "full text"),
    (re.compile(r"^(?:full text review|full text screening|select|selected)$", re.IGNORECASE), "include",
     "title and abstract"),
    (re.compile(r"^(?:irrelevant|title and abstract excluded)$", re.IGNORECASE), "exclude", "title and abstract"),
)  # fmt: skip
# Keys of `extra` that hold one decision each, as programs and people name them (compared without marks).
_COLUMNS = {
    "included", "include", "finalincluded", "labelincluded", "asreviewlabel", "decision", "finaldecision",
    "screeningdecision", "inclusion", "inclusiondecision", "abstractdecision", "titleabstractdecision",
    "ftdecision", "fulltextdecision", "exclude", "excluded",
}  # fmt: skip


def find(fields: Mapping[str, Iterable[str]], keywords: Iterable[str] = ()) -> list[Decision]:
    """Decisions in a record's unknown fields and keywords, in the order they are found, without repeats."""
    found: list[Decision] = []
    texts = [text for values in fields.values() for text in values]
    for text in [*texts, *keywords]:
        if "RAYYAN-" in text:
            found += _rayyan(text)
        if "xclusion reason:" in text:
            found += _covidence(text)
        word = _ASREVIEW.search(text) if "sreview_" in text.casefold() else None
        if word and word["word"].casefold() in ("relevant", "irrelevant"):
            found.append(
                _decision("include" if word["word"].casefold() == "relevant" else "exclude", by="ASReview")
            )
    return _unique(found)


def from_column(heading: str, value: str, reason: str = "") -> list[Decision]:
    """The decision in a cell that its heading (or a person) calls one; [] when the cell holds none.

    A column named "exclude" says the opposite of one named "include": 1 there means excluded.
    """
    plain = clean(value).strip(" .").casefold()
    key = re.sub(r"[\W_]+", "", heading.casefold())
    stage = (
        "full text" if _FULL_TEXT.search(heading) else "title and abstract" if _TITLES.search(heading) else ""
    )
    for pattern, decision, at in _STATUSES if "status" in key else ():
        if pattern.match(plain):
            at = at if key == "studystatus" else stage  # Covidence's words have their stages
            return [_decision(decision, reason if decision == "exclude" else "", at)]
    decision = _WORDS.get(plain, "")
    if not decision:
        return []
    if key in {"exclude", "excluded"} and plain not in {
        "exclude",
        "excluded",
        "include",
        "included",
        "maybe",
    }:
        decision = _OPPOSITE[decision]
    return [_decision(decision, clean(reason) if decision == "exclude" else "", stage)]


def tells(tag: str, text: str) -> bool:
    """Whether a keyword (``tag`` is blank) or the text of an unknown tag tells a decision."""
    marked = "RAYYAN-" in text or "asreview_" in text.casefold()
    return marked or bool(find({tag: [text]}) or (tag and from_column(tag, text)))


def _rayyan(text: str) -> list[Decision]:
    votes = _RAYYAN.search(text)
    if not votes:
        return []
    reasons = _RAYYAN_REASONS.search(text)
    reason = ", ".join(r.strip() for r in reasons["reasons"].split(",") if r.strip()) if reasons else ""
    pairs = [(vote["by"].replace('\\"', '"'), vote["word"]) for vote in _RAYYAN_VOTE.finditer(votes["votes"])]
    found = []
    for by, word in pairs or [("", votes["votes"])]:
        decision = _WORDS.get(word.strip().casefold(), "")
        if decision:
            found.append(_decision(decision, reason if decision == "exclude" else "", by=clean(by)))
    return found


def _covidence(text: str) -> list[Decision]:
    """Covidence writes "Exclusion reason: Wrong study design; " into the notes of what was excluded at full text."""
    return [
        _decision("exclude", clean(match["reason"]), "full text")
        for match in _COVIDENCE.finditer(text)
        if match["reason"]
    ][:1]


def _decision(decision: str, reason: str = "", stage: str = "", *, by: str = "") -> Decision:
    return {"by": by, "decision": decision, "reason": reason, "stage": stage}


def _unique(found: list[Decision]) -> list[Decision]:
    kept: list[Decision] = []
    for decision in found:
        if decision not in kept:
            kept.append(decision)
    return kept
