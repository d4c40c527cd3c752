"""Small PDFs for tests, written by hand: text in a standard font, several pages, metadata, a password."""

from io import BytesIO

from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject


def make_pdf(
    *pages: str, title: str = "", subject: str = "", password: str = "", size=(595, 842), junk: int = 0
) -> bytes:
    """A PDF of which each page says its text, a line a line. ``junk``: so many bytes before all else."""
    writer = PdfWriter()
    if junk:
        unused = DecodedStreamObject()
        unused.set_data(b"x" * junk)
        writer._add_object(unused)
    font = writer._add_object(
        DictionaryObject(
            {
                NameObject("/Type"): NameObject("/Font"),
                NameObject("/Subtype"): NameObject("/Type1"),
                NameObject("/BaseFont"): NameObject("/Helvetica"),
                NameObject("/Encoding"): NameObject("/WinAnsiEncoding"),
            }
        )
    )
    for text in pages or ("",):
        page = writer.add_blank_page(*size)
        page[NameObject("/Resources")] = DictionaryObject(
            {NameObject("/Font"): DictionaryObject({NameObject("/F1"): font})}
        )
        stream = DecodedStreamObject()
        stream.set_data(_drawn(text, size[1]))
        page[NameObject("/Contents")] = writer._add_object(stream)
    writer.add_metadata({key: value for key, value in (("/Title", title), ("/Subject", subject)) if value})
    if password:
        writer.encrypt(password)
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def _drawn(text: str, height: int) -> bytes:
    lines = [f"BT /F1 12 Tf 16 TL 50 {height - 60} Td"]
    for line in text.splitlines():
        escaped = line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
        lines.append(f"({escaped}) Tj T*")
    return "\n".join([*lines, "ET"]).encode("cp1252")
