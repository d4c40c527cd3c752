"""The results: selection, studies, risk of bias, effects and the summary of findings."""

from __future__ import annotations

from collections.abc import Sequence

from docx.document import Document

from analysis.drawn import NotDrawn, draw, figures_of
from analysis.report.rows import FitRow
from appraisal.downloads import pages_of, plot_of, sheet_table
from appraisal.sheet import Sheet
from certainty.documents import add_to
from reporting.diagram import diagram
from reporting.report.parts import HALF, WIDE, lead, named_lines, prompt, section_heading, study_label
from reporting.report.source import Analysed, Source, Tell
from reporting.report.wording import counted, kappa_words, listed, sentence
from reviews.documents import word
from reviews.documents.word import Cell
from reviews.figures.layout import LayoutError
from screening import check_tables, pair_tables
from screening.models import Stage

#: The figures of an analysis that the report shows, as far as its kind has them and the data allow it.
FIGURES = ("forest", "funnel", "network-graph", "network-forest", "effect-direction", "harvest")
#: A tool with more domains has its table across the page.
NARROW = 5
#: With more, the heads are the keys of the domains, explained below.
MANY = 9
#: A league table of more treatments does not fit a page; the page of the run has it.
LEAGUE = 7


def write_results(document: Document, source: Source, tell: Tell) -> None:
    section_heading(document, "results")
    section_heading(document, "results.selection")
    _selection(document, source)
    section_heading(document, "results.included")
    _included(document, source)
    section_heading(document, "results.excluded")
    _others(document, source)
    section_heading(document, "results.risk")
    _risk(document, source)
    section_heading(document, "results.synthesis")
    _effects(document, source, tell)
    _certainty(document, source)


def _selection(document: Document, source: Source) -> None:
    counts = source.counts
    assessed = counts.assessed + counts.other_assessed
    tools = (
        f" ({counts.automation:,} of them marked as ineligible by automation tools)"
        if counts.automation
        else ""
    )
    said = [
        f"The searches of databases and registers found {counted(counts.identified, 'record')}; after "
        f"{counts.removed:,} had been removed{tools}, {counts.screened:,} were screened and "
        f"{counts.excluded:,} excluded.",
        f"Other methods found {counted(counts.other_identified, 'record')}."
        if counts.other_identified
        else "",
        f"{counted(assessed, 'report was', 'reports were')} assessed in full.",
        f"{counted(counts.studies, 'study', 'studies')} ({counted(counts.reports, 'report')}) "
        f"{'is' if counts.studies == 1 else 'are'} included.",
    ]
    word.paragraph(document, " ".join(part for part in said if part))
    for sentence_of_stage in [*agreement_sentences(source), *check_tables.sentences(source.review)]:
        word.paragraph(document, sentence_of_stage)
    flow = diagram(source.review, counts, linked=False)
    word.figure(document, flow, WIDE, flow.desc, caption="PRISMA 2020 flow diagram")


def agreement_sentences(source: Source) -> list[str]:
    """How well the reviewers agreed at each stage, before anything was resolved."""
    said = []
    for stage in Stage:
        found = pair_tables.overall(source.membership, stage)
        if found.records and found.raw.value is not None:
            kappa = kappa_words(found.fleiss.value, found.fleiss.low, found.fleiss.high)
            also = f"; Fleiss' kappa {kappa}" if kappa else ""
            said.append(
                f"{stage.label}: before disagreements were resolved, reviewers agreed on {found.raw.value:.0%} of "
                f"{counted(found.records, 'record')} with two votes or more{also}."
            )
    return said


