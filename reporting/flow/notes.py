"""What stands under the flow diagram: footnotes, what was corrected by hand, what has no box; and its description.

The footnotes of the official template ask for something: * the number of records from each database or register, if
feasible; ** how many records people excluded and how many automation tools did. Ours say it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, time

from reporting.counts import ADJUSTABLE, FlowCounts, total_of
from reporting.flow.chart import DAGGER, Note, Style
from reporting.flow.labels import LABELS, LIST_KEYS, Words

SOURCE = "Template: Page MJ, et al. The PRISMA 2020 statement. BMJ 2021;372:n71. doi:10.1136/bmj.n71."
#: Numbers without a box: the sentence (of one, of more), and the words of the text alternative.
_BESIDE: dict[str, tuple[str, str]] = {
    "taken_up": (
        "Records taken up again from the version before: {n}.",
        "Records taken up again from the version before",
    ),
    "carried": (
        "Reports sought include {n} that came in at full text and were not screened here.",
        "Reports sought that came in at full text",
    ),
    "not_sought": ("Included on title and abstract, report not sought: {n}.", "Reports not sought"),
}
_OTHER_BESIDE: dict[str, tuple[str, str]] = {
    "other_taken_up": (
        "Records taken up again from the version before (other methods): {n}.",
        "Records taken up again from the version before (other methods)",
    ),
    "other_carried": (
        "Reports sought (other methods) include {n} that came in at full text and were not screened here.",
        "Reports sought that came in at full text (other methods)",
    ),
    "other_not_sought": (
        "Included on title and abstract (other methods), report not sought: {n}.",
        "Reports not sought (other methods)",
    ),
    "other_duplicates": (
        "Identified via other methods and not sought: {n} removed as duplicates.",
        "Duplicate records (other methods)",
    ),
    "other_automation": (
        "Identified via other methods and not sought: {n} marked as ineligible by automation tools.",
        "Records marked as ineligible by automation tools (other methods)",
    ),
    "other_excluded": (
        "Identified via other methods and not sought: {n} excluded on title and abstract.",
        "Records excluded (other methods)",
    ),
    "other_excluded_with_tool": (
        "Of the records excluded (other methods), {n} had a vote of an automation tool.",
        "Of these, with a vote of an automation tool",
    ),
    "other_excluded_automatically": (
        "Of the records excluded (other methods), {n} by automation tools alone.",
        "Of these, by automation tools alone",
    ),
}
_PENDING = {
    "awaiting_screening": "Records awaiting screening",
    "other_awaiting_screening": "Records awaiting screening (other methods)",
    "awaiting_full_text": "Reports awaiting full-text assessment",
    "other_awaiting_full_text": "Reports awaiting full-text assessment (other methods)",
}


def notes_of(counts: FlowCounts, style: Style, links: Mapping[str, str]) -> list[Note]:
    """The notes in the order to print."""
    return [
        *_footnotes(counts, style, links),
        *_removals(counts),
        *_adjusted(counts, style),
        *_pending(counts, links),
        *_beside(counts, links),
        *_left_out(counts, style),
        *_moment(counts),
        Note(SOURCE),
    ]


def _footnotes(counts: FlowCounts, style: Style, links: Mapping[str, str]) -> list[Note]:
    people = counts.excluded - counts.excluded_automatically
    both = counts.excluded_with_tool
    with_tool = Note(
        f"Of the records excluded, {both:,} had a vote of an automation tool.",
        "excluded_with_tool",
        links.get("excluded_with_tool", ""),
        "Of the records excluded, with a vote of an automation tool",
        both,
    )
    return [
        Note(f"* {_per_source(counts, style)}"),
        Note(
            f"** Excluded by people: {people:,}; by automation tools: {counts.excluded_automatically:,}.",
            id="excluded_automatically",
            href=links.get("excluded_automatically", "") if counts.excluded_automatically else "",
            label="Of the records excluded, by automation tools",
            n=counts.excluded_automatically,
        ),
        *([with_tool] if both else []),
    ]


def _removals(counts: FlowCounts) -> list[Note]:
    """Why records were marked as ineligible by automation tools, in the words that were written then."""
    return [
        Note(f"Marked as ineligible by automation tools, {n:,} {'record' if n == 1 else 'records'}: {words}")
        for words, n in counts.removals
    ]


def _per_source(counts: FlowCounts, style: Style) -> str:
    """Whether each source has its number, and where not, how many there were."""
    kinds = (
        ("databases", "database", style.each_database, counts.databases),
        ("registers", "register", style.each_register, counts.registers),
    )
    totals = [
        f"{len(pairs)} {many if len(pairs) != 1 else one}"
        for many, one, each, pairs in kinds
        if pairs and not each
    ]
    if totals:
        return f"Records of {' and '.join(totals)} together, before duplicates were removed."
    return "Records as each database or register gave them, before duplicates were removed."


def _adjusted(counts: FlowCounts, style: Style) -> list[Note]:
    """A note for each reason, with every number that was corrected for it."""
    words = Words(style.labels, updated=style.updated(counts))
    by_reason: dict[str, list[str]] = {}
    for key, each in counts.adjustments.items():
        sign = "+" if each.amount > 0 else "−"
        told = f"{told_of(key, words)}, {each.counted:,} counted, {sign}{abs(each.amount):,}"
        by_reason.setdefault(each.reason, []).append(told)
    return [
        Note(f"{DAGGER} Corrected by hand: {'; '.join(told)}: {reason}") for reason, told in by_reason.items()
    ]


def told_of(key: str, words: Words | None = None) -> str:
    """A number's name in a sentence: in own words where there are some, else in those that say which arm it is in."""
    words = words or Words()
    listed, _, name = key.partition(":")
    of = {"reasons": "excluded_reports", "other_reasons": "other_excluded_reports"}.get(listed, listed)
    told = words.own.get(of) or ADJUSTABLE.get(listed) or _printed(of)
    told = told[:1].upper() + told[1:]
    return f"{told}, {words(key)}" if name and listed in LIST_KEYS else told


