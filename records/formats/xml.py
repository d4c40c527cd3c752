"""XML of records, one at a time, safely and in flat memory.

The text is cut where records begin and end, and each record is parsed alone: its source stays verbatim, one that
is broken does not take its neighbours along, and no document type ever reaches the parser. So no DTD is loaded,
no entity resolved and no address fetched. A file that declares entities of its own is refused: no database
writes such files, and they are how XML is used to attack a reader.
"""

from __future__ import annotations

import codecs
import html
import re
from collections.abc import Iterable, Iterator
from typing import BinaryIO, NamedTuple

from lxml import etree

from .base import MAX_RECORD_CHARS, Rejected, UnreadableFile, rejected
from .notices import Notices
from .text import readable

_CHUNK = 1 << 16
_ENTITIES = (
    "The XML file declares entities of its own, which no reference database does and which can be used to "
    "attack the reader; it was not opened. Export the references again from the database."
)
_PARSER = {"resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": False,
           "remove_comments": True, "remove_pis": True}  # fmt: skip
_GAP = re.compile(r"<!--|<!\[CDATA\[|<!ENTITY|<(?P<end>/?)(?P<name>[A-Za-z_][\w:.-]*)(?P<rest>[^<>]*)>")
_BLOCKS = ("p", "br", "div", "li", "sec")  # these part words; the other elements do not
_CLOSERS = {"<!--": "-->", "<![CDATA[": "]]>"}
_DECLARED = re.compile(r"""<\?xml[^>]{0,200}?\bencoding\s*=\s*["']([\w.:-]+)["']""")
# What would stop the parser although it says clearly what was meant: bare ampersands, HTML's entities, and
# characters that XML forbids.
_ODD = re.compile(
    "&(?!(?:amp|lt|gt|quot|apos);)(?:#[0-9]{1,8};|#[xX][0-9a-fA-F]{1,7};|[A-Za-z][A-Za-z0-9]{1,31};)?"
    "|[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]"
)


class Piece(NamedTuple):
    """One record: its element, its text as the file has it, and the line where it begins."""

    element: etree._Element
    raw: str
    line: int


def pieces(
    stream: BinaryIO, encoding: str, names: Iterable[str], what: str, notices: Notices
) -> Iterator[Piece | Rejected]:
    """Every outermost element with one of the names. Namespace prefixes of names in the file are disregarded.

    Raises UnreadableFile for entity declarations, and when the text ends before the last record or the document
    does (after the records before that place have been given).
    """
    for found in _Cutter(_chunks(stream, encoding, notices), tuple(names), what):
        if isinstance(found, Rejected):
            yield found
            continue
        raw, line = found
        try:
            yield Piece(_parsed(raw, line, notices), raw, line)
        except etree.XMLSyntaxError as error:
            yield rejected(line, f"The record is no well-formed XML ({_why(error)}).", raw)


def declares_encoding(head: bytes) -> bool:
    """True when an XML declaration names an encoding."""
    return bool(_DECLARED.search(head[:1000].decode("latin-1")))


def declared_encoding(head: bytes, guessed: str) -> str:
    """The encoding that the XML declaration names, where the bytes alone left room for a guess."""
    found = _DECLARED.search(head[:1000].decode("latin-1"))
    if not found or guessed.startswith("utf"):
        return guessed
    try:
        name = codecs.lookup(found[1]).name
        "".encode(name)  # some codecs are not for text
    except (LookupError, UnicodeError):
        return guessed
    return "cp1252" if name in {"utf-8", "ascii", "iso8859-1"} else name