def _included(document: Document, source: Source) -> None:
    table = source.included
    if not table.rows:
        word.paragraph(document, "No study is included yet.")
        return
    word.paragraph(
        document,
        f"{counted(len(table.rows), 'study is', 'studies are')} included; what each of them did is in the table.",
    )
    facts = bool(table.fact_names)
    header = [*table.header, *(["Further characteristics"] if facts else [])]
    rows = [
        [
            study_label(row),
            *(cell or "–" for cell in row.cells),
            *([named_lines(row.facts) or "–"] if facts else []),
        ]
        for row in table.rows
    ]
    word.section(document, landscape=True)
    widths = [3, 3, 3, 4, 4, 4, *([4] if facts else [])]
    word.table(document, header, rows, widths=widths, caption=table.title)
    word.section(document)


def _others(document: Document, source: Source) -> None:
    excluded = source.excluded
    said = []
    if excluded.rows:
        reasons: dict[str, int] = {}
        for row in excluded.rows:
            reasons[row.cells[1]] = reasons.get(row.cells[1], 0) + 1
        told = listed(
            [
                f"{reason} ({n:,})"
                for reason, n in sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0]))
            ]
        )
        said.append(
            f"{counted(len(excluded.rows), 'report was', 'reports were')} excluded in full text: {told}. Appendix 2 "
            "names each with its reason."
        )
    for table in source.set_aside:
        said.append(f"{table.short}: {counted(len(table.rows), 'study', 'studies')} (Appendix 3).")
    word.paragraph(document, " ".join(said) or "No report was excluded in full text, and none is set aside.")


def _risk(document: Document, source: Source) -> None:
    if not source.sheets:
        word.paragraph(document, "No assessment of risk of bias is agreed yet.")
    for sheet in source.sheets:
        name = sheet.instrument.name
        summary = plot_of(sheet, "summary")
        word.figure(document, summary, WIDE, summary.desc, caption=f"Risk of bias across studies: {name}")
        pages = pages_of(sheet, "traffic-light")
        for number, page in enumerate(pages, start=1):
            part = f", part {number} of {len(pages)}" if len(pages) > 1 else ""
            word.figure(document, page, WIDE, page.desc, caption=f"Risk of bias in each study: {name}{part}")
        write_judgements(document, sheet)


def write_judgements(document: Document, sheet: Sheet) -> None:
    """The traffic light as a table, for those who cannot see it and for programs."""
    found = sheet_table(sheet)
    rows = [[row.label, *judged] for row, judged in found.rows]
    across = len(found.columns) > NARROW
    if across:
        word.section(document, landscape=True)
    many = len(found.columns) > MANY
    header = ["Study", *(column.key if many else column.name for column in found.columns)]
    widths = [2.5, *(2.0 for _ in found.columns)]
    word.table(document, header, rows, widths=widths, caption=f"Judgements with {sheet.instrument.name}")
    meant = [f"{column.key}: {column.name}" for column in found.columns if column.key != column.name]
    word.notes(document, [*(["; ".join(meant)] if many else []), *sheet.notes])
    if across:
        word.section(document)


def _effects(document: Document, source: Source, tell: Tell) -> None:
    if not source.analysed:
        word.paragraph(document, "No analysis has a result yet.")
    for number, each in enumerate(source.analysed, start=1):
        tell(number - 1, len(source.analysed), f"Drawing {each.plan.name}")
        word.heading(document, f"{each.plan.outcome.name}: {each.plan.name}", 3)
        _analysis(document, each)
    if source.analysed:
        prompt(
            document, source, "Results of single studies that no analysis could use, and what else was found."
        )


def _analysis(document: Document, each: Analysed) -> None:
    report = each.report
    if each.standing.stale:
        word.callout(document, "Data or plan changed since this run: it is not up to date.")
    if each.plan.question:
        word.paragraph(document, sentence(each.plan.question))
    word.paragraph(
        document,
        " ".join(part for part in (report.headline, report.heterogeneity, report.prediction) if part),
    )
    for name in ("connection", "certainty"):
        if text := getattr(report, name, ""):
            word.paragraph(document, text)
    for name in ("ranking", "inconsistency", "combined"):
        if texts := getattr(report, name, []):
            word.paragraph(document, " ".join(texts))
    _figures(document, each)
    _tables(document, each)
    _network(document, each)
    if report.left_out:
        left = listed([f"{study} ({why.rstrip('.')})" for study, why in report.left_out])
        word.paragraph(document, lead("Not in this analysis", f"{left}."))
    if report.notes:
        word.notes(document, report.notes)


