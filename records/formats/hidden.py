"""Identifiers in fields that no reader takes for one: links, notes, custom fields.

A DOI, PMID or PMCID counts only when a line holds nothing else (bare, labelled or as an address), since one in
running text may be another paper's; register numbers count wherever they stand. Fields that hold cited
references or point to corrections and comments are left out of both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from . import normalise

_OTHERS = re.compile(
    r"CR|M1|RF|RX|CM|CIN|CON|EIN|EFR|RIN|ROF|RPI|RPF|UIN|UOF|ORI|SPIN|CRI|CRF|ECI|ECF|DDIN|DRIN|AD|C1|IN|IRAD|"
    r".*(?:\breferences?\b|\bcited\b|\bciting\b|comment|errat|correct|retract|update|related|affiliation|address).*",
    re.IGNORECASE,
)
_DOI_ALONE = re.compile(
    r"\W{0,3}(?:doi\W{0,3})?(?:https?://[^\s/]+/(?:[\w.%-]+/){0,4})?(10\.\d{4,9}/\S+)", re.IGNORECASE
)
_PUBMED_ALONE = re.compile(
    r"(?:PMID|PubMed(?: ID)?)\W{0,3}\d{4,8}\W?|\S*pubmed\S*/\d{4,8}/?(?:\?\S*)?|\d{4,8}\s*\[pmid\]",
    re.IGNORECASE,
)
_PMC_ALONE = re.compile(
    r"(?:PMCID\W{0,3})?PMC\d{4,9}(?:\s*\[pmcid\])?|https?://\S+/PMC\d{4,9}\S*", re.IGNORECASE
)


class Hidden:
    """The texts of a record's further fields, searched when its own fields had no identifier."""

    def __init__(self, extra: Mapping[str, list[str]], url: str = ""):
        self.texts = [v for tag, values in extra.items() if not _OTHERS.fullmatch(tag) for v in values]
        self._url = url

    def _lines(self, holding: str) -> Iterator[str]:
        for text in (self._url, *self.texts):
            if holding in text.casefold():
                yield from (line.strip() for line in text.split("\n") if len(line) < 300)

    def doi(self) -> str:
        found = (line for line in self._lines("10.") if _DOI_ALONE.fullmatch(line))
        return normalise.first(map(normalise.normalise_doi, found))

    def pmid(self) -> str:
        found = (line for line in self._lines("pm") if _PUBMED_ALONE.fullmatch(line))
        found_too = (line for line in self._lines("pubmed") if _PUBMED_ALONE.fullmatch(line))
        return normalise.first(map(normalise.find_pmid, (*found, *found_too)))

    def pmcid(self) -> str:
        found = (line for line in self._lines("pmc") if _PMC_ALONE.fullmatch(line))
        return normalise.first(map(normalise.find_pmcid, found))
