"""The methods, from the protocol, the settings of the review and what was done."""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.db.models import Count
from django.utils.formats import date_format
from docx.document import Document

from certainty.models import Grade
from extraction.models import Extraction, ExtractionSettings, Result
from reporting import automation
from reporting.report.parts import lead, section_heading
from reporting.report.source import Source
from reporting.report.wording import counted, in_words, listed, sentence
from reviews.documents import word
from reviews.documents.word import Cell
from reviews.models import AuditEvent, Criterion, Outcome, Review
from screening.models import Round, Stage, StageSettings

#: Where a clause ends and another begins: not in brackets, nor after "et al.".
_CLAUSES = re.compile(r"(?<=\.) (?=[A-Z])|; (?![^()]*\))")
AGREEMENT = {
    StageSettings.Agreement.ALL: "All votes had to agree.",
    StageSettings.Agreement.MAJORITY: "The majority of votes decided.",
    StageSettings.Agreement.ANY_INCLUDE: "One vote to include was enough to take a record further.",
}
MODES = {
    ExtractionSettings.Mode.SINGLE: "Data were extracted by one person.",
    ExtractionSettings.Mode.VERIFY: "Data were extracted by one person and verified by a second.",
    ExtractionSettings.Mode.DUAL: "Two people extracted data independently and then agreed on each value.",
}


def write_methods(document: Document, source: Source) -> None:
    section_heading(document, "methods")
    section_heading(document, "methods.protocol")
    _protocol(document, source)
    section_heading(document, "methods.eligibility")
    _eligibility(document, source)
    section_heading(document, "methods.outcomes")
    _outcomes(document, source)
    section_heading(document, "methods.searches")
    _searches(document, source)
    section_heading(document, "methods.selection")
    word.paragraph(document, " ".join(selection_sentences(source)))
    section_heading(document, "methods.collection")
    word.paragraph(document, " ".join(_collection(source)))
    section_heading(document, "methods.risk")
    _risk(document, source)
    section_heading(document, "methods.synthesis")
    _synthesis(document, source)
    section_heading(document, "methods.certainty")
    word.paragraph(document, " ".join(_certainty(source)))


def _protocol(document: Document, source: Source) -> None:
    review = source.review
    where = " ".join(part for part in (review.registry, review.registration) if part)
    said = f"The review was registered ({where})." if review.registration else "No registration is recorded."
    pieces: list = [said]
    if review.protocol_url:
        pieces += [" Protocol: ", word.Words(review.protocol_url, href=review.protocol_url), "."]
    word.paragraph(document, pieces)
    if source.amendments:
        word.paragraph(document, f"The protocol was amended {_times(len(source.amendments))}:")
        word.bullets(document, [_amendment(event) for event in source.amendments])
    else:
        word.paragraph(
            document,
            "No amendment is recorded.",
        )


def _amendment(event: AuditEvent) -> str:
    why = sentence(event.detail.get("why", ""))
    said = event.sentence if event.sentence.endswith(".") else f"{event.sentence}."
    return f"{date_format(event.at, 'j F Y')}: {event.actor_name} {said} {why}".strip()


def _times(n: int) -> str:
    return {1: "once", 2: "twice"}.get(n, f"{in_words(n)} times")


def _eligibility(document: Document, source: Source) -> None:
    review = source.review
    said = {
        Criterion.Element.POPULATION: review.population,
        Criterion.Element.INTERVENTION: review.intervention,
        Criterion.Element.COMPARATOR: review.comparator,
        Criterion.Element.DESIGN: review.study_designs,
    }
    rows = []
    for element in Criterion.Element:
        own = [one for one in source.criteria if one.element == element]
        cells = [
            "\n".join(one.text for one in own if one.kind == kind)
            for kind in (Criterion.Kind.INCLUDE, Criterion.Kind.EXCLUDE)
        ]
        if said.get(element) or own:
            rows.append([element.label, said.get(element, ""), *cells])
    if rows:
        header = ["Element", "In the question", "Included if", "Excluded if"]
        word.table(document, header, rows, widths=[2, 4, 4, 4], caption="Eligibility criteria")
    else:
        word.paragraph(document, "No eligibility criteria are recorded.")


