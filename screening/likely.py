"""Which other records a record may be a duplicate of: the likely ones, and those found by a person's words.

Neither looks at votes or outcomes, so what is proposed tells nothing about colleagues.
"""

import json
import re
from dataclasses import dataclass, fields

from django.db.models import Q, TextField
from django.db.models.functions import Cast

from records.dedup import DedupRecord, find_pairs
from records.models import DuplicateCandidate, Record, RecordQuerySet

SHOWN = 9  # one key each
EACH = 60  # of one kind, before they are compared
WORDS = 12  # more would be a query deeper than SQLite takes
COMPARED = [field.name for field in fields(DedupRecord)]
RESOLVER = re.compile(r"^(https?://(dx\.)?doi\.org/|doi:)", re.IGNORECASE)


@dataclass(frozen=True)
class Proposal:
    """A record to choose, with the reasons why it is likely the same (none for one found by words)."""

    record: Record
    reasons: tuple[str, ...] = ()


def likely(record: Record) -> list[Proposal]:
    """The records most like ``record``, best first; those that a person told apart from it are left out."""
    near = {other.pk: other for other in _near(record)}
    ours = DedupRecord(**{name: getattr(record, name) for name in COMPARED})
    theirs = [DedupRecord(**{name: getattr(other, name) for name in COMPARED}) for other in near.values()]
    found = []
    for pair in find_pairs([ours], against=theirs):
        other = pair.left_id if pair.right_id == record.pk else pair.right_id
        found.append(Proposal(near.pop(other), tuple(pair.reasons)))
    asked = {other for other in _paired(record, DuplicateCandidate.State.WAITING) if other in near}
    found += [Proposal(near.pop(other), ("waits under Duplicates",)) for other in sorted(asked)]
    return found[:SHOWN]


def found_by(record: Record, words: str) -> list[Proposal]:
    """Records with every word in title, authors or journal, or as their year, DOI or PMID; one more than is shown."""
    rows = _others(record).annotate(author_text=Cast("authors", TextField()))
    for word in words.split()[:WORDS]:
        rows = rows.filter(_has(word))
    return [Proposal(other) for other in rows.order_by("pk")[: SHOWN + 1]]


def _has(word: str) -> Q:
    plain = RESOLVER.sub("", word)
    found = Q(title__icontains=word) | Q(journal__icontains=word) | Q(doi__iexact=plain) | Q(pmid=word)
    found |= _by(word)
    return found | Q(year=int(word)) if re.fullmatch(r"[0-9]{4}", word) else found


def _by(name: str) -> Q:
    escaped = json.dumps(name)[1:-1]  # SQLite keeps JSON with \\u escapes
    return Q(author_text__icontains=name) | Q(author_text__icontains=escaped)


def _others(record: Record) -> RecordQuerySet:
    rows = Record.objects.unique().filter(review=record.review_id).exclude(pk=record.pk)
    return rows.select_related("search").defer("raw", "extra", "original", "earlier")


def _near(record: Record) -> list[Record]:
    """Records worth comparing: asked about already, with an identifier or a title in common, by the same author."""
    rows = _others(record).exclude(pk__in=_paired(record, *DuplicateCandidate.APART))
    rows = rows.annotate(author_text=Cast("authors", TextField()))
    kinds = [Q(pk__in=_paired(record, DuplicateCandidate.State.WAITING))]
    kinds += [Q(**{name: value}) for name in ("doi", "pmid", "pmcid") if (value := getattr(record, name))]
    kinds.append(Q(title__iexact=record.title))
    longest = sorted(set(re.findall(r"\w{5,}", record.title)), key=lambda word: (-len(word), word))[:3]
    if longest:
        kinds.append(Q(*(Q(title__icontains=word) for word in longest)))
    if record.first_author and record.year:
        kinds.append(_by(record.first_author) & Q(year__range=(record.year - 1, record.year + 1)))
    return [other for kind in kinds for other in rows.filter(kind).order_by("pk")[:EACH]]


def _paired(record: Record, *states: str) -> set[int]:
    """The records that stand for the other end of the record's pairs in ``states``."""
    pairs = DuplicateCandidate.objects.filter(Q(left=record) | Q(right=record), state__in=states)
    found = set()
    for left, right, of_left, of_right in pairs.values_list(
        "left", "right", "left__duplicate_of", "right__duplicate_of"
    ):
        found.add((of_right or right) if left == record.pk else (of_left or left))
    return found
