"""Which format a file has, told by its content and never by its name."""

from __future__ import annotations

import csv
import io
import re

from . import tabular, xlsx
from .archives import office_kind
from .base import Detected, UnreadableFile
from .text import decode_head, detect_encoding

_RECOGNISED = (
    "RIS, PubMed (nbib, XML or abstract text), EndNote (XML or tagged), BibTeX, Web of Science (plain text), "
    "Ovid, Cochrane Library, RefWorks or a table (CSV, TSV, XLSX)"
)
_OFFICE = {
    "docx": "a Word document", "pptx": "a presentation", "odt": "a text document (ODT)", "epub": "an e-book",
    "office": "an Office document",
}  # fmt: skip
_BINARY = (
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a zip archive or an Office document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\xd0\xcf\x11\xe0", "an old Office document"),
    (b"Rar!", "a RAR archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"SQLite format 3", "a database file"),
    (b"{\\rtf", "a rich text document"),
)
# (format, how sure) by marks at the beginning of lines; the mark that comes first in the file wins.
_MARKS = (
    ("ris", re.compile(r"^[ \t]{0,3}TY[ \t]{1,3}-(?:[ \t]|$)", re.MULTILINE)),
    ("nbib", re.compile(r"^PMID *- ?\d|^OWN {1,2}- ?\w|^PMC(?:R| )?-[ \w]", re.MULTILINE)),
    (
        "ovid",
        re.compile(
            r"^[ \t]{0,3}<[ \t]*\d+[ \t]*\.?[ \t]*>[ \t]*\n|^ {0,3}VN {1,4}- Ovid Technologies"
            r"|^(?:Accession Number|Score|Author)[ \t]*\n[ \t]+\S.*\n(?:.*\n){0,30}?(?:Title|Source)[ \t]*\n[ \t]+\S"
            r"|\A\s*(?:DB|UI|AN) {2}- \S.*\n(?:(?!TA  -|TY  -|PMID).*\n){0,40}?SO {2}- (?![\s\S]*^TY  -)",
            re.MULTILINE,
        ),
    ),
    ("central", re.compile(r"^\s{0,3}Record #?\d+ of [\d,.]+\s*\n(?:ID|AN|AU|TI|SO|YR): ", re.MULTILINE)),
    ("refworks", re.compile(r"^RT [A-Z][A-Za-z ,]+\n(?:[A-Z][A-Z0-9] .*\n){2}", re.MULTILINE)),
    (
        "pubmed_text",
        re.compile(r"\A\s*1\. \S[^\n]*(?:\n[^\n]+){0,4}\n[ \t]*\n(?=[\s\S]*^PMID: ?\d)", re.MULTILINE),
    ),
    ("ciw", re.compile(r"^PT [A-Z](?:[ \t]*$|\w)[^\n]*\n(?:[A-Z][A-Z0-9] |   )", re.MULTILINE)),
    (
        "enw",
        re.compile(
            r"\A(?:\s*%[0A-Z@][ \t]+\S.*(?:\n|\Z))+\s*\Z|^%[0TA](?:[ \t]+\S.*|[ \t]*)\n(?:.*\n){0,3}?%[0-9A-Z@]",
            re.MULTILINE,
        ),
    ),
    (
        "bibtex",
        re.compile(
            r"^\s*@\s*(?!comment)[A-Za-z][\w-]*\s*(?:\{\s*[^\s{}=\"]*[^\n{}=\"]*\s*[,=]|\(|\{\s*$)",
            re.MULTILINE,
        ),
    ),
)
# What is no list of references for us, by its beginning: what it is, and what to export instead.
_OTHERS = (
    (
        re.compile(r"\{\s*\"|\[\s*\{\s*\"|\[\s*\]\s*\Z"),
        "JSON (from a program, or CSL JSON from Zotero)",
        "RIS or CSV",
    ),
    (
        re.compile(r"Record.{0,20}INSPEC|(?:.*\n){0,6}?[A-Z]{2} ~ ", re.IGNORECASE),
        "in Inspec's own text format",
        "RIS",
    ),
    (re.compile(r"\\documentclass|\\begin\{"), "a LaTeX document", "the .bib file it cites from"),
    (re.compile(r"---\s*\nreferences:|references:\s*\n\s*- "), "YAML (CSL)", "RIS or BibTeX"),
    (
        re.compile(r"(?:\d{4,8}\s*\n){3}"),
        "a list of PubMed numbers without their records",
        "the “PubMed” format",
    ),
)
_XML_KINDS = {
    "modscollection": "in the MODS format", "mods": "in the MODS format", "rdf": "in an RDF format",
    "collection": "in the MARC format", "sources": "of Microsoft Word's bibliography", "tei": "in the TEI format",
    "feed": "of a news feed", "rss": "of a news feed", "article": "of one article in full (JATS)",
    "clinical_study": "of ClinicalTrials.gov", "esearchresult": "of PubMed's search interface",
    "esummaryresult": "of PubMed's search interface", "svg": "of a drawing", "workbook": "of a spreadsheet",
}  # fmt: skip
_TAGGED = re.compile(r"^[ \t]{0,3}(?:TI|T1|AU|A1|JF|JO|PY|Y1|AB|N2|DO|VL|SP|T2)[ \t]{2}-[ \t]", re.MULTILINE)
_MEDLINE = re.compile(r"^(?:TI|AU|FAU|JT|DP|AB|AID|PG|VI|IP|TA|SO) {1,2}- ", re.MULTILINE)


def sniff(data: bytes, filename: str = "") -> Detected:
    """Format, encoding and delimiter of a file, from its first bytes (some 64 kB are plenty) or all of it.

    Raises UnreadableFile, with a sentence that says what the file seems to be, when it is none of the formats.
    """
    xlsx.refuse_others(data, filename)
    if xlsx.is_workbook(data):
        return Detected("xlsx", "utf-8")
    refuse_binary(data, filename)
    encoding = detect_encoding(io.BytesIO(data))
    return Detected(*recognise(decode_head(data, encoding), filename, encoding))


def refuse_binary(data: bytes, filename: str = "") -> None:
    """Raise UnreadableFile for empty files and for what is not text."""
    name = f"“{filename}”" if filename else "The file"
    if not data.strip(b"\x00\r\n\t \xef\xbb\xbf\xff\xfe"):
        raise UnreadableFile(f"{name} is empty: export the search again and send the new file.")
    document = _OFFICE.get(office_kind(data))
    if document:
        raise UnreadableFile(f"{name} is {document}, not a list of references. Send {_RECOGNISED}.")
    for mark, what in _BINARY:
        if data.lstrip(b"\xef\xbb\xbf").startswith(mark):
            raise UnreadableFile(f"{name} is {what}, not a list of references. Send {_RECOGNISED}.")


def recognise(text: str, filename: str, encoding: str) -> tuple[str, str, str]:
    """(format, encoding, delimiter) for the beginning of a file, already decoded."""
    name = f"“{filename}”" if filename else "The file"
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if _looks_binary(text):
        raise UnreadableFile(f"{name} is not text (it holds control characters). Send {_RECOGNISED}.")
    start = re.sub(r"\A[^<\n]{0,200}(?=<\?xml)", "", text.lstrip()).lstrip()
    refuse_other_formats(start, name)
    if start.startswith("<"):
        found = _xml(start, name)
        if found:
            return found, encoding, ""
    delimiter = tabular.find_delimiter(text)
    if delimiter and _columns(text, delimiter) >= 3:
        return "csv", encoding, delimiter
    places = {form: m.start() for form, mark in _MARKS if (m := mark.search(text))}
    if places.keys() >= {"ris", "ovid"} and "VN  - Ovid" not in text:
        del places["ovid"]  # Ovid's RIS with its record numbers left in
    if places:
        return min(places, key=places.__getitem__), encoding, ""
    if len(_TAGGED.findall(text)) >= 2 and re.search(r"^ER {0,2}-", text, re.MULTILINE):
        return "ris", encoding, ""
    if re.search(r"^PMID *-|^(?:JT|DP|FAU|AID|PG|IP|VI) {1,2}-", text, re.MULTILINE) and _MEDLINE.search(
        text
    ):
        return "nbib", encoding, ""
    if len(_TAGGED.findall(text)) >= 2:
        return "ris", encoding, ""
    delimiter = delimiter or tabular.delimiter_of(text)
    if delimiter and tabular.is_table(text, delimiter):
        return "csv", encoding, delimiter
    raise UnreadableFile(f"{name} is in none of the formats that can be read. Send {_RECOGNISED}.")


def refuse_other_formats(start: str, name: str) -> None:
    """Raise UnreadableFile for formats that are known, but hold no references or are read by nothing here."""
    for mark, what, instead in _OTHERS:
        if mark.match(start):
            raise UnreadableFile(f"{name} is {what}, which cannot be read. Export {instead} and send that.")


def _columns(text: str, delimiter: str) -> int:
    first = next((line for line in text.split("\n") if line.strip()), "")
    return len(tabular.guess_columns(next(csv.reader([first], delimiter=delimiter), [])))


def _looks_binary(text: str) -> bool:
    sample = text[:8000]
    odd = sum(1 for c in sample if (c < " " and c not in "\n\r\t\f\x0b\x1c\x1d\x1e\x1f\x1a") or c == "\x7f")
    return odd > 4 + 0.01 * len(sample)


def _xml(start: str, name: str) -> str:
    """The XML format by its root and first elements; "" when the text only happens to begin with "<"."""
    root = re.search(
        r"<([A-Za-z][\w:.-]*)",
        re.sub(r"<!--.*?-->|<\?.*?\?>|<!DOCTYPE[^>\[]*(?:\[.*?\])?\s*>", "", start, flags=re.S),
    )
    if re.match(r"<!doctype\s+html|<html", start, re.IGNORECASE):
        raise UnreadableFile(
            f"{name} is a web page, not a list of references. The database probably sent its sign-in page: "
            "sign in and export again."
        )
    if root is None or not re.match(r"<[?!A-Za-z]", start):
        return ""
    if re.search(r"<(?:PubmedArticle|PubmedBookArticle|MedlineCitation)[\s>]", start) or root[1].startswith(
        "Pubmed"
    ):
        return "pubmed_xml"
    if re.search(r"<records?[\s>]", start, re.IGNORECASE) and re.search(
        r"<(?:ref-type|source-app|rec-number|contributors|titles|database|reference_type)\b",
        start,
        re.IGNORECASE,
    ):
        return "endnote_xml"
    if start.startswith("<?xml") or re.search(r"</[A-Za-z]", start):
        raise UnreadableFile(
            f"{name} is XML {_XML_KINDS.get(root[1].split(':')[-1].lower(), 'of another kind')} (root element "
            f"<{root[1]}>); of XML only PubMed's and EndNote's can be read. Export as RIS and send that."
        )
    return ""
