"""Reading a list of retraction notices in the layout of Retraction Watch, row by row. No Django.

A list has 60,000 rows and 60 MB: it is read as a stream, and what is wrong with a row is told by its line while the
rest is read. "Unavailable", "0" and blanks mean that nothing is known.
"""

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import BinaryIO

from records.formats.normalise import normalise_doi, normalise_pmid

DOI, PMID, NATURE = "originalpaperdoi", "originalpaperpubmedid", "retractionnature"
NEEDED = (DOI, PMID, NATURE)
NAMES = {"originalpaperdoi": "OriginalPaperDOI", "originalpaperpubmedid": "OriginalPaperPubMedID"}
NAMES |= {"retractionnature": "RetractionNature"}
NATURES = {
    "retraction": "retraction",
    "expression of concern": "concern",
    "correction": "correction",
    "reinstatement": "reinstatement",
}
NOTHING = {"", "0", "unavailable", "unknown", "none", "n/a", "na"}
BLOCK = 1024 * 1024
LONGEST_FIELD = 1024 * 1024
DAYS = ("%m/%d/%Y %H:%M", "%m/%d/%Y", "%Y-%m-%d", "%m/%d/%Y %H:%M:%S")


class BadList(ValueError):
    """A file that is no such list; the sentence says why."""


@dataclass(frozen=True)
class Notice:
    """One row: what happened (``nature``) to the paper with this DOI or PMID, by which notice and when."""

    line: int
    nature: str
    doi: str
    pmid: str
    notice_doi: str = ""
    notice_pmid: str = ""
    day: date | None = None
    reasons: str = ""


@dataclass(frozen=True)
class Fault:
    """What is wrong with a row; ``used`` tells whether the rest of it was read all the same."""

    line: int
    sentence: str
    used: bool = False


def encoding_of(stream: BinaryIO) -> str:
    """The encoding of the whole file, which is read through and rewound. Raises BadList for what is no text.

    UTF-8 (with its mark or without), UTF-16 with its mark, else Windows-1252, in which such lists were once written.
    """
    start = stream.read(4)
    stream.seek(0)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    decoder, is_utf8 = codecs.getincrementaldecoder("utf-8")(), True
    while block := stream.read(BLOCK):
        if b"\0" in block:
            raise BadList("It is no text file: it holds zero bytes. Save the list as CSV.")
        if is_utf8:
            try:
                decoder.decode(block)
            except UnicodeDecodeError:
                is_utf8 = False
    stream.seek(0)
    return "utf-8-sig" if is_utf8 else "cp1252"


def read_notices(stream: BinaryIO, encoding: str) -> Iterator[Notice | Fault]:
    """The notices of the list in order, and a Fault for what cannot be read. Raises BadList for another layout."""
    text = io.TextIOWrapper(stream, encoding=encoding, errors="replace", newline="")
    csv.field_size_limit(LONGEST_FIELD)
    rows = csv.reader(text)
    try:
        header = next(rows, None)
        columns = _columns(header)
        line = rows.line_num + 1
        while True:
            try:
                cells = next(rows)
            except StopIteration:
                return
            except csv.Error as error:
                yield Fault(line, f"it cannot be read ({error}).")
                line = rows.line_num + 1
                continue
            if any(cells):
                yield from _read(line, cells, columns, len(header or []))
            line = rows.line_num + 1
    finally:
        text.detach()


def _columns(header: list[str] | None) -> dict[str, int]:
    if not header or not any(header):
        raise BadList("The file is empty.")
    columns = {"".join(name.casefold().split()): place for place, name in enumerate(header)}
    if missing := [NAMES[name] for name in NEEDED if name not in columns]:
        raise BadList(
            f"It has no column {', '.join(missing)}. A list of Retraction Watch has them, with commas between the "
            "columns and their names in the first line."
        )
    return columns


def _read(line: int, cells: list[str], columns: dict[str, int], width: int) -> Iterator[Notice | Fault]:
    if len(cells) != width:
        yield Fault(line, f"it has {len(cells)} cells, the first line has {width}.")
        return

    def cell(name: str) -> str:
        value = cells[columns[name]].strip() if name in columns else ""
        return "" if value.casefold() in NOTHING else value

    nature = NATURES.get(" ".join(cell(NATURE).casefold().split()))
    if nature is None:
        known = ", ".join(sorted(NATURES))
        yield Fault(line, f"“{cell(NATURE)[:60]}” is no nature of a notice ({known}).")
        return
    day = None
    if said := cell("retractiondate"):
        day = _day(said)
        if day is None:
            yield Fault(line, f"“{said[:40]}” is no date; the notice is taken without one.", used=True)
    yield Notice(
        line=line,
        nature=nature,
        doi=normalise_doi(cell(DOI)),
        pmid=normalise_pmid(cell(PMID)),
        notice_doi=normalise_doi(cell("retractiondoi"))[:255],
        notice_pmid=normalise_pmid(cell("retractionpubmedid")),
        day=day,
        reasons="; ".join(part.strip(" +") for part in cell("reason").split(";") if part.strip(" +"))[:2000],
    )


def _day(text: str) -> date | None:
    for form in DAYS:
        try:
            return datetime.strptime(text, form).date()
        except ValueError:
            continue
    return None
