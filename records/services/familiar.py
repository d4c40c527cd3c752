"""A cheap look at which records of a file the review has already, or the file itself holds twice.

Only what is exactly the same counts: DOI, PMID, or title and year. The search for duplicates looks closer, once the
records are in the review; this is for the preview, and for files of any size.
"""

import re
from collections.abc import Iterator

from records.formats import ParsedRecord
from records.models import Record
from reviews.models import Review

_NO_WORD = re.compile(r"[\W_]+")
SHORT = 20  # letters; "Editorial" and "Reply" of one year are not the same


class Familiar:
    """Counts while a file is read: ``known`` to the review, ``doubled`` in the file."""

    def __init__(self, review: Review):
        rows = Record.objects.live().filter(review=review).values_list("doi", "pmid", "title", "year")
        self._review: set[int] = set()
        for row in rows.iterator():
            self._review.update(_keys(*row))
        self._file: set[int] = set()
        self.known = self.doubled = 0

    def meet(self, record: ParsedRecord) -> None:
        keys = list(_keys(record.doi, record.pmid, record.title, record.year))
        self.known += any(key in self._review for key in keys)
        self.doubled += any(key in self._file for key in keys)
        self._file.update(keys)


def _keys(doi: str, pmid: str, title: str, year: int | None) -> Iterator[int]:
    """What two records that are the same would share, as numbers: a set of them is small."""
    if doi:
        yield hash(("doi", doi))
    if pmid:
        yield hash(("pmid", pmid))
    letters = _NO_WORD.sub("", title.casefold())
    if len(letters) >= SHORT:
        yield hash((letters, year))
