"""Everything that a member may see as one workbook: a sheet per stage, and one in front that says what is where."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q

from extraction.tables import codebook_table, results_table, studies_table, values_table
from records import ledger
from records.models import ImportBatch
from reporting.exports import analyses, appraisal, decisions, records, remarks, unread
from reporting.exports.choosing import chosen_records
from reporting.exports.said import Said, Sayings, in_words
from reporting.exports.shape import Tell, quiet
from reporting.prisma import flow_counts
from reporting.table import as_table
from reviews.models import AuditEvent, Membership
from reviews.workbooks import LONGEST_SHEET, bold, cell_of, saved, write_table
from screening.models import FullText, Stage

Rows = Iterable[Sequence[Any]]
Table = tuple[Sequence[str], Rows]
README = "README"
PIECE = 1 << 20
#: Of the README: points, and characters that fit into its wide column.
LINE_HEIGHT, LINE_LENGTH = 15, 85
SEARCHES = [
    "source",
    "type",
    "platform",
    "searched_on",
    "query",
    "limits",
    "hits_reported",
    "records",
    "duplicates",
]
SCREENED = [
    "record_id",
    "title",
    "authors",
    "year",
    "doi",
    "pmid",
    "decision",
    "reason",
    "votes",
    "labels",
    "notes",
]
RETRIEVED = ["retrieval", "why_not_retrieved", "study"]
#: Events that say no more than that somebody took an export: they change nothing in it.
EXPORTING = "reporting.export_"


@dataclass(frozen=True)
class Sheet:
    """One sheet: its name, what it holds in a sentence, and its table for a member."""

    name: str
    about: str
    table: Callable[[Membership], Table]


def as_xlsx(membership: Membership, tell: Tell = quiet) -> Iterator[bytes]:
    """The workbook, in pieces. The same data seen by the same person give the same bytes."""
    from openpyxl import Workbook  # late, as in reviews.workbooks

    book = Workbook(write_only=True)
    front = book.create_sheet(README)  # first in the book, written last
    lines = []
    for number, sheet in enumerate(SHEETS):
        tell(number, len(SHEETS) + 1, f"Writing the sheet {sheet.name}")
        count = write_table(book, sheet.name, *sheet.table(membership))
        cut = (
            f" Cut after {LONGEST_SHEET - 1:,} rows, which is all a sheet holds."
            if count >= LONGEST_SHEET
            else ""
        )
        lines.append((sheet.name, sheet.about + cut, count))
    _write_front(front, _about(membership), lines)
    tell(len(SHEETS), len(SHEETS) + 1, "Packing")
    yield from _pieces(saved(book))


def _write_front(sheet: Any, facts: list[tuple[str, str]], lines: list[tuple[str, str, int]]) -> None:
    from openpyxl.worksheet.properties import PageSetupProperties  # late, as in reviews.workbooks

    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 22, 90
    sheet.page_setup.orientation, sheet.page_setup.fitToHeight = "landscape", 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    for row, (title, text) in enumerate(facts, start=1):  # not every program makes room for what is wrapped
        sheet.row_dimensions[row].height = LINE_HEIGHT * (1 + len(text) // LINE_LENGTH)
        sheet.append([_at_top(bold(sheet, title)), _wrapped(sheet, text)])
    sheet.append([])
    sheet.append([bold(sheet, title) for title in ("Sheet", "What is in it", "Rows")])
    for name, about, count in lines:
        sheet.append([name, _wrapped(sheet, about), count])


def _wrapped(sheet: Any, text: str) -> Any:
    from openpyxl.cell import WriteOnlyCell  # late, as in reviews.workbooks

    return _at_top(WriteOnlyCell(sheet, value=cell_of(text)))


def _at_top(cell: Any) -> Any:
    from openpyxl.styles import Alignment  # late, as in reviews.workbooks

    cell.alignment = Alignment(wrap_text=True, vertical="top")
    return cell


def _pieces(data: bytes) -> Iterator[bytes]:
    yield from (data[start : start + PIECE] for start in range(0, len(data), PIECE))


def _about(membership: Membership) -> list[tuple[str, str]]:
    review = membership.review
    history = AuditEvent.objects.filter(review=review).exclude(verb__startswith=EXPORTING)
    last = history.visible_to(membership.user).order_by("-pk").first()
    return [
        ("Review", review.title),
        ("Question", review.question),
        ("Seen by", f"{membership.user} ({membership.get_role_display().lower()})"),
        (
            "Blinding",
            "Outcomes, colleagues' votes, labels, notes, assessments and extractions are in it as far as this person "
            "may see them: of what is not complete, nothing but their own.",
        ),
        ("Last change", f"{last.at:%Y-%m-%d %H:%M} UTC" if last else "Nothing has happened yet"),
        (
            "Cells",
            "Text that a spreadsheet would run as a formula begins with an apostrophe. Blank: unknown.",
        ),
        ("Numbers", "record_id, study and result_id are the same in all sheets: join by them."),
    ]


def _searches(membership: Membership) -> Table:
    live = Q(records__batch__state=ImportBatch.State.DONE)
    searches = membership.review.searches.annotate(
        found=Count("records", filter=live),
        removed=Count("records", filter=live & Q(records__duplicate_of__isnull=False)),
    )
    return SEARCHES, (
        [
            search.source,
            search.get_source_type_display(),
            search.platform,
            search.searched_on,
            search.query,
            search.limits,
            search.hits_reported,
            search.found,
            search.removed,
        ]
        for search in searches.order_by("pk")
    )


def _records(membership: Membership) -> Table:
    every = membership.review.records.live().order_by("pk")
    return records.HEADER, records.record_rows(membership, every)


def _title_abstract(membership: Membership) -> Table:
    return SCREENED, (row for _, row in _screened(membership, Stage.TITLE_ABSTRACT))


def _full_text(membership: Membership) -> Table:
    found = FullText.objects.filter(review=membership.review).select_related("record__report__study")
    by_record = {one.record_id: one for one in found.defer("record__raw", "record__abstract")}
    rows = ([*row, *_retrieval(by_record.get(pk))] for pk, row in _screened(membership, Stage.FULL_TEXT))
    return [*SCREENED, *RETRIEVED], rows


def _screened(membership: Membership, stage: Stage) -> Iterator[tuple[int, list[Any]]]:
    """(id, row) of the unique records that got to ``stage``."""
    sayings = Sayings(membership)
    got_there = chosen_records(membership, stage=stage).defer("raw", "abstract")
    for record in got_there.iterator(chunk_size=1000):
        said: Said = sayings.of(record)
        yield (
            record.pk,
            [
                record.pk,
                record.title,
                "; ".join(record.authors),
                record.year,
                record.doi,
                record.pmid,
                said.decision(stage),
                said.reason(stage),
                in_words(said.votes.get(stage, ())),
                "; ".join(said.labels),
                "\n".join(said.notes),
            ],
        )


def _retrieval(found: FullText | None) -> list[str]:
    if found is None:
        return ["", "", ""]
    report = getattr(found.record, "report", None)
    return [found.get_state_display(), found.why_not, report.study.label if report else ""]


def _prisma(membership: Membership) -> Table:
    lines = as_table(membership.review, flow_counts(membership.review))
    adjusted = (
        (line, f"by hand, counted {line.adjusted.counted}: {line.adjusted.reason}" if line.adjusted else "")
        for line in lines
    )
    return ["number", "n", "adjusted"], ([line.label, line.n, words] for line, words in adjusted)


SHEETS = [
    Sheet("PRISMA", "The numbers of the flow diagram, in its order.", _prisma),
    Sheet("Searches", "Every search with its strategy, the hits its source reported and its records.", _searches),
    Sheet("Records", "Every record, duplicates too, with its fields and where it stands.", _records),
    Sheet("Duplicates", "Which record was removed as a duplicate of which, why and by whom.",
          lambda membership: (ledger.HEADER, ledger.rows(membership.review))),
    Sheet("Title and abstract", "Unique records: decision, reason, votes, labels and notes.", _title_abstract),
    Sheet("Left unread", "Records that left title and abstract on the word of a tool, also those that came back.",
          lambda membership: (unread.HEADER, unread.rows(membership.review))),
    Sheet("Full text", "Records that got to full text: retrieval, decision, reason and study.", _full_text),
    Sheet("Votes", "Every vote and adjudication, withdrawn ones too.",
          lambda membership: (decisions.HEADER, decisions.rows(membership))),
    Sheet("Notes", "Every note.", lambda membership: (remarks.HEADER, remarks.rows(membership))),
    Sheet("Studies", "One row per study: design, characteristics and what the forms say.", studies_table),
    Sheet("Risk of bias", "Every answer and judgement with its support.",
          lambda membership: (appraisal.HEADER, appraisal.rows(membership))),
    Sheet("Results", "Every extracted result with arms, numbers and source.", results_table),
    Sheet("Values", "Every value of the extraction forms.", values_table),
    Sheet("Codebook", "What every column of the extraction means.", codebook_table),
    Sheet("Analyses", "The newest finished run of each plan: pooled results.",
          lambda membership: (analyses.HEADER, analyses.rows(membership))),
]  # fmt: skip