class _Cutter:
    """(text, line) of each record in file order, and what was meant as one and has no beginning or end."""

    def __init__(self, chunks: Iterator[str], names: tuple[str, ...], what: str):
        self._chunks, self._what = chunks, what
        self._marks = {
            name: re.compile(rf"<!--|<!\[CDATA\[|<(/?)(?:[\w.-]+:)?{name}(?=[\s/>])") for name in names
        }
        self._text, self._at = "", 0  # the text at hand, and how far it is dealt with
        self._line = 1  # where the text at hand begins
        self._wrappers: list[str] = []
        self._count, self._outside, self._outside_line = 0, "", 1

    def __iter__(self) -> Iterator[tuple[str, int] | Rejected]:
        while found := self._next_tag():
            name = found["name"].rpartition(":")[2]
            if name in self._marks and not found["end"]:
                self._drop(found.start())
                line = self._line
                raw, closed = self._record(name, found)
                self._count += closed
                no_end = "The record has no end: the next one begins inside it."
                yield (raw, line) if closed else rejected(line, no_end, raw)
            elif stray := self._wrap(name, found):
                yield stray
        if self._wrappers:
            raise self._cut_off(f"<{self._wrappers[-1]}> has no end")
        if outside := re.sub(r"<[?!][^>]*>", "", self._outside).strip():
            cause = (
                "Text stands outside of the XML's elements; it was not read. Import it as a file of its own."
            )
            yield rejected(self._outside_line, cause, outside)

    def _wrap(self, name: str, tag: re.Match[str]) -> Rejected | None:
        """Keep count of the elements around records; the end of a record that never began is told."""
        if tag["end"]:
            if name in self._wrappers:
                while self._wrappers.pop() != name:
                    pass
            elif name in self._marks:
                self._drop(tag.start())
                cause = f"The beginning of a record is missing before this </{name}>; what stood there was not read."
                return rejected(self._line, cause, tag.group())
        elif not tag["rest"].endswith("/"):
            self._wrappers.append(name)
            if len(self._wrappers) > 256:
                raise UnreadableFile(f"The {self._what} file nests elements too deeply to hold references.")
        return None

    def _next_tag(self) -> re.Match[str] | None:
        """The next tag outside of records; what it does not need of the text is forgotten."""
        while True:
            found = _GAP.search(self._text, self._at)
            if found is None:
                last = self._text.rfind("<", self._at)
                self._pass(last if 0 <= len(self._text) - last < _CHUNK and last >= 0 else len(self._text))
                if not self._more():
                    return None
                continue
            self._pass(found.start(), drop=False)
            self._at = found.end()
            if found.group() == "<!ENTITY":
                raise UnreadableFile(_ENTITIES)
            if found["name"]:
                return found
            if not self._skip(_CLOSERS[found.group()], drop=True):
                return None

    def _record(self, name: str, start: re.Match[str]) -> tuple[str, bool]:
        """The record that begins the text at hand, and whether it ends."""
        if start["rest"].endswith("/"):
            return self._text[: self._at], True
        unfinished = self._cut_off(f"the last <{name}> has no end")
        while True:
            found = self._marks[name].search(self._text, self._at)
            if found is None:
                self._at = max(self._at, len(self._text) - 64)
                if not self._more():
                    raise unfinished
            elif found.group() in _CLOSERS:
                self._at = found.end()
                if not self._skip(_CLOSERS[found.group()]):
                    raise unfinished
            elif not found[1]:
                self._at = found.start()
                return self._text[: self._at], False
            else:
                self._at = found.end()
                if not self._skip(">"):
                    raise unfinished
                return self._text[: self._at], True

    def _skip(self, closer: str, *, drop: bool = False) -> bool:
        """Go behind the closer; False when the text ends before it."""
        while (place := self._text.find(closer, self._at)) < 0:
            self._at = max(self._at, len(self._text) - len(closer) + 1)
            if drop:
                self._drop(self._at)
            if not self._more():
                return False
        self._at = place + len(closer)
        return True

    def _pass(self, place: int, *, drop: bool = True) -> None:
        """Note what stands outside of all elements on the way."""
        if self._count and not self._wrappers and len(self._outside) < _CHUNK:
            passed = self._text[self._at : place]
            if passed.strip() and not self._outside:
                blank = len(passed) - len(passed.lstrip())
                self._outside_line = self._line + _line_ends(self._text[: self._at + blank])
            self._outside += passed if self._outside else passed.lstrip()
        if drop:
            self._drop(place)

    def _drop(self, place: int) -> None:
        self._line += _line_ends(self._text[:place]) - (self._text[max(place - 1, 0) : place + 1] == "\r\n")
        self._text, self._at = self._text[place:], max(self._at - place, 0)

    def _more(self) -> bool:
        if len(self._text) > MAX_RECORD_CHARS:
            raise UnreadableFile(f"The record that begins on line {self._line} never ends.")
        chunk = next(self._chunks, "")
        self._text += chunk
        return bool(chunk)

    def _cut_off(self, why: str) -> UnreadableFile:
        return UnreadableFile(
            f"The {self._what} file is damaged at line {self._line} after {self._count:,} complete records ({why}). "
            "It was probably cut off while being saved: export it again."
        )


