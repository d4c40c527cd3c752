"""What every part of the report is written with."""

from docx.document import Document

from reporting.characteristics import Row
from reporting.citing import Reference
from reporting.report.outline import HEADINGS
from reporting.report.source import Source
from reviews.documents import word
from reviews.documents.word import Content, Words

#: Width of a figure on an upright page, in millimetres.
WIDE = 166
HALF = 115


def section_heading(document: Document, key: str) -> None:
    """The heading of a part of the outline."""
    word.heading(document, HEADINGS[key], 2 if "." in key else 1)


def prompt(document: Document, source: Source, text: str) -> None:
    """What the authors still have to write here, marked so that nobody overlooks it."""
    if source.prompts:
        word.paragraph(document, f"[To be written by the authors: {text}]", style="Prompt")


def lead(name: str, text: str) -> Content:
    """``Name. Text`` with the name in bold."""
    return [Words(f"{name}. ", bold=True), text]


def of_reference(reference: Reference) -> Content:
    """A reference with its journal in italics and its identifiers as links."""
    found = [Words(f"{reference.lead} "), Words(reference.journal, italic=True), Words(f" {reference.rest}")]
    for text, href in reference.links:
        found += [Words(" "), Words(text, href=href), Words(".")]
    return [piece for piece in found if piece.text.strip() or piece.text == " "]


def named_lines(pairs: dict[str, str]) -> str:
    """``name: value`` a line each."""
    return "\n".join(f"{name}: {value}" for name, value in pairs.items())


def study_label(row: Row) -> Content:
    """The study, with what must be known of it before anything else."""
    marks = [Words(f"\n{mark}", bold=True) for mark in row.marks]
    return [Words(row.label), *marks]
