"""Text in a Word document: runs with their marks, links, fields; nothing in it that XML cannot hold."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import urlsplit

from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.oxml.xmlchemy import BaseOxmlElement
from docx.text.paragraph import Paragraph

# Characters XML 1.0 cannot hold, however escaped; imported titles do contain them.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Words:
    """A piece of text with its marks. ``href`` (http, https or mailto, else it is plain text) makes it a link;
    ``raised`` is for the letters and numbers of footnotes."""

    text: str
    bold: bool = False
    italic: bool = False
    raised: bool = False
    href: str = ""


#: What a paragraph or cell may hold: text, or pieces of text. A line feed is a line break.
Content = str | Words | Sequence[str | Words]


def clean(text: object) -> str:
    """``text`` as XML can hold it, with one kind of line end."""
    return _NOT_XML.sub("", str(text)).replace("\r\n", "\n").replace("\r", "\n")


def pieces(content: Content) -> list[Words]:
    """The content as pieces, whatever way it was given."""
    parts = [content] if isinstance(content, str | Words) else content
    return [part if isinstance(part, Words) else Words(str(part)) for part in parts]


def plain(content: Content) -> str:
    """The content without its marks."""
    return "".join(piece.text for piece in pieces(content))


def write(paragraph: Paragraph, content: Content, *, bold: bool = False) -> None:
    """Add the pieces of ``content`` to a paragraph."""
    for piece in pieces(content):
        runs = _link(paragraph, piece.href) if _leads_somewhere(piece.href) else paragraph._p
        runs.append(run_of(piece, bold=bold or piece.bold, link=runs is not paragraph._p))


def field(paragraph: Paragraph, instruction: str, shown: str) -> None:
    """A field (page number, number of a caption) that reads ``shown`` until the program counts again."""
    node = element("w:fldSimple", instr=f" {instruction} ")
    node.append(run_of(Words(shown)))
    paragraph._p.append(node)


def run_of(piece: Words, *, bold: bool = False, link: bool = False) -> BaseOxmlElement:
    """The piece as a run, wherever it then stands."""
    run = element("w:r")
    marks = element("w:rPr")
    if link:
        marks.append(element("w:rStyle", val="Hyperlink"))
    marks.extend(element(name) for name, wanted in (("w:b", bold), ("w:i", piece.italic)) if wanted)
    if piece.raised:
        marks.append(element("w:vertAlign", val="superscript"))
    if len(marks):
        run.append(marks)
    for number, line in enumerate(clean(piece.text).split("\n")):
        if number:
            run.append(element("w:br"))
        text = element("w:t")
        text.text = line.replace("\t", " ")
        text.set(qn("xml:space"), "preserve")
        run.append(text)
    return run


def element(name: str, /, **attributes: object) -> BaseOxmlElement:
    """An element of Word's own names with such attributes: ``element("w:jc", val="right")``."""
    node = OxmlElement(name)
    for key, value in attributes.items():
        node.set(qn(f"w:{key}"), clean(value))
    return node


def _leads_somewhere(href: str) -> bool:
    if href != "".join(clean(href).split()):
        return False
    try:
        return urlsplit(href).scheme in {"http", "https", "mailto"}
    except ValueError:  # an address nobody can follow stays text
        return False


def _link(paragraph: Paragraph, href: str) -> BaseOxmlElement:
    node = element("w:hyperlink")
    # named after the address: the library would look through all links for each further one
    key, known = f"link{sha256(href.encode()).hexdigest()[:16]}", paragraph.part.rels
    if key not in known:
        known.add_relationship(RELATIONSHIP_TYPE.HYPERLINK, href, key, is_external=True)
    node.set(qn("r:id"), key)
    paragraph._p.append(node)
    return node
