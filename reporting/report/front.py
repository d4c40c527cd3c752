"""Title page, contents, abstract and background."""

from __future__ import annotations

from django.utils.formats import date_format
from docx.document import Document

from reporting.report.parts import prompt, section_heading
from reporting.report.readiness import unfinished
from reporting.report.source import Source
from reporting.report.wording import counted, listed, sentence
from reviews.documents import word
from reviews.documents.word import Words


def write_front(document: Document, source: Source) -> None:
    review = source.review
    word.title(document, review.title, _kind(source))
    if names := [str(one.user) for one in source.team]:
        word.paragraph(document, listed(names), style="Byline")
    for line in _facts(source):
        word.paragraph(document, line)
    if review.notice:
        word.notes(document, [review.notice])
    for warning in unfinished(source):
        word.callout(document, warning)
    word.paragraph(document, [Words("Contents", bold=True)])
    word.contents(document)
    word.section(document)
    _abstract(document, source)
    section_heading(document, "background")
    prompt(document, source, "Why this review is needed, and what is known already.")
    section_heading(document, "background.objectives")
    word.paragraph(document, sentence(review.question) or "The review question is not recorded.")


def _abstract(document: Document, source: Source) -> None:
    section_heading(document, "abstract")
    for name, text in _abstract_parts(source):
        if text:
            word.paragraph(document, [Words(f"{name}. ", bold=True), text])
    prompt(document, source, "Limitations of the evidence, interpretation, and funding, in a sentence each.")


def _abstract_parts(source: Source) -> list[tuple[str, str]]:
    review = source.review
    tools = listed([sheet.instrument.name for sheet in source.sheets])
    return [
        ("Objectives", sentence(review.question)),
        ("Eligibility criteria", eligibility_in_short(source)),
        ("Information sources", _sources(source)),
        ("Risk of bias", f"{tools}." if tools else ""),
        ("Included studies", _studies(source)),
        ("Synthesis of results", " ".join(headlines(source))),
        ("Registration", _registration(source)),
    ]


def eligibility_in_short(source: Source) -> str:
    """Population, intervention, comparator and designs in one sentence each."""
    review = source.review
    named = [
        ("Population", review.population),
        ("Intervention", review.intervention),
        ("Comparator", review.comparator),
        ("Study designs", review.study_designs),
    ]
    return " ".join(f"{name}: {sentence(text)}" for name, text in named if text.strip())


def _sources(source: Source) -> str:
    found = [
        f"{one.search} ({date_format(one.search.searched_on, 'j F Y')})"
        if one.search.searched_on
        else str(one.search)
        for one in source.searches.sources
    ]
    return f"{listed(found)}." if found else ""


def _studies(source: Source) -> str:
    counts = source.counts
    n = counts.total_studies if counts.has_previous else counts.studies
    reports = counts.total_reports if counts.has_previous else counts.reports
    people = participants_of(source)
    told = f"{counted(n, 'study', 'studies')} ({counted(reports, 'report')})"
    return f"{told}{f' with {people:,} participants' if people else ''} were included."


def participants_of(source: Source) -> int:
    """Randomised in all included studies; 0 where it is not recorded of every one of them."""
    people = [row.people for row in source.included.rows]
    known = [n for n in people if n is not None]
    return sum(known) if len(known) == len(people) else 0


def headlines(source: Source) -> list[str]:
    """What was found on each primary outcome, else on the first one, with its certainty where that is agreed."""
    primary = [each for each in source.analysed if each.plan.outcome.is_primary] or source.analysed
    seen: set[int] = set()
    said = []
    for each in primary:
        if each.plan.outcome_id not in seen:
            seen.add(each.plan.outcome_id)
            level = source.certainty.get(each.plan.pk, "")
            rated = f" Certainty of the evidence: {level.lower()}." if level else ""
            said.append(f"{each.plan.outcome.name}: {each.report.headline}{rated}")
    return said


def _registration(source: Source) -> str:
    review = source.review
    return (
        f"{' '.join(part for part in (review.registry, review.registration) if part)}."
        if review.registration
        else ""
    )


def _kind(source: Source) -> str:
    return "Systematic review and meta-analysis" if source.pools else "Systematic review"


def _facts(source: Source) -> list[str]:
    """What identifies the review: registration, protocol, how far its searches go."""
    review = source.review
    dates = [one.search.searched_on for one in source.searches.sources if one.search.searched_on]
    registration = _registration(source)
    return [
        *([f"Registration: {registration}"] if registration else []),
        f"Protocol: version {review.protocol_version}.",
        *([f"Searches up to {date_format(max(dates), 'j F Y')}."] if dates else []),
    ]
