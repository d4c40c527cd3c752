"""Identifiers as one spelling each, found where databases hide them.

Every function takes any text and gives "" (or []) when there is nothing of the kind in it.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from urllib.parse import unquote

_DOI = re.compile(r"10\.\d{3,9}(?:\.\d+)*/[^\s\"\u200b]+", re.IGNORECASE)
_PMID = re.compile(r"(?<!\d)0*([1-9]\d{0,7})(?!\d)")
_PMCID = re.compile(r"(?:^|\b)PMC\s?:?-?\s?(\d{3,9})\b", re.IGNORECASE)
_PMCID_BARE = re.compile(r"^\s*(\d{3,9})(?:\.0)?\s*$")
_LABELLED_PMID = re.compile(
    r"(?:^|[\n|{]|PMC\d+;)\s*(?:PMID|PubMed[ -]?(?:ID|Unique)?|PUI\s+PMID|Medline|NLM)\s*[:=]?\s*(\d{4,8})\b(?!\.)",
    re.IGNORECASE,
)
_PUBMED_URL = re.compile(
    r"(?:ncbi\.nlm\.nih\.gov/(?:m/)?pubmed/|pubmed\.ncbi\.nlm\.nih\.gov/|pubmed\.gov/)(\d{1,8})\b"
)
_PMC_URL = re.compile(r"/pmc/articles/(PMC\d+)", re.IGNORECASE)

# Spelling rules: WHO ICTRP's list of primary registries and the registries' own pages.
_REGISTRIES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, 0 if template[:3] in ("NTR", "RBR", "PER") else re.IGNORECASE), template)
    for pattern, template in (
        (r"\bNCT[\s:-]?0?(\d{8})\b", "NCT{0}"),
        (r"\bISRCTN[\s:-]?(\d{8})\b", "ISRCTN{0}"),
        (r"\b(?:EUCTR|EudraCT(?:\s*(?:no|number|nr)\b)?)\W{0,3}(20\d\d-\d{6}-\d\d)", "EudraCT {0}"),
        (r"(?<![\d-])(20(?:0[4-9]|1\d|2[0-3])-0\d{5}-\d\d)(?![\d-])", "EudraCT {0}"),
        (r"(?<![\d-])(20(?:2[2-9]|3\d)-5\d{5}-\d\d)(?:-\d\d)?(?!\d)", "EUCT {0}"),
        (r"\bACTRN[\s:-]?(\d{14})\b", "ACTRN{0}"),
        (r"\bChiCTR[\s-]?((?:[A-Z]{2,6}-)?\d{8,10})\b", "ChiCTR-{0}"),
        (r"\bDRKS[\s:-]?(\d{8})\b", "DRKS{0}"),
        (r"\bUMIN[\s:-]?(?:CTR)?[\s:-]?(\d{9})\b", "UMIN{0}"),
        (r"\bjRCT[\s:-]?(s?\d{9,10})\b", "jRCT{0}"),
        (r"\bJapicCTI-?(\d{6})\b", "JapicCTI-{0}"),
        (r"\bCTRI/(\d{4}/\d{2,3}/\d{6})\b", "CTRI/{0}"),
        (r"\bIRCT\s?(\d{8,14}N\d{1,3}|\d{11,14})\b", "IRCT{0}"),
        (r"\bKCT\s?(\d{7})\b", "KCT{0}"),
        (r"\b(?:NTR|NL-?OMON)[\s:-]?(\d{3,5})\b", "NTR{0}"),
        (r"\bPACTR\s?(\d{15,16})\b", "PACTR{0}"),
        (r"\bRBR-([0-9a-z]{5,8})\b", "RBR-{0}"),
        (r"\bSLCTR/(\d{4}/\d{3})\b", "SLCTR/{0}"),
        (r"\bTCTR\s?(\d{11})\b", "TCTR{0}"),
        (r"\bRPCEC\s?(\d{8})\b", "RPCEC{0}"),
        (r"\bPER-(\d{3}-\d\d)\b", "PER-{0}"),
        (r"\bLBCTR\s?(\d{10})\b", "LBCTR{0}"),
    )
)
# Nearly no text holds one of these; the boundary keeps "control" and "function" from looking like NTR and NCT.
_MAYBE_REGISTRY = re.compile(
    r"\b(?:NCT|ISRCTN|EUCTR|Eudra|ACTRN|ChiCTR|DRKS|UMIN|jRCT|Japic|CTRI|IRCT|KCT|NTR|NL-?OMON|PACTR|RBR-|SLCTR|TCTR|RPCEC"
    r"|PER-\d|LBCTR)|20\d\d-[05]\d{4}",
    re.IGNORECASE,
)
_PAIRS = {")": "(", "]": "[", "}": "{", ">": "<"}


def normalise_doi(text: str) -> str:
    """The first DOI in the text, bare and in lower case.

    >>> normalise_doi("https://doi.org/10.1016/S0140-6736(12)61552-9.")
    '10.1016/s0140-6736(12)61552-9'
    """
    if not text or "10" not in text:
        return ""
    text = html.unescape(text)
    is_url = "://" in text
    if "%" in text:
        text = unquote(text)
    found = _DOI.search(text)
    if not found:
        return ""
    doi = found.group().lower()
    if is_url:
        doi = re.split(r"[?&#]", doi)[0]
        doi = re.sub(r"/(?:full|abstract|pdf|epdf|fulltext|meta|html|summary)/?$", "", doi)
    while doi:
        last = doi[-1]
        unbalanced = last in _PAIRS and doi.count(last) > doi.count(_PAIRS[last])
        if last not in ".,;:'\"/*|<({[\\”’" and not unbalanced:
            break
        doi = doi[:-1]
    return doi if "/" in doi else ""


def normalise_pmid(text: str) -> str:
    """A PubMed number without leading zeros: from a bare number, "PMID: 1234", or a PubMed address."""
    text = (text or "").strip()
    bare = re.fullmatch(
        r"(?:PMID|MEDLINE|PubMed)?\s*[:=]?\s*0*([1-9]\d{0,7})(?:\.0|\s*\[.*\])?", text, re.IGNORECASE
    )
    if bare:
        return bare.group(1)
    found = _PUBMED_URL.search(text)
    return found.group(1).lstrip("0") if found else ""


def find_pmid(text: str) -> str:
    """A PubMed number that the text labels as its own: at the start of a line, or a PubMed address.

    A number in running text ("Erratum in: ... PMID: 1234") belongs to another paper and is left alone.
    """
    if not text:
        return ""
    found = _LABELLED_PMID.search(text) or _PUBMED_URL.search(text)
    return found.group(1).lstrip("0") if found else ""


def normalise_pmcid(text: str) -> str:
    """A PubMed Central number with its prefix: "PMC1234567"."""
    if not text:
        return ""
    found = _PMC_URL.search(text)
    if found:
        return found.group(1).upper()
    found = _PMCID.search(text) or _PMCID_BARE.search(text)
    return f"PMC{found.group(1)}" if found else ""


def find_pmcid(text: str) -> str:
    """A PubMed Central number that carries its prefix at the start of a line or in an address."""
    if not text:
        return ""
    found = _PMC_URL.search(text) or re.search(
        r"(?:^|[\n|{]|PMID:? ?\d+;)\s*(?:PMCID\s*[:=]?\s*)?(PMC\d{3,9})\b", text, re.IGNORECASE
    )
    return found.group(1).upper() if found else ""


def find_registry_ids(*texts: str) -> list[str]:
    """Trial register numbers in the texts, one spelling each, in order of first sight."""
    found: dict[str, None] = {}
    for text in texts:
        if not text or not _MAYBE_REGISTRY.search(text):
            continue
        for pattern, template in _REGISTRIES:
            for match in pattern.finditer(text):
                number = match.group(1)
                number = number.lower() if template.startswith(("jRCT", "RBR")) else number.upper()
                found[template.format(number)] = None
    return list(found)


def normalise_issn(text: str) -> str:
    """The first ISSN as 1234-567X; a book number or anything else is given back as it is."""
    text = (text or "").strip()
    found = re.search(r"(?<![\d-])(\d{4})-?(\d{3}[\dXx])(?![\d-])", text)
    return f"{found.group(1)}-{found.group(2).upper()}" if found else text


def find_year(*texts: str) -> int | None:
    """The first plausible year of publication, 1500 to 2099, in the texts."""
    for text in texts:
        found = re.search(r"(?<!\d)(1[5-9]\d\d|20\d\d)(?!\d)", text or "")
        if found:
            return int(found.group(1))
        compact = re.match(r"\s*(1[89]\d\d|20\d\d)(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])\b", text or "")
        if compact:
            return int(compact.group(1))
    return None


def first(values: Iterable[str]) -> str:
    """The first value that is not empty."""
    return next((value for value in values if value), "")
