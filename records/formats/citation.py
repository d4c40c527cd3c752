"""A citation in one line ("Lancet. 380(9859):2224-60, 2012 Dec 15.") taken apart."""

from __future__ import annotations

import re
from typing import NamedTuple


class Citation(NamedTuple):
    journal: str = ""
    year: str = ""
    volume: str = ""
    issue: str = ""
    pages: str = ""


_PAGE = r"(?:[A-Za-z]{0,3}\d[\w.]*(?:\s*[-\u2010-\u2015]\s*[A-Za-z]{0,3}\d*[\w.]*\w)?)"
_YEAR = r"(?:1[5-9]|20)\d\d"
_PAGES = rf"{_PAGE}(?:,\s?(?!{_YEAR}\b){_PAGE}){{0,5}}"
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|Spring|Summer|Autumn|Fall|Winter)[a-z]*"
_VOLUME = r"[A-Za-z]{0,3}\d[\w/-]*"
# One pattern per house style, most particular first; `_` stands for anything short in between.
_STYLES = [
    re.compile(pattern, re.VERBOSE | re.IGNORECASE)
    for pattern in (
        # Behavioural Psychotherapy. Vol.43(5), Sep 2015, pp. 562-577.   Long Title. Vol 28(2) April 2015, 103-106.
        rf"^(?P<journal>.+?)[.,]?\s+Vol\.?\s*(?P<volume>{_VOLUME})\s*(?:\((?P<issue>[^()]*)\))?"
        rf"[,.]?\s*(?:[^,;:]*?(?P<year>{_YEAR}))?(?:[^,:;]*?[,:;]\s*(?:Art(?:icle|No|ID)?:?\s*|pp?\.?\s*)?(?P<pages>{_PAGES}))?",
        # J Affect Disord. 151 (1) (pp 85-91), 2013. Date of Publication: October 2013.
        rf"^(?P<journal>.+?)\.\s+(?P<volume>{_VOLUME})?\s*(?:\((?P<issue>[^()]*)\))?\s*"
        rf"\((?:pp?\s*(?P<pages>{_PAGES})|no\s+pagination)\)(?:,\s*|\s+)(?:[^.;]*?)(?P<year>{_YEAR})",
        # J Affect Disord. 151 (1) (no pagination), Article Number: 12. 2013
        rf"^(?P<journal>.+?)\.\s+(?P<volume>{_VOLUME})\s*(?:\((?P<issue>[^()]*)\))?\s*\(no\s+pagination\),"
        rf"(?:\s*Article\s+Number:\s*(?P<pages>[\w.]+?)\.?\s)?[^.;]*?(?P<year>{_YEAR})",
        # Lancet. 380(9859):2224-60, 2012 Dec 15.   Ecohydrology.   8(6):1048-1064, September 2015.
        rf"^(?P<journal>.+?)\.\s+(?P<volume>{_VOLUME})?\s*(?:\((?P<issue>[^()]*)\))?\s*:\s*"
        rf"(?P<pages>{_PAGES})?\s*[,.]\s*[^,;]*?(?P<year>{_YEAR})",
        # Lancet 2012 Dec 15;380(9859):2224-60.   Industrial Medicine June 2015;58(6):688-696
        rf"^(?P<journal>.+?)[.;,]?\s+(?:{_MONTH}\.?\s+(?:\d{{1,2}},?\s+)?)?(?P<year>{_YEAR})(?:[\s/-]\w+){{0,4}}\s*[;.,]\s*"
        rf"(?P<volume>{_VOLUME})\s*(?:\((?P<issue>[^()]*)\))?\s*:\s*(?P<pages>{_PAGES})?",
        # Southeast Asian Affairs, 2013(1): 3-28.
        rf"^(?P<journal>.+?)[.,]\s+(?P<volume>(?P<year>{_YEAR}))\s*\((?P<issue>[^()]*)\)\s*:\s*(?P<pages>{_PAGES})?",
        # Journal of Political Studies 12, Winter 2007: 7-14.
        rf"^(?P<journal>.+?)(?:\s+(?P<volume>\d{{1,4}})(?:\((?P<issue>[^()]*)\))?)?,\s+[^,:;]*?(?P<year>{_YEAR})\s*:\s*(?P<pages>{_PAGES})?",
        # Hydrobiologia. 2007 15 June; 433-441.
        rf"^(?P<journal>.+?)\.\s+(?P<year>{_YEAR})(?:\s+[\w/-]+){{0,4}}\s*;\s*(?P<pages>{_PAGES})",
        # Journal Name. 2001 (anything)
        rf"^(?P<journal>.+?)[.;,]\s+[^.;,]*?(?P<year>{_YEAR})\b",
    )
]


def read_citation(text: str) -> Citation:
    """What can be told of journal, year, volume, issue and pages; "" for the rest, the text itself as journal
    when it holds nothing but a name.

    >>> read_citation("Lancet. 380(9859):2224-60, 2012 Dec 15.").pages
    '2224-60'
    """
    text = re.sub(r"\s+", " ", text).strip()
    if not text or len(text) > 2000:
        return Citation()
    conference = re.search(r"\.\s*Conference(?: Publication)?: ?(.*)", text)
    if conference:  # Embase puts the meeting between the journal and the volume
        journal = text[: conference.start()]
        found = re.search(
            rf"\.\s*(?P<volume>{_VOLUME})?\s*(?:\((?P<issue>[^()]*)\))?\s*"
            rf"\((?:pp?\s*(?P<pages>{_PAGES})|no pagination)\)",
            text,
        )
        year = re.search(rf"\)(?:, |\. )[^)]*?({_YEAR})", text)
        parts = {k: v or "" for k, v in found.groupdict().items()} if found else {}
        return Citation(journal=journal, year=year[1] if year else "", **parts)
    for style in _STYLES:
        found = style.match(text)
        if found:
            parts = {key: (value or "").strip(" .,;") for key, value in found.groupdict().items()}
            return Citation(**parts)
    return (
        Citation(journal=text.rstrip(" ."))
        if len(text) < 150 and not re.search(r"\d{4}", text)
        else Citation()
    )