def _outcomes(document: Document, source: Source) -> None:
    rows = [
        [
            one.name,
            "Primary" if one.is_primary else "Secondary",
            "\n".join(part for part in (one.domain, one.scale) if part),
            "; ".join(part for part in (one.time_point, *one.time_points) if part),
            _importance(one),
        ]
        for one in source.outcomes
    ]
    if rows:
        header = [
            "Outcome",
            "Rank",
            "Domain and scale",
            "Time points",
            "Direction, smallest important difference",
        ]
        word.table(document, header, rows, widths=[3, 2, 4, 3, 3], caption="Planned outcomes")
    else:
        word.paragraph(document, "No outcomes are recorded.")


def _importance(outcome: Outcome) -> str:
    mid = outcome.minimal_important_difference
    unit = f" {outcome.unit}" if outcome.unit else ""
    return outcome.get_direction_display() + ("" if mid is None else f"\n{mid:g}{unit}")


def _searches(document: Document, source: Source) -> None:
    rows: list[list[str | Cell]] = [
        [
            str(one.search),
            one.search.get_source_type_display(),
            date_format(one.search.searched_on, "j F Y") if one.search.searched_on else "Not recorded",
            f"{one.imported:,}",
            f"{one.left:,}",
        ]
        for one in source.searches.sources
    ]
    if not rows:
        word.paragraph(document, "No search is recorded.")
        return
    total = ["Total", "", "", f"{source.searches.imported:,}", f"{source.searches.left:,}"]
    rows.append([Cell(text, bold=True) for text in total])
    header = ["Source", "Kind", "Date of search", "Records", "After duplicates"]
    align = ["", "", "", "right", "right"]
    word.table(document, header, rows, widths=[5, 3, 3, 2, 2], caption="Information sources", align=align)
    word.paragraph(
        document,
        "The full strategies and the sixteen items of PRISMA-S are in Appendix 1. "
        + source.searches.deduplication,
    )
    report = source.searches.report
    for name, text in (
        ("Contacts", report.contacts),
        ("Other methods", report.other_methods),
        ("Prior work", report.prior_work),
        ("Updates", report.updates),
        ("Peer review", report.peer_review),
    ):
        if text.strip():
            word.paragraph(document, lead(name, sentence(text)))


def selection_sentences(source: Source) -> Iterator[str]:
    """How records and reports were selected, stage by stage."""
    review = source.review
    for stage, quorum, what in (
        (Stage.TITLE_ABSTRACT, review.quorum_title_abstract, "Titles and abstracts"),
        (Stage.FULL_TEXT, review.quorum_full_text, "Full texts"),
    ):
        yield from _stage(review, source.settings(stage), quorum, what)
    pilots = Round.objects.filter(review=review, kind=Round.Kind.PILOT, discussed_at__isnull=False).count()
    if pilots:
        yield f"Before, the reviewers calibrated on {counted(pilots, 'pilot')} of records that all of them screened."
    if review.maybe_rule == Review.MaybeRule.INCLUDE:
        yield "Where a reviewer was not sure from title and abstract, the full text was read."
    yield from automation.methods(review)


def _stage(review: Review, settings: StageSettings, quorum: int, what: str) -> Iterator[str]:
    if quorum == 1:
        yield f"{what} were screened by one reviewer each."
        return
    yield f"{what} were screened by {in_words(quorum)} reviewers, who did not see each other's decisions."
    yield AGREEMENT[StageSettings.Agreement(settings.agreement)]
    who = "a third person" if settings.third_person else "discussion"
    hidden = (
        ", to whom the reviewers' names were not shown"
        if settings.third_person and settings.names_hidden
        else ""
    )
    yield f"Disagreements were resolved by {who}{hidden}."


