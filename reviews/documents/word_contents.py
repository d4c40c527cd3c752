"""The list of contents of a Word document: links to its headings.

Only the program that lays the pages out knows their numbers, so the list has none as saved; Word adds them when it
updates the field (right click, Update field).
"""

from docx.document import Document
from docx.oxml.ns import qn
from docx.oxml.xmlchemy import BaseOxmlElement
from docx.text.paragraph import Paragraph

from reviews.documents.word_text import Words, element, run_of

DEPTH = 2
_HERE = "_contents"


def mark_heading(paragraph: Paragraph, number: int) -> None:
    """A bookmark around a heading, so that links find it."""
    start = element("w:bookmarkStart", id=number, name=f"_Toc{number:06}")
    paragraph._p.insert(1, start)  # after its style
    paragraph._p.append(element("w:bookmarkEnd", id=number))


def mark_place(document: Document) -> None:
    """Where the contents will stand; ``fill_contents`` writes them once all headings are there."""
    document.add_paragraph()._p.append(element("w:bookmarkStart", id=0, name=_HERE))


def fill_contents(document: Document) -> None:
    """Put a link for every heading where ``mark_place`` was called; nothing where it was not."""
    places = document.element.body.xpath(f'./w:p[w:bookmarkStart[@w:name="{_HERE}"]]')
    if not places:
        return
    styles = {style.style_id: style.name for style in document.styles}
    lines = []
    for paragraph in document.element.body.findall(qn("w:p")):
        name = styles.get(paragraph.style or "", "")
        mark = paragraph.find(qn("w:bookmarkStart"))
        if name.startswith("Heading ") and mark is not None and int(name[-1]) <= DEPTH:
            text = "".join(node.text or "" for node in paragraph.iter(qn("w:t")))
            lines.append(_line(int(name[-1]), text, mark.get(qn("w:name"))))
    if lines:
        _wrap(lines)
    for line in lines:
        places[0].addprevious(line)
    places[0].getparent().remove(places[0])


def _line(level: int, text: str, anchor: str) -> BaseOxmlElement:
    line, look = element("w:p"), element("w:pPr")
    look.append(element("w:pStyle", val=f"Contents{level}"))
    line.append(look)
    link = element("w:hyperlink", anchor=anchor, history="1")
    link.append(run_of(Words(text)))
    line.append(link)
    return line


def _wrap(lines: list[BaseOxmlElement]) -> None:
    """The lines as the result of a field, so that Word can update them."""
    code = element("w:r")
    text = element("w:instrText")
    text.text = f' TOC \\o "1-{DEPTH}" \\h \\z \\u '
    text.set(qn("xml:space"), "preserve")
    code.append(text)
    for place, node in enumerate((_char("begin"), code, _char("separate")), start=1):
        lines[0].insert(place, node)
    lines[-1].append(_char("end"))


def _char(kind: str) -> BaseOxmlElement:
    run = element("w:r")
    run.append(element("w:fldChar", fldCharType=kind))
    return run
