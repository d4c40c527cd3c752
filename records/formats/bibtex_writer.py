"""BibTeX out of records, in UTF-8: what a reference manager shows, without tags that only the source knew.

Text is escaped for LaTeX; identifiers and addresses stand as they are. Sources: the entry types and fields of
BibTeX's own "btxdoc" (O. Patashnik) and, for `online`, `doi`, `pmid` and `issn`, what Zotero and JabRef read.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any

#: What stands where in a BibTeX file: our kinds of records as its entry types.
ENTRY_TYPES = {
    "article": "article", "book": "book", "chapter": "incollection", "conference": "inproceedings",
    "thesis": "phdthesis", "report": "techreport", "preprint": "unpublished", "register": "misc",
    "webpage": "online", "other": "misc",
}  # fmt: skip
_IN_A_BOOK = {"chapter", "conference"}
#: A number of these is the number of the whole, not an issue.
_WHOLES = {"report", "thesis", "book"}
_MARK = re.compile(r"RAYYAN-|ASReview_")
_ESCAPED = str.maketrans(
    {
        "\\": r"{\textbackslash}", "{": r"{\textbraceleft}", "}": r"{\textbraceright}", "~": r"{\textasciitilde}",
        "^": r"{\textasciicircum}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
    }
)  # fmt: skip
_VERBATIM = str.maketrans({"{": "%7B", "}": "%7D"})


def write_bibtex(records: Iterable[Any]) -> Iterator[str]:
    """One piece of text per record; join them, or stream them, as UTF-8.

    Records are anything with the attributes of `ParsedRecord`; those that are missing or empty are left out. Keys are
    made of first author, year and the record's number, so that the same record has the same key in every file.
    Of `extra`, notes (N1) alone are given out.
    """
    for number, item in enumerate(records, 1):
        fields = "".join(f"  {name} = {{{value}}},\n" for name, value in _fields(item) if value)
        kind = ENTRY_TYPES.get(_text(item, "type"), "misc")
        yield f"@{kind}{{{_key(item, number)},\n{fields}}}\n\n"


def _fields(item: Any) -> Iterator[tuple[str, str]]:
    kind = _text(item, "type")
    yield "title", _plain(item, "title")
    yield "author", " and ".join(map(_author, getattr(item, "authors", None) or []))
    yield "year", _text(item, "year")
    yield "booktitle" if kind in _IN_A_BOOK else "journal", _plain(item, "journal")
    yield "volume", _plain(item, "volume")
    yield "issue" if kind in _WHOLES else "number", _plain(item, "issue")
    yield "pages", _plain(item, "pages").replace("-", "--")
    for name in ("doi", "url", "issn", "pmid", "pmcid"):
        yield name, _text(item, name).translate(_VERBATIM)
    yield "language", _plain(item, "language")
    yield "accession", _plain(item, "accession")
    yield "keywords", _keywords(getattr(item, "keywords", None) or [])
    yield "note", "\n".join(map(_note, _notes(item)))
    yield "abstract", _plain(item, "abstract")


def _text(item: Any, name: str) -> str:
    return str(getattr(item, name, "") or "")


def _plain(item: Any, name: str) -> str:
    return _text(item, name).translate(_ESCAPED)


def _author(name: str) -> str:
    """BibTeX's "Family, Suffix, Given"; a name without a comma is a group's or a single one, and not taken apart."""
    parts = name.split(", ")
    if len(parts) == 3:
        name = ", ".join([parts[0], parts[2], parts[1]])
    escaped = re.sub(r"\band\b", "{and}", name.translate(_ESCAPED))
    return escaped if "," in name or " " not in name else f"{{{escaped}}}"


def _keywords(words: list[str]) -> str:
    """Parted by semicolons; one alone ends in one, so that no reader parts it at a comma or a space."""
    joined = "; ".join(word.replace(";", ",").translate(_ESCAPED) for word in words)
    return f"{joined};" if len(words) == 1 and re.search(r"[\s,]", joined) else joined


def _notes(item: Any) -> list[str]:
    ids = getattr(item, "registry_ids", None) or []
    registered = [f"Trial registration: {'; '.join(ids)}"] if ids else []
    return [*registered, *map(str, (getattr(item, "extra", None) or {}).get("N1", ()))]


def _note(text: str) -> str:
    """Marks of other programs stand as these write them, as long as their braces are pairs."""
    return text if _MARK.match(text) and _is_balanced(text) else text.translate(_ESCAPED)


def _is_balanced(text: str) -> bool:
    depth = 0
    for brace in re.findall(r"[{}]", text):
        depth += 1 if brace == "{" else -1
        if depth < 0:
            return False
    return depth == 0


def _key(item: Any, number: int) -> str:
    first = next(iter(getattr(item, "authors", None) or []), "").partition(",")[0]
    plain = unicodedata.normalize("NFKD", first).encode("ascii", "ignore").decode()
    family = re.sub(r"[^A-Za-z]", "", plain) or "Anonymous"
    return f"{family}{_text(item, 'year')}-{getattr(item, 'pk', None) or number}"
