"""The words of a review's records as numbers, kept in a file that is made anew when a text changes or comes."""

from __future__ import annotations

import hashlib
import os
import tempfile
from array import array
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from records.models import Record
from reviews.models import Review

if TYPE_CHECKING:
    from screening.priority.features import Features


@dataclass(frozen=True)
class Corpus:
    """``features`` has a row for each of ``ids``, the unique records of a review in id order."""

    ids: list[int]
    features: Features

    @property
    def digest(self) -> str:
        """Of which record is in which row."""
        return digest_of(self.ids)

    def rows_of(self, records: list[int]) -> dict[int, int]:
        """Places in ``features`` of those of ``records`` that it has."""
        wanted = set(records)
        return {pk: row for row, pk in enumerate(self.ids) if pk in wanted}


def digest_of(ids: list[int]) -> str:
    return hashlib.sha256(array("q", ids).tobytes()).hexdigest()[:16]


def corpus_of(review: Review) -> Corpus:
    """All unique records of the review: from the file while the texts are the same, else counted anew."""
    from screening.priority import features  # numpy and scipy: only who learns waits for them

    ids, titles, abstracts, keywords = _texts(review)
    digest = features.digest(titles, abstracts, keywords)
    kept = load(review, digest)
    if kept is not None and len(kept) == len(ids):
        return Corpus(ids, kept)
    made = features.build(titles, abstracts, keywords)
    _keep(review, made)
    return Corpus(ids, made)


def load(review: Review, digest: str) -> Features | None:
    """The numbers with this digest if their file is there and whole."""
    from screening.priority.features import Features

    try:
        return Features.load(_path(review, digest))
    except (OSError, ValueError):  # not there, cut short, or of an older version: made anew
        return None


def _texts(review: Review) -> tuple[list[int], list[str], list[str], list[str]]:
    rows = Record.objects.unique().filter(review=review).order_by("pk")
    ids, titles, abstracts, keywords = [], [], [], []
    for pk, title, abstract, words in rows.values_list("pk", "title", "abstract", "keywords").iterator(2000):
        ids.append(pk)
        titles.append(title)
        abstracts.append(abstract)
        keywords.append("; ".join(map(str, words)) if isinstance(words, list) else str(words or ""))
    return ids, titles, abstracts, keywords


def _path(review: Review, digest: str) -> Path:
    return Path(settings.RANKING_CACHE) / str(review.pk) / f"{digest}.npz"


def _keep(review: Review, made: Features) -> None:
    """Write the file whole or not at all, and take away those of earlier texts."""
    path = _path(review, made.digest)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as scratch:
        part = Path(scratch.name)
    try:
        made.save(part)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
    for old in path.parent.glob("*.npz"):
        if old != path:
            old.unlink(missing_ok=True)
