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
# "23690738[pmid]" alone, or as CINAHL ends its notes: "NLM UID: 101208192. PMID: NLM23803397."
_MARKED_PMID = re.compile(r"^\s*(\d{1,8})\s*\[pmid\]\s*$|\bPMID: NLM(\d{4,8})\b", re.IGNORECASE)
_PUBMED_URL = re.compile(
    r"(?:ncbi\.nlm\.nih\.gov/(?:m/)?pubmed/|pubmed\.ncbi\.nlm\.nih\.gov/|pubmed\.gov/)(\d{1,8})\b"
)
_PMC_URL = re.compile(r"/pmc/articles/(PMC\d+)", re.IGNORECASE)

_AS_WRITTEN = frozenset({"NTR", "RBR-", "PER-", "CTR20"})
# Registers of trials: the text that must be there, how the number is written, its one spelling (after WHO ICTRP's
# list of primary registries and the registers' own pages). Capitals matter where the needle is also a word's part.
_REGISTRIES: tuple[tuple[str, re.Pattern[str], str], ...] = tuple(
    (needle, re.compile(pattern, 0 if needle in _AS_WRITTEN else re.IGNORECASE), template)
    for needle, pattern, template in (
        ("NCT", r"NCT(?:[\s:#-]{0,2}|\s*(?:no|number)\.?:?\s*)(\d{8})(?!\d)", "NCT{0}"),
        ("ISRCTN", r"ISRCTN[\s:#-]{0,2}(\d{8})\b", "ISRCTN{0}"),
        ("EUCTR", r"\bEUCTR\W{0,3}(20\d\d-\d{6}-\d\d)", "EudraCT {0}"),
        ("EUDRA", r"\bEudraCT(?:\s*(?:no|number|nr)\b)?\W{0,3}(20\d\d-\d{6}-\d\d)", "EudraCT {0}"),
        ("-0", r"(?<![\d-])(20(?:0[4-9]|1\d|2[0-3])-0\d{5}-\d\d)(?![\d-])", "EudraCT {0}"),
        ("-5", r"(?<![\d-])(20(?:2[2-9]|3\d)-5\d{5}-\d\d)(?:-\d\d)?(?!\d)", "EUCT {0}"),
        ("ACTRN", r"ACTRN[\s:#-]{0,2}(\d{14})(?!\d)", "ACTRN{0}"),
        ("CHICTR", r"\bChiCTR[\s-]?((?:[A-Z]{2,6}-)?\d{8,10})\b", "ChiCTR-{0}"),
        ("ITMCTR", r"\bITMCTR[\s-]?(\d{8,10})\b", "ITMCTR{0}"),
        ("CTR20", r"\b(?<!-)CTR(20\d{6})\b", "CTR{0}"),
        ("DRKS", r"\bDRKS[\s:#-]{0,2}(\d{8})\b", "DRKS{0}"),
        ("UMIN", r"\bUMIN[\s:-]?(?:CTR)?[\s:-]{0,2}(?:ID:?\s*)?(\d{9})\b", "UMIN{0}"),
        ("JPRN-C", r"\bJPRN-(C\d{9})\b", "JPRN-{0}"),
        ("JMA-IIA", r"\bJMA-IIA(\d{5})\b", "JMA-IIA{0}"),
        ("JRCT", r"\bjRCT[\s:-]?(s?\d{9,10})\b", "jRCT{0}"),
        ("JAPICCTI", r"\bJapicCTI-?(\d{6})\b", "JapicCTI-{0}"),
        ("CTRI", r"\bCTRI[/-](\d{4}[/-]\d{2,3}[/-]\d{5,6})\b", "CTRI/{0}"),
        ("IRCT", r"\bIRCT\s?(\d{8,14}N\d{1,3}|\d{11,14})\b", "IRCT{0}"),
        ("KCT", r"\bKCT\s?(\d{7})\b", "KCT{0}"),
        ("NTR", r"\bNTR[\s:-]?(\d{3,5})\b", "NTR{0}"),
        ("NL-OMON", r"\bNL-OMON\s?(\d{3,6})\b", "NL-OMON{0}"),
        (
            "TRIAL REGIST",
            r"(?:Netherlands|Dutch) Trial Regist(?:er|ry)[^.;]{0,40}?\bNL\s?-?(\d{2,5})\b",
            "NL{0}",
        ),
        ("PACTR", r"\bPACTR\s?(\d{15,16})\b", "PACTR{0}"),
        ("RBR-", r"\bRBR-\s?([0-9a-z]{5,8})\b", "RBR-{0}"),
        ("SLCTR", r"\bSLCTR[/-](\d{4}[/-]\d{3})\b", "SLCTR/{0}"),
        ("TCTR", r"\bTCTR\s?(\d{11})\b", "TCTR{0}"),
        ("RPCEC", r"\bRPCEC\s?(\d{8})\b", "RPCEC{0}"),
        ("PER-", r"\bPER-(\d{3}-\d\d)\b", "PER-{0}"),
        ("LBCTR", r"\bLBCTR\s?(\d{10})\b", "LBCTR{0}"),
        ("HKUCTR", r"\bHKUCTR-?(\d{1,5})\b", "HKUCTR-{0}"),
        ("PHRR", r"\bPHRR(\d{6}-\d{6})\b", "PHRR{0}"),
        ("U1111", r"\bU(1111-\d{4}-\d{4})\b", "U{0}"),
        ("SNCTP", r"\bSNCTP(\d{9})\b", "SNCTP{0}"),
    )
)
_YEAR = re.compile(r"(?<!\d)(1[5-9]\d\d|20\d\d)(?!\d)")
_COMPACT_DATE = re.compile(r"(?<!\d)(1[89]\d\d|20\d\d)(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])(?!\d)")
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
        doi = re.sub(r"(?:/(?:full|abstract|pdf|epdf|fulltext|meta|html|summary)/?|\.pdf)$", "", doi)
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
    found = _LABELLED_PMID.search(text) or _PUBMED_URL.search(text) or _MARKED_PMID.search(text)
    return found[found.lastindex or 1].lstrip("0") if found else ""


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
    text = " \x1f ".join(texts)
    upper = text.upper()
    found: list[tuple[int, str]] = []
    for needle, pattern, template in _REGISTRIES:
        if needle not in (text if needle in _AS_WRITTEN else upper):
            continue
        for match in pattern.finditer(text):
            number = match.group(1)
            number = number.lower() if template.startswith(("jRCT", "RBR")) else number.upper()
            if template.startswith(("CTRI", "SLCTR")):
                number = number.replace("-", "/")
            found.append((match.start(), template.format(number)))
    return list(dict.fromkeys(number for _, number in sorted(found)))


def normalise_issn(text: str) -> str:
    """The first ISSN as 1234-567X; a book number or anything else is given back as it is."""
    text = (text or "").strip()
    found = re.search(r"(?<![\d-])(\d{4})-?(\d{3}[\dXx])(?![\d-])", text)
    return f"{found.group(1)}-{found.group(2).upper()}" if found else text


def find_year(*texts: str) -> int | None:
    """The first plausible year of publication, 1500 to 2099, in the texts."""
    for text in texts:
        found = _YEAR.search(text or "")
        if found:
            return int(found.group(1))
        compact = _COMPACT_DATE.search(text or "")
        if compact:
            return int(compact.group(1))
    return None


def first(values: Iterable[str]) -> str:
    """The first value that is not empty."""
    return next((value for value in values if value), "")
