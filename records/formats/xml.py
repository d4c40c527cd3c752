"""XML safely and in flat memory: the elements of one name, one after the other.

No DTD is loaded, no entity resolved, no address fetched. A file that declares entities of its own is refused:
no database writes such files, and they are how XML is used to attack a reader.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from lxml import etree

from .base import MAX_RECORD_CHARS, Rejected, UnreadableFile, rejected

_HEAD = 1 << 16
_ENTITIES = (
    "The XML file declares entities of its own, which no reference database does and which can be used to "
    "attack the reader; it was not opened. Export the references again from the database."
)


def elements(stream: BinaryIO, names: set[str], what: str) -> Iterator[etree._Element | Rejected]:
    """Each element with one of the names when it is complete; it is emptied when the next one is asked for.

    Text after the end of the document (two exports pasted together) comes as one Rejected.

    Raises UnreadableFile for entity declarations and for XML that is cut off or not well-formed (after the
    records before that place have been given).
    """
    refuse_entities(stream)
    _skip_lead_in(stream)
    parser = etree.iterparse(
        stream,
        events=("end",),
        tag=tuple(names),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    count = 0
    try:
        for _, element in parser:
            if any(ancestor.tag in names for ancestor in element.iterancestors()):
                continue
            if not count:
                _refuse_declared(element)
            count += 1
            yield element
            element.clear()
            while element.getprevious() is not None:
                parent = element.getparent()
                if parent is None:
                    break
                del parent[0]
    except etree.XMLSyntaxError as error:
        if count and error.code == etree.ErrorTypes.ERR_DOCUMENT_END:
            cause = (
                "Text follows the end of the XML document; it was not read. Import it as a file of its own."
            )
            yield rejected(error.lineno or 1, cause, "")
            return
        place = f"line {error.lineno}" if error.lineno else "its end"
        raise UnreadableFile(
            f"The {what} file is damaged at {place} after {count:,} complete records ({_why(error)}). "
            "It was probably cut off while being saved: export it again."
        ) from error


def refuse_entities(stream: BinaryIO) -> None:
    """Raise UnreadableFile when the document type declares entities; the stream is left where it was."""
    start = stream.tell()
    head = stream.read(_HEAD)
    stream.seek(start)
    if b"\x00" in head[:400]:
        head = head.replace(b"\x00", b"")
    if b"<!ENTITY" in head.upper():
        raise UnreadableFile(_ENTITIES)


def _refuse_declared(element: etree._Element) -> None:
    """The same for a document type further down than the head; nothing has been expanded so far."""
    declared = element.getroottree().docinfo.internalDTD
    if declared is not None and any(True for _ in declared.iterentities()):
        raise UnreadableFile(_ENTITIES)


def _skip_lead_in(stream: BinaryIO) -> None:
    """Blank lines or a stray mark before the XML declaration, which the XML rules forbid."""
    start = stream.tell()
    found = re.match(rb"[^<\x00]{1,200}?(?=<\?xml)", stream.read(300))
    bom = found is not None and found.group() == b"\xef\xbb\xbf"
    stream.seek(start + (found.end() if found and not bom else 0))


def _why(error: etree.XMLSyntaxError) -> str:
    return re.sub(r", line \d+, column \d+.*$", "", str(error.msg or error)).strip() or "not well-formed"


def text_of(element: etree._Element | None) -> str:
    """All text inside an element, markup removed, runs joined as they stand."""
    return "" if element is None else "".join(str(part) for part in element.itertext())


def source_of(element: etree._Element) -> str:
    """The element written out again."""
    raw = etree.tostring(element, encoding="unicode", with_tail=False)
    return raw if len(raw) <= MAX_RECORD_CHARS else raw[:MAX_RECORD_CHARS]
