"""Which records of a review are plainly the same as what somebody is about to add."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Q

from records.dedup.titles import is_generic, title_key
from records.models import Record
from reviews.models import Review

SHOWN = 5
IDENTIFIERS = ("doi", "pmid", "pmcid")


def known_as(review: Review, values: Mapping[str, Any]) -> list[Record]:
    """Up to five live records with the same DOI, PMID or PMCID, or the same title but for case and punctuation.

    ``values`` as ``records.values.read_values`` gives them. Generic titles ("Editorial") say nothing. The search for
    duplicates finds more; this is what can be said at once.
    """
    same = Q()
    for name in IDENTIFIERS:
        if value := values.get(name):
            same |= Q(**{name: value})
    rows = review.records.live().select_related("search", "batch").defer("raw", "extra", "batch__rejected")
    found = {record.pk: record for record in rows.filter(same)[:SHOWN]} if same else {}
    for record in _of_title(rows, values.get("title") or ""):
        found.setdefault(record.pk, record)
    return list(found.values())[:SHOWN]


def _of_title(rows, title: str) -> list[Record]:
    key = title_key(title)
    if not key or is_generic(title):
        return []
    longest = max(title.split(), key=len)  # a database finds the word, the key then tells
    likely = rows.filter(title__icontains=longest).values_list("pk", "title")[:20_000]
    pks = [pk for pk, other in likely if title_key(other) == key][:SHOWN]
    return list(rows.filter(pk__in=pks))
