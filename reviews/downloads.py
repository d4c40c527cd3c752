"""Rows as a CSV download that a spreadsheet opens without running anything in it."""

import csv
from collections.abc import Iterable, Iterator
from typing import Any

from django.http import StreamingHttpResponse

from reviews.safe_csv import safe_cell


class _Echo:
    def write(self, text: str) -> str:
        return text


def csv_lines(header: Iterable[str], rows: Iterable[Iterable[Any]], *, mark: bool = True) -> Iterator[str]:
    """The lines of an UTF-8 CSV file, with the mark by which spreadsheets know UTF-8.

    Programs such as ASReview and R take the mark for a part of the first heading: they get none.
    """
    writer = csv.writer(_Echo())
    yield ("\ufeff" if mark else "") + writer.writerow([safe_cell(name) for name in header])
    for row in rows:
        yield writer.writerow([safe_cell(value) for value in row])


def csv_download(
    file_name: str, header: Iterable[str], rows: Iterable[Iterable[Any]]
) -> StreamingHttpResponse:
    """An answer that downloads ``rows`` as ``file_name``; rows are written as they come, none is kept."""
    return StreamingHttpResponse(
        csv_lines(header, rows),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{file_name}"'},
    )
