"""Structured abstracts, cut at their headings. No Django here."""

import re
from typing import NamedTuple

#: Headings as PubMed, Embase and trial registers print them: at the start of a sentence, before a colon.
NAMES = (
    "abstract|aim|aims|background|conclusion|conclusions|context|data|discussion|design|evaluation|"
    "evidence|findings|funding|importance|interpretation|intervention|interventions|introduction|"
    "limitations|main|material|materials|measures|measurements|method|methods|objective|objectives|"
    "outcome|outcomes|participants|patients|population|primary|purpose|question|rationale|"
    "registration|relevance|results|sample|setting|settings|significance|study|subjects|summary|"
    "trial"
)
HEADING = re.compile(
    rf"(?:^|(?<=[.;:?!)\]])\s+|\n\s*)((?:{NAMES})\b[a-z/&, ()-]{{0,40}}?)\s*:\s+(?=\S)",
    re.IGNORECASE,
)
SHOUTED = re.compile(r"[A-Z][A-Z/&, ()-]+$")


class Section(NamedTuple):
    heading: str
    text: str


def sections(abstract: str) -> list[Section]:
    """The abstract as sections; one without a heading when it is not structured.

    A heading counts if it is in capitals or begins a line, so that "the primary outcome: ..." stays in its sentence.
    """
    found = [match for match in HEADING.finditer(abstract) if _is_heading(match, abstract)]
    if not found:
        return [Section("", abstract.strip())] if abstract.strip() else []
    parts = [Section("", abstract[: found[0].start()].strip())]
    for match, following in zip(found, [*found[1:], None], strict=True):
        end = following.start() if following else len(abstract)
        heading = match[1].strip().rstrip(",")
        parts.append(Section(heading[0].upper() + heading[1:].lower(), abstract[match.end() : end].strip()))
    return [part for part in parts if part.text]


def _is_heading(match: re.Match, abstract: str) -> bool:
    begins_line = match.start() == 0 or abstract[match.start() : match.start(1)].find("\n") >= 0
    return begins_line or bool(SHOUTED.match(match[1]))
