"""Office files (DOCX, XLSX, PPTX) are zip archives: the same content gives the same bytes."""

import io
import re
import zipfile
from datetime import datetime

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
#: What a document says about when it was made: always the same, so that only its content decides its bytes.
LONG_AGO = datetime(2000, 1, 1)
_STAMP = LONG_AGO.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
_TIMES = re.compile(rb"(<dcterms:(created|modified)\b[^>]*>)[^<]*(</dcterms:\2>)")
#: A picture of the library's own empty template, not of this document.
_THUMBNAIL = "docProps/thumbnail.jpeg"
_THUMBNAIL_LINK = re.compile(rb'<Relationship\b[^>]*Target="/?docProps/thumbnail\.jpeg"[^>]*/>')


def fixed(package: bytes) -> bytes:
    """The same office file without a trace of the moment it was saved.

    Entries are sorted with the list of content types first (as readers expect it), their times and the times among
    the properties are ``LONG_AGO``. The library's thumbnail is left out.
    """
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(package)) as source,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in sorted(source.namelist(), key=lambda name: (name != "[Content_Types].xml", name)):
            if name == _THUMBNAIL:
                continue
            entry = zipfile.ZipInfo(name, date_time=LONG_AGO.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, _timeless(name, source.read(name)))
    return out.getvalue()


def _timeless(name: str, data: bytes) -> bytes:
    if name == "docProps/core.xml":
        return _TIMES.sub(rb"\g<1>" + _STAMP + rb"\g<3>", data)
    return _THUMBNAIL_LINK.sub(b"", data) if name == "_rels/.rels" else data