def _figures(document: Document, each: Analysed) -> None:
    run = each.standing.run
    assert run is not None
    for drawing in figures_of(run):
        if drawing.key not in FIGURES:
            continue
        try:
            drawn = draw(run, drawing.key, width="double")
        except (NotDrawn, LayoutError):
            continue  # too few studies for it, for example; the page of the run says why
        width = HALF if drawing.key == "funnel" else WIDE
        word.figure(document, drawn, width, drawn.desc, caption=f"{drawing.title}: {each.plan.name}")


def _tables(document: Document, each: Analysed) -> None:
    """Subgroups and sensitivity analyses, and what the tests for small-study effects say, as far as there are any."""
    report = each.report
    for title, rows, told in (
        ("Subgroups", getattr(report, "subgroups", []), getattr(report, "subgroup_test", "")),
        ("Sensitivity analyses", getattr(report, "sensitivity", []), getattr(report, "sensitivity_told", "")),
    ):
        if rows:
            _fits(document, rows, f"{title}: {each.plan.name}")
        if told:
            word.paragraph(document, told)
    small = getattr(report, "small_study", [])
    for text in [small] if isinstance(small, str) else small:
        if text:
            word.paragraph(document, text)


def _fits(document: Document, rows: Sequence[FitRow], caption: str) -> None:
    """Pooled results below each other; where there is none, its place says why."""
    header = ["Analysis", "Studies", "Effect", "Interval", "p", "I²"]
    align = ["", "right", "right", "right", "right", "right"]
    cells: list[list[str | Cell]] = [
        [row.label, str(row.k), Cell(row.note, across=4, align="left")]
        if row.note
        else [row.label, str(row.k), row.effect, row.interval, row.p, row.i2]
        for row in rows
    ]
    word.table(document, header, cells, widths=[5, 1.5, 2, 3, 1.8, 1.5], caption=caption, align=align)


def _network(document: Document, each: Analysed) -> None:
    """The ranks of a network's treatments, and every pair of them."""
    ranks, league = getattr(each.report, "ranks", []), getattr(each.report, "league", [])
    if ranks:
        header = ["Treatment", "P-score", "SUCRA", "Mean rank", "95% of ranks"]
        parts = len({one.part for one in ranks}) > 1  # ranks of parts that nothing connects do not compare
        names = [f"{one.name} (part {one.part})" if parts else one.name for one in ranks]
        rows = [
            [name, one.p_score, one.sucra, one.mean_rank, one.ranks]
            for name, one in zip(names, ranks, strict=True)
        ]
        align = ["", "right", "right", "right", "right"]
        word.table(document, header, rows, caption=f"Ranks: {each.plan.name}", align=align)
    if league and len(league) <= LEAGUE:
        names = [line.name for line in league]
        cells: list[list[str | Cell]] = [
            [
                Cell(line.name, bold=True),
                *("\n".join(filter(None, (one.estimate, one.interval))) for one in line.cells),
            ]
            for line in league
        ]
        word.table(document, ["", *names], cells, caption=f"League table: {each.plan.name}")
        word.notes(
            document,
            ["Below the diagonal the network's estimate of row against column, above it direct evidence."],
        )


def _certainty(document: Document, source: Source) -> None:
    tables = [table for table in source.summaries if table.rows]
    if not tables:
        section_heading(document, "results.certainty")
        word.paragraph(document, "No summary of findings is made yet.")
        return
    word.section(document, landscape=True)
    section_heading(document, "results.certainty")
    for table in tables:
        add_to(
            document,
            table,
            caption=f"Summary of findings: {table.intervention} compared with {table.comparison}",
        )
    word.section(document)