def _chunks(stream: BinaryIO, encoding: str, notices: Notices) -> Iterator[str]:
    errors = "surrogateescape" if encoding.startswith("utf-8") else "replace"
    decoder = codecs.getincrementaldecoder(encoding)(errors)
    line, data, held = 1, b"-", ""
    try:
        while data:
            data = stream.read(_CHUNK)
            chunk = held + decoder.decode(data, final=not data)
            # A line feed may follow in the next chunk: the two stay together.
            held = "\r" if data and chunk.endswith("\r") else ""
            chunk = chunk.removesuffix("\r") if held else chunk
            if chunk:
                yield chunk if chunk.isascii() else readable(chunk, line, notices)
                line += _line_ends(chunk)
    except UnicodeError as error:
        raise UnreadableFile(
            f"The text of the file breaks off or changes its encoding after line {line} ({encoding}). "
            "Export it again."
        ) from error


def _line_ends(text: str) -> int:
    return text.count("\n") + text.count("\r") - text.count("\r\n")


def _parsed(raw: str, line: int, notices: Notices) -> etree._Element:
    """The record's element; what is wrong but clear is mended and noted. Raises XMLSyntaxError otherwise."""
    text = _ODD.sub(_even, raw)
    try:
        return _without_namespaces(etree.fromstring(text, etree.XMLParser(**_PARSER)))
    except etree.XMLSyntaxError:
        prefixes = set(re.findall(r"[<\s/]([A-Za-z_][\w.-]*):[A-Za-z_]", text)) - {"xml", "xmlns"}
        declared = "".join(f' xmlns:{prefix}="urn:{prefix}"' for prefix in sorted(prefixes))
        whole = f"<x{declared}>{text}</x>"
        try:
            return _without_namespaces(etree.fromstring(whole, etree.XMLParser(**_PARSER))[0])
        except etree.XMLSyntaxError:
            found = etree.fromstring(whole, etree.XMLParser(**_PARSER, recover=True))
            if found is None or not len(found) or not _complete(found[0], text):
                raise
            notices.add(
                "{n} record was no well-formed XML and was read as far as its parts could be told",
                "{n} records were no well-formed XML and were read as far as their parts could be told",
                line=line,
            )
            return _without_namespaces(found[0])


def _complete(element: etree._Element, text: str) -> bool:
    """True when the mended element still has nearly all the text that the source has between its tags."""
    wanted = len(re.sub(r"\s+", "", html.unescape(re.sub(r"<[^<>]*>", "", text))))
    return len(re.sub(r"\s+", "", text_of(element))) >= 0.95 * wanted


def _even(found: re.Match[str]) -> str:
    """Something that XML allows and that says the same."""
    odd = found.group()
    if not odd.startswith("&"):
        return " "
    if odd == "&":
        return "&amp;"
    if odd.startswith("&#"):
        number = int(odd[3:-1], 16) if odd[2] in "xX" else int(odd[2:-1])
        legal = (
            number in (9, 10, 13)
            or 32 <= number < 0xD800
            or 0xE000 <= number < 0xFFFE
            or 0x10000 <= number <= 0x10FFFF
        )
        return odd if legal else " "
    text = html.unescape(odd)
    return "&amp;" + odd[1:] if text == odd else html.escape(text)


def _without_namespaces(element: etree._Element) -> etree._Element:
    for part in element.iter():
        if isinstance(part.tag, str) and part.tag.startswith("{"):
            part.tag = part.tag.rpartition("}")[2]
    return element


def _why(error: etree.XMLSyntaxError) -> str:
    why = re.sub(r", line \d+, column \d+.*$", "", str(error.msg or error)).strip()
    return why[:160] or "not well-formed"


def text_of(element: etree._Element | None) -> str:
    """All text inside an element, markup removed, runs joined as they stand; formulas as a person would type them."""
    if element is None:
        return ""
    for block in element.iter(*_BLOCKS) if len(element) else ():
        block.tail = " " + (block.tail or "")
    if len(element) and element.find(".//math") is not None:
        return _with_formulas(element)
    return "".join(str(part) for part in element.itertext())


def _with_formulas(element: etree._Element) -> str:
    inside = [_formula(child) if child.tag == "math" else _with_formulas(child) for child in element]
    tails = [child.tail or "" for child in element]
    return (element.text or "") + "".join(a + b for a, b in zip(inside, tails, strict=True))


def _formula(element: etree._Element) -> str:
    """MathML on one line, as markup of other formats leaves formulas: x2, ai, 1/2, but 10^6.

    Spaces between its elements mean nothing.
    """
    if not len(element):
        return " ".join((element.text or "").split())
    parts = [_formula(child) for child in element if child.tag not in {"annotation", "annotation-xml"}]
    if element.tag == "mfrac":
        return "/".join(parts)
    if (
        element.tag == "msup"
        and len(parts) == 2
        and parts[0].isdigit()
        and re.fullmatch(r"[-+−]?\d+", parts[-1])
    ):
        return "^".join(parts)
    return "".join(parts)
