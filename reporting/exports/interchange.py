"""What files for other programs share: CSV as RevMan writes it, numbers, and a ZIP without a clock."""

import csv
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from reviews.safe_csv import safe_cell

#: The earliest time that a ZIP can hold.
EPOCH = (1980, 1, 1, 0, 0, 0)
BOM = "\ufeff"


def csv_file(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """UTF-8 with its mark and CRLF, as RevMan writes and reads it; no cell that a spreadsheet takes for a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(header)
    for row in rows:
        writer.writerow([safe_cell(value) for value in row])
    return (BOM + out.getvalue()).encode()


def zip_file(files: Mapping[str, bytes]) -> bytes:
    """The files by path, sorted; the same files give the same bytes."""
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path, body in sorted(files.items()):
            entry = zipfile.ZipInfo(path, EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            archive.writestr(entry, body)
    return kept.getvalue()


def rounded(value: float | None, digits: int = 6) -> str:
    """A computed number with as many decimals as RevMan gives (1.5, 0.00101); "" for None."""
    if value is None:
        return ""
    text = f"{value:.{digits}f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def exact(value: float | None) -> str:
    """A number that went in, with every digit that matters; "" for None."""
    return "" if value is None else f"{value:.15g}"


def yes_no(value: object) -> str:
    return "true" if value else "false"