def _collection(source: Source) -> Iterator[str]:
    settings = ExtractionSettings.objects.filter(review=source.review).first()
    mode = ExtractionSettings.Mode(settings.mode if settings else ExtractionSettings.Mode.VERIFY)
    yield MODES[mode]
    results = Result.objects.current().filter(review=source.review)
    n, verified = results.count(), results.exclude(verified_by=None).count()
    if n and mode == ExtractionSettings.Mode.VERIFY:
        yield f"Of {counted(n, 'result')}, {verified:,} {'is' if verified == 1 else 'are'} verified."
    forms = Extraction.objects.consensus().filter(review=source.review, form_version__isnull=False)
    names = forms.order_by("form_version__form__name").values_list("form_version__form__name", flat=True)
    if used := list(names.distinct()):
        yield f"Forms: {listed(used)}; every version of them is kept."


def _risk(document: Document, source: Source) -> None:
    if not source.sheets:
        word.paragraph(document, "No assessment of risk of bias is agreed yet.")
    for sheet in source.sheets:
        tool = sheet.instrument
        pairs, all_of_them = source.assessed_twice(tool.key), len(sheet.rows)
        domains = listed([domain.label.lower() for domain in tool.domains])
        who = (
            "Two people assessed independently and then agreed."
            if pairs == all_of_them
            else f"Of {counted(all_of_them, 'agreed assessment')}, {pairs:,} rest on two independent ones."
        )
        word.paragraph(document, lead(tool.name, f"{who} Domains: {domains}. {sentence(tool.reference)}"))


def _synthesis(document: Document, source: Source) -> None:
    if not source.analysed:
        word.paragraph(document, "No analysis has a result yet.")
        return
    first, *others = source.analysed
    word.paragraph(document, lead(first.plan.name, first.report.methods))
    for each in others:
        text = as_before(first.plan.name, first.report.methods, each.report.methods)
        word.paragraph(document, lead(each.plan.name, text))
    if later := [each.plan.name for each in source.analysed if not each.plan.prespecified]:
        word.paragraph(document, f"Not prespecified in the protocol: {listed(later)}.")


def as_before(name: str, first: str, this: str) -> str:
    """What the second paragraph says otherwise than the first; all of it where that is not much longer."""
    before, now = _clauses(first), _clauses(this)
    gone = [one for one in before if one not in now]
    new = [one for one in now if one not in before]
    parts = [f"As “{name}”." if not (new or gone) else f"As “{name}”, except for what follows."]
    parts += [f"Here: {' '.join(map(sentence, new))}"] if new else []
    parts += [f"Instead of: {' '.join(map(sentence, gone))}"] if gone else []
    told = " ".join(parts)
    return told if len(told) < 0.8 * len(this) else this


def _clauses(text: str) -> list[str]:
    """The clauses of a paragraph, without what it says of the protocol, which is told of all analyses together."""
    return [clause.rstrip(".") for clause in _CLAUSES.split(text) if clause and "prespecified" not in clause]


def _certainty(source: Source) -> Iterator[str]:
    rated = [row.finding for table in source.summaries for row in table.rows if row.level]
    if not rated:
        yield "The certainty of the evidence is not rated yet."
        return
    yield (
        "The certainty of the evidence was rated with GRADE for each finding: risk of bias, inconsistency, "
        "indirectness, imprecision and publication bias may lower it; a large effect, a dose-response gradient and "
        "plausible confounding may raise it."
    )
    grades = Grade.objects.individual().complete().filter(finding__in=rated)
    raters = dict(grades.order_by().values_list("finding").annotate(n=Count("rater", distinct=True)))
    if all(raters.get(finding, 0) > 1 for finding in rated):
        yield "Two people or more rated each finding independently and then agreed."
