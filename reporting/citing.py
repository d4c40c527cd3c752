"""How a record is cited in a list of references: the style of the National Library of Medicine ("Vancouver"). Pure.

    found = cite(record)
    found.text      # Smith AB, Jones C. A trial of rest. Lancet 2012;380(9859):2224-60. doi:10.1000/x. PMID 123.

Source of the style: Citing Medicine, 2nd edition (NLM 2007), chapter 1; six authors, then "et al.".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import quote, urlsplit

from records.registers import trial_address

MOST_AUTHORS = 6
_ENDS = ".?!"
_INITIALS = re.compile(r"[A-Z]{1,3}")


class Citable(Protocol):
    """What is asked of a record."""

    title: str
    authors: Sequence[str]
    year: int | None
    journal: str
    volume: str
    issue: str
    pages: str
    doi: str
    pmid: str
    registry_ids: Sequence[str]
    url: str


@dataclass(frozen=True)
class Reference:
    """A reference in pieces, so that the journal can be printed in italics and identifiers be links.

    ``lead`` ends with the title, ``rest`` follows the journal; ``links`` are (text, address), "" without one.
    """

    lead: str
    journal: str
    rest: str
    links: tuple[tuple[str, str], ...] = ()

    @property
    def text(self) -> str:
        """All of it in one line."""
        body = " ".join(part for part in (self.lead, self.journal, self.rest) if part)
        return " ".join([body, *(f"{text}." for text, _ in self.links)])


def cite(record: Citable) -> Reference:
    """The reference of a record. What is not known is left out; nothing is guessed."""
    title = " ".join(record.title.split()) or "No title"
    who = names(record.authors)
    lead = f"{_stopped(who)} {_stopped(title)}" if who else _stopped(title)
    journal = " ".join(record.journal.split()).rstrip(".")
    return Reference(lead, journal, _rest(record), tuple(_links(record)))


def names(authors: Sequence[str]) -> str:
    """``Smith AB, Jones C``; after six of more than six, "et al."."""
    shown = [name(author) for author in authors if author.strip()]
    return ", ".join([*shown[:MOST_AUTHORS], "et al."] if len(shown) > MOST_AUTHORS else shown)


def name(author: str) -> str:
    """``Smith, Ann B.`` as ``Smith AB``; a group or a single name stays as it is.

    >>> name("Van der Berg, Jean-Paul")
    'Van der Berg JP'
    """
    family, comma, given = (part.strip() for part in author.partition(","))
    if not comma or not given:
        return family
    if _INITIALS.fullmatch(given):
        return f"{family} {given}"
    given, _, suffix = (part.strip() for part in given.partition(","))
    letters = "".join(
        part[0].upper() for part in re.split(r"[\s.\-\u2010-\u2015]+", given) if part[:1].isalpha()
    )
    return " ".join(part for part in (family, letters or given, suffix) if part)


def _rest(record: Citable) -> str:
    """``2012;380(9859):2224-60.``"""
    volume = f"{record.volume}({record.issue})" if record.issue else record.volume
    place = ":".join(part for part in (volume, record.pages) if part)
    told = ";".join(part for part in (str(record.year or ""), place) if part)
    return _stopped(told) if told else ""


def _links(record: Citable) -> Iterator[tuple[str, str]]:
    if record.doi:
        yield f"doi:{record.doi}", f"https://doi.org/{quote(record.doi, safe='/:;()')}"
    if record.pmid:
        yield f"PMID {record.pmid}", f"https://pubmed.ncbi.nlm.nih.gov/{quote(record.pmid)}/"
    for number in record.registry_ids:
        yield number, trial_address(number)
    if record.url and not (record.doi or record.pmid or record.registry_ids):
        yield record.url, record.url if _on_the_web(record.url) else ""


def _on_the_web(url: str) -> bool:
    """Whether this is an address that a link may lead to: a file may say anything."""
    try:
        return urlsplit(url).scheme in {"http", "https"} and not any(char <= " " for char in url)
    except ValueError:
        return False


def _stopped(text: str) -> str:
    return text if text[-1:] in _ENDS else f"{text}."