def _printed(key: str) -> str:
    """What the template prints for a key that is no number, with its arm where both print the same."""
    words = LABELS.get(key, key.replace("_", " "))
    return (
        f"{words} (other methods)"
        if LABELS.get(key.removeprefix("other_")) == words and "other_" in key
        else words
    )


def _pending(counts: FlowCounts, links: Mapping[str, str]) -> list[Note]:
    return [
        Note(text, name, links.get(name, ""), _PENDING[name], getattr(counts, name))
        for name, text in counts.pending
    ]


def _beside(counts: FlowCounts, links: Mapping[str, str]) -> list[Note]:
    notes = []
    if extra := counts.extra_reports:
        more, fewer = "beyond one per record", "Included records without a report of their own"
        text = f"Reports sought include {extra:,} {more}." if extra > 0 else f"{fewer}: {-extra:,}."
        notes.append(Note(text, "extra_reports", "", "Reports sought beyond one per record", extra))
    for key, (text, label) in {**_BESIDE, **_OTHER_BESIDE}.items():
        if n := getattr(counts, key):
            notes.append(Note(text.format(n=f"{n:,}"), key, links.get(key, ""), label, n))
    if n := counts.excluded_before:
        text = f"Not counted: {n:,} {'record' if n == 1 else 'records'} excluded before this review."
        notes.append(
            Note(text, "excluded_before", links.get("excluded_before", ""), "Excluded before this review", n)
        )
    for key, what in (("total_studies_correction", "studies"), ("total_reports_correction", "reports")):
        if n := getattr(counts, key):
            notes.append(Note(f"{_correction(what, n)}.", key, "", _correction(what, n).split(":")[0], n))
    return notes


def _correction(what: str, n: int) -> str:
    if n < 0:
        return f"Previous {what} no longer among the total, dropped or merged since: {-n:,}"
    return f"Further {what} among the total: {n:,}"


def left_out(counts: FlowCounts, style: Style) -> list[str]:
    """What the chosen template does not show although there are numbers for it, and what it shows without any."""
    told = []
    if not style.other(counts) and counts.has_other_methods:
        told.append(
            f"Not shown: {counts.other_identified:,} records identified via other methods and "
            f"{counts.other_assessed:,} of their reports assessed."
        )
    if not style.updated(counts) and counts.has_previous:
        told.append(
            f"Not shown: {counts.previous_studies:,} studies ({counts.previous_reports:,} reports) included in the "
            "previous version of the review."
        )
    return told


def _left_out(counts: FlowCounts, style: Style) -> list[Note]:
    told = left_out(counts, style)
    if style.meta_analysis and counts.studies_in_analysis is None:
        told = [*told, "No meta-analysis has been run yet."]
    return [Note(text) for text in told]


def _moment(counts: FlowCounts) -> list[Note]:
    notes = [Note(f"Numbers as they stood {_when(counts.as_of)}.")] if counts.as_of else []
    if counts.since:
        notes.append(Note(f"Update since {counts.since}."))
    return [*notes, *(Note(text) for text in counts.doubts)]


def _when(moment: datetime) -> str:
    day = f"{moment.day} {moment:%B %Y}"
    if moment.time() >= time(23, 59, 59):
        return f"at the end of {day}"
    return f"on {day} at {moment:%H:%M} ({moment.tzname() or 'local time'})"


def description(counts: FlowCounts, style: Style) -> str:
    """The diagram in a few sentences."""
    parts: Sequence[str] = [
        f"{counts.identified:,} records identified from databases and registers, {counts.removed:,} removed before "
        f"screening, {counts.screened:,} screened, {counts.excluded:,} excluded. {counts.sought:,} reports sought, "
        f"{counts.not_retrieved:,} not retrieved, {counts.assessed:,} assessed, "
        f"{total_of(counts.reasons):,} excluded.",
        f"Other methods: {counts.other_identified:,} records identified, {counts.other_assessed:,} reports assessed."
        if style.other(counts)
        else "",
        f"{counts.studies:,} studies with {counts.reports:,} reports included.",
        f"{counts.previous_studies:,} studies with {counts.previous_reports:,} reports were included before, "
        f"{counts.total_studies:,} studies with {counts.total_reports:,} reports in total."
        if style.updated(counts)
        else "",
        f"{counts.studies_in_analysis or 0:,} studies with {counts.reports_in_analysis or 0:,} reports in the "
        "meta-analysis."
        if style.meta_analysis
        else "",
        *(
            f"{n:,} {words}."
            for n, words in (
                (
                    counts.awaiting_classification + counts.other_awaiting_classification,
                    "reports await classification",
                ),
                (counts.ongoing + counts.other_ongoing, "reports of ongoing studies"),
            )
            if n
        ),
        *(note.text for note in _adjusted(counts, style)),
        *(sentence for _, sentence in counts.pending),
    ]
    return " ".join(part for part in parts if part)
