"""Discussion, other information, references and appendices."""

from __future__ import annotations

from docx.document import Document

from appraisal.models import Assessment, Judgement
from reporting.characteristics import EXCLUDED, INCLUDED, Row, Table
from reporting.report.parts import lead, of_reference, prompt, section_heading
from reporting.report.source import Source
from reporting.report.wording import listed
from reviews.documents import word
from reviews.documents.word import Words, group_row


def write_ending(document: Document, source: Source) -> None:
    section_heading(document, "discussion")
    prompt(
        document,
        source,
        "Interpretation in the context of other evidence, limitations of the evidence and the review, implications.",
    )
    if not source.prompts:
        word.paragraph(document, "The authors' discussion is not kept in the application.")
    _other(document, source)
    _references(document, source)
    _searches(document, source)
    _excluded(document, source)
    _set_aside(document, source)
    _judgements(document, source)
    _answers(document, source)


def _other(document: Document, source: Source) -> None:
    section_heading(document, "other")
    section_heading(document, "other.contributions")
    rows = [[str(one.user), one.get_role_display()] for one in source.team]
    word.table(document, ["Name", "Part in the review"], rows, widths=[3, 4], caption="Review team")
    section_heading(document, "other.support")
    prompt(document, source, "Sources of financial and other support, and the role of the funders.")
    section_heading(document, "other.interests")
    prompt(document, source, "Competing interests of the authors.")
    section_heading(document, "other.data")
    word.paragraph(document, " ".join(_data(source)))


def _data(source: Source) -> list[str]:
    said = [
        "Records, decisions with their reasons, extracted data, risk of bias assessments and analyses can be "
        "exported from the review as tables."
    ]
    engines = sorted({each.standing.run.engine_version for each in source.analysed if each.standing.run})
    if engines:
        said.append(
            f"Analyses were computed by {listed(engines)}; each run can be computed again in R and Python."
        )
    return said


def _references(document: Document, source: Source) -> None:
    section_heading(document, "references")
    for key, table in source.tables.items():
        if table.rows:
            section_heading(document, f"references.{key}")
            for row in table.rows:
                _cited(document, table, row)
    methods = sorted({text for each in source.analysed for text in each.report.references})
    methods = sorted(
        {*methods, *(sheet.instrument.reference for sheet in source.sheets if sheet.instrument.reference)}
    )
    if methods:
        section_heading(document, "references.methods")
        for text in methods:
            word.paragraph(document, text, style="Reference")


def _cited(document: Document, table: Table, row: Row) -> None:
    """Under the study's name where a study may have several reports."""
    if table.key != EXCLUDED:
        added = word.paragraph(document, [Words(row.label, bold=True)], style="Reference")
        added.paragraph_format.keep_with_next = True
    for reference in row.references:
        word.paragraph(document, of_reference(reference), style="Reference")
    if table.key == INCLUDED and row.marks:
        word.notes(document, row.marks)


def _searches(document: Document, source: Source) -> None:
    section_heading(document, "searches")
    for one in source.searches.sources:
        word.heading(document, str(one.search), 3)
        for name, value in one.facts:
            word.paragraph(document, lead(name, value), style="Note")
        if one.difference:
            word.paragraph(document, lead("Difference", one.difference), style="Note")
        for name, text in one.texts:
            word.paragraph(document, [Words(name, bold=True)])
            word.paragraph(document, text, style="Code")
    rows = [[str(item.number), item.name, item.said] for item in source.searches.items]
    word.table(
        document, ["Item", "Topic", "What the review says"], rows, widths=[1, 3, 8], caption="PRISMA-S"
    )


def _excluded(document: Document, source: Source) -> None:
    section_heading(document, "excluded")
    table = source.excluded
    if not table.rows:
        word.paragraph(document, "No report was excluded in full text.")
        return
    rows = [[row.label, *row.cells] for row in table.rows]
    word.table(document, table.header, rows, widths=[2.5, 6, 3.5], caption=table.title)


def _set_aside(document: Document, source: Source) -> None:
    section_heading(document, "aside")
    if not source.set_aside:
        word.paragraph(document, "No study awaits classification, and none is known to be ongoing.")
    for table in source.set_aside:
        rows = [[row.label, *(cell or "–" for cell in row.cells)] for row in table.rows]
        word.table(document, table.header, rows, widths=[2, 5, 2.5, 2, 4], caption=table.title)


def _judgements(document: Document, source: Source) -> None:
    section_heading(document, "judgements")
    if not source.sheets:
        word.paragraph(document, "No assessment of risk of bias is agreed yet.")
    for sheet in source.sheets:
        tool = sheet.instrument
        agreed = Assessment.objects.in_bulk([row.assessment_id for row in sheet.rows])
        found: dict[int, list[Judgement]] = {}
        for judgement in Judgement.objects.filter(assessment__in=agreed).order_by("pk"):
            found.setdefault(judgement.assessment_id, []).append(judgement)
        order = [domain.key for domain in tool.domains]
        rows: list = []
        for row in sheet.rows:
            rows.append(group_row(row.label, 3))
            own = {one.domain: one for one in found.get(row.assessment_id, [])}
            for key in [*order, Judgement.OVERALL]:
                if one := own.get(key):
                    rows.append([_domain(tool, key), _level(tool, one), _support(one)])
        header = ["Domain", "Judgement", "Support"]
        word.table(document, header, rows, widths=[3, 2, 7], caption=f"Judgements with {tool.name}")


def _domain(tool, key: str) -> str:
    return "Overall" if key == Judgement.OVERALL else tool.domain(key).label


def _level(tool, judgement: Judgement) -> str:
    levels = tool.overall_choices if judgement.domain == Judgement.OVERALL else tool.levels
    return {level.key: level.label for level in levels}.get(judgement.value, judgement.value)


def _support(judgement: Judgement) -> str:
    quote = f"“{judgement.quote}”" if judgement.quote else ""
    page = f"(page {judgement.page})" if judgement.page else ""
    reason = (
        f"Departs from the tool's proposal: {judgement.override_reason}" if judgement.override_reason else ""
    )
    return " ".join(part for part in (judgement.support, quote, page, reason) if part) or "–"


def _answers(document: Document, source: Source) -> None:
    rows: list = []
    for row in source.included.rows:
        if row.told:
            rows.append(group_row(row.label, 3))
            rows += [[each.section, each.label, each.words] for each in row.told]
    section_heading(document, "answers")
    if not rows:
        word.paragraph(document, "No extraction form is filled in.")
        return
    word.table(
        document,
        ["Section", "Item", "Answer"],
        rows,
        widths=[2.5, 3.5, 7],
        caption="Answers of the extraction forms",
    )
