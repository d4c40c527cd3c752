"""How our Word documents look: page, fonts, headings, captions. One place, so that all of them look the same."""

from docx.document import Document
from docx.enum.section import WD_ORIENT
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.section import Section
from docx.shared import Length, Mm, Pt, RGBColor
from docx.styles.style import ParagraphStyle

#: On every machine, or in the place of its metrics (Liberation Sans); the figures are drawn with the same.
FONT = "Arial"
INK = RGBColor(0x1B, 0x24, 0x30)
SOFT_INK = RGBColor(0x55, 0x60, 0x6E)
LINK = RGBColor(0x1A, 0x4F, 0x8B)
PAGE_SHORT, PAGE_LONG = Mm(210), Mm(297)
MARGIN = Mm(22)

#: Size, bold, space before, space after, colour.
Look = tuple[float, bool, float, float, RGBColor]
_STYLES: dict[str, Look] = {
    "Normal": (10.5, False, 0, 6, INK),
    "Title": (22, True, 0, 8, INK),
    "Subtitle": (12, False, 0, 10, SOFT_INK),
    "Heading 1": (16, True, 20, 8, INK),
    "Heading 2": (13, True, 14, 6, INK),
    "Heading 3": (11, True, 10, 4, INK),
    "Caption": (9.5, True, 10, 4, INK),
    "List Bullet": (10.5, False, 0, 3, INK),
    "List Number": (10.5, False, 0, 3, INK),
}
#: Our own.
_OWN: dict[str, Look] = {
    "Cell": (8.5, False, 1.5, 1.5, INK),
    "Note": (8.5, False, 0, 3, SOFT_INK),
    "Reference": (9.5, False, 0, 4, INK),
    "Code": (8.5, False, 2, 6, INK),
    "Byline": (11, False, 0, 12, INK),
    "Prompt": (10, False, 0, 6, SOFT_INK),
    "Callout": (9.5, False, 2, 6, INK),
    "Contents1": (9.5, True, 2, 0, INK),
    "Contents2": (9.5, False, 0, 0, INK),
}


def dress(document: Document, lang: str) -> None:
    """Give an empty document its styles and language."""
    _forget_word_2007(document)
    for name, look in _STYLES.items():
        _set(document.styles[name], *look)
    for name, look in _OWN.items():
        style = document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        style.base_style = document.styles["Normal"]
        _set(style, *look)
    for name in ("Heading 1", "Heading 2", "Heading 3"):
        document.styles[name].paragraph_format.keep_with_next = True
    document.styles["Normal"].paragraph_format.line_spacing = 1.15
    for name in ("Cell", "Contents1", "Contents2"):
        document.styles[name].paragraph_format.line_spacing = 1.0
    document.styles["Code"].font.name = "Courier New"
    hanging = document.styles["Reference"].paragraph_format
    hanging.left_indent, hanging.first_line_indent = Mm(8), Mm(-8)
    document.styles["Prompt"].font.italic = True
    _boxed(document.styles["Callout"])
    document.styles["Contents2"].paragraph_format.left_indent = Mm(6)
    _bare(document.styles["Title"])
    link = document.styles.add_style("Hyperlink", WD_STYLE_TYPE.CHARACTER)
    link.font.color.rgb, link.font.underline = LINK, True
    _speak(document, lang)


def lay_out(section: Section, *, landscape: bool) -> None:
    """A4, upright or across, with even margins."""
    section.orientation = WD_ORIENT.LANDSCAPE if landscape else WD_ORIENT.PORTRAIT
    across, down = (PAGE_LONG, PAGE_SHORT) if landscape else (PAGE_SHORT, PAGE_LONG)
    section.page_width, section.page_height = across, down
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = MARGIN
    section.header_distance = section.footer_distance = Mm(10)


def text_area(section: Section) -> tuple[Length, Length]:
    """Width and height of what a page of this section can hold."""
    sides = section.left_margin, section.right_margin, section.top_margin, section.bottom_margin
    left, right, top, bottom = (side or Mm(0) for side in sides)
    width, height = section.page_width or PAGE_SHORT, section.page_height or PAGE_LONG
    return Length(width - left - right), Length(height - top - bottom)


def _forget_word_2007(document: Document) -> None:
    """Drop the template's second set of styles, for Word 2007: it would contradict ours, which Word may report."""
    rels = document.part.rels
    for key in [key for key, rel in rels.items() if rel.reltype.endswith("/stylesWithEffects")]:
        rels.pop(key)


def _set(style: ParagraphStyle, size: float, bold: bool, before: float, after: float, ink: RGBColor) -> None:
    font = style.font
    font.name, font.size, font.bold, font.italic = FONT, Pt(size), bold, False
    font.color.rgb = ink
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):  # a theme's font would win
        fonts.attrib.pop(qn(f"w:{theme}"), None)
    for script in ("ascii", "hAnsi", "cs"):
        fonts.set(qn(f"w:{script}"), FONT)
    style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(before), Pt(after)
    style.paragraph_format.alignment = WD_ALIGN_PARAGRAPH.LEFT


def _bare(style: ParagraphStyle) -> None:
    """Without the line that the library's template draws under a title."""
    for border in style.element.get_or_add_pPr().findall(qn("w:pBdr")):
        border.getparent().remove(border)


def _boxed(style: ParagraphStyle) -> None:
    """With a bar at its left and a light ground, to be seen before the text around it."""
    about = style.element.get_or_add_pPr()
    bars, ground = OxmlElement("w:pBdr"), OxmlElement("w:shd")
    bar = OxmlElement("w:left")
    for name, value in (("val", "single"), ("sz", "24"), ("space", "6"), ("color", "B7791F")):
        bar.set(qn(f"w:{name}"), value)
    bars.append(bar)
    for name, value in (("val", "clear"), ("color", "auto"), ("fill", "FDF6E7")):
        ground.set(qn(f"w:{name}"), value)
    spacing = about.find(qn("w:spacing"))
    spacing.addprevious(bars)
    spacing.addprevious(ground)


def _speak(document: Document, lang: str) -> None:
    """The language that spelling checkers and screen readers take."""
    defaults = document.styles.element.find(qn("w:docDefaults")).find(qn("w:rPrDefault")).find(qn("w:rPr"))
    for old in defaults.findall(qn("w:lang")):
        defaults.remove(old)
    node = OxmlElement("w:lang")
    node.set(qn("w:val"), lang)
    defaults.append(node)
    document.core_properties.language = lang
