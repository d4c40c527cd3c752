"""A ZIP that says the same with the same bytes. No Django."""

import hashlib
import io
import zipfile
from collections.abc import Mapping

#: The earliest time a ZIP can hold: the archive says nothing about when it was made.
EPOCH = (1980, 1, 1, 0, 0, 0)
SUMS = "SHA256SUMS"


def archive_of(files: Mapping[str, str | bytes]) -> bytes:
    """The files by path, sorted, with their SHA-256 sums (``sha256sum -c SHA256SUMS``); texts as UTF-8."""
    contents = {path: body.encode() if isinstance(body, str) else body for path, body in files.items()}
    sums = "".join(f"{hashlib.sha256(body).hexdigest()}  {path}\n" for path, body in sorted(contents.items()))
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path, body in [*sorted(contents.items()), (SUMS, sums.encode())]:
            entry = zipfile.ZipInfo(path, EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            archive.writestr(entry, body)
    return kept.getvalue()
