"""What a term to be marked may be. No Django here.

Words, phrases and two wildcards: ``*`` for any letters within a word and ``?`` for exactly one. Regular expressions
are not taken on purpose: the pattern of one person would run in the browser of another, and some patterns never end.
"""

import re
from collections.abc import Iterable

LONGEST_TERM = 100
MOST_TERMS = 1000
FEWEST_LETTERS = 2  # beside wildcards: "a*" would mark half of every text
SEPARATORS = re.compile(r"[,;\t]")
QUOTED = re.compile(r'"([^"]*)"')
SMALL_WORDS = """
a about above after all also among an and any are as at be been before being between both but by can could did
do does during each either for from had has have he her his how if in into is it its may might more most must no
nor not of on only or other our out over own she should so some such than that the their them then there these
they this those through to under up was we were what when where which while who whom whose why will with within
without would you your adult adults people patients participants individuals persons studies study using used
compared versus vs including defined least years aged
"""
STOP = frozenset(SMALL_WORDS.split())


class BadTerms(ValueError):
    """Terms that cannot be taken; ``faults`` has a sentence for each, with its line."""

    def __init__(self, faults: list[str]):
        super().__init__(" ".join(faults))
        self.faults = faults


def parse_terms(text: str) -> list[str]:
    """The terms of a text field: one a line, or parted by comma, semicolon or tab; quotes keep a comma in its term.

    Each is trimmed, the first of several that differ only in case is kept. Raises BadTerms with every bad one and its
    line.
    """
    found: list[str] = []
    faults: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        for term in _parts(line):
            if wrong := fault_of(term):
                faults.append(f"Line {number}, “{term[:40]}”: {wrong}")
            else:
                found.append(term)
    if faults:
        raise BadTerms(faults)
    return unique(found)


def unique(terms: Iterable[str]) -> list[str]:
    """Without those that differ from an earlier one only in case, in their order."""
    kept: dict[str, str] = {}
    for term in terms:
        kept.setdefault(term.casefold(), term)
    return list(kept.values())


def fault_of(term: str) -> str:
    """What is wrong with one term, as the end of a sentence; empty if nothing is."""
    if len(term) > LONGEST_TERM:
        return f"a term has at most {LONGEST_TERM} characters."
    if not term.isprintable():
        return "it has characters that cannot be printed."
    if '"' in term:
        return "a quote is open or stands within the term: put quotes at both ends, or none."
    if sum(letter.isalnum() for letter in term) < FEWEST_LETTERS:
        return f"it needs {FEWEST_LETTERS} letters or digits beside wildcards, or it would mark nearly everything."
    if "**" in term:
        return "one * is enough."
    if any(word.strip("*?") == "" for word in term.split()):
        return "a wildcard must be part of a word."
    return ""


def proposals(text: str, most: int = 30) -> list[str]:
    """Terms to start from, out of one field of the protocol: its phrases (up to three words between small words and
    signs) and single words, without the small words."""
    found: list[str] = []
    for piece in re.split(r"[.,;:()\[\]/\n]+|\s[-–]\s", text):
        run: list[str] = []
        for word in [*re.findall(r"[\w'’-]+", piece), ""]:
            if word and word.casefold() not in STOP and not word.isdecimal():
                run.append(word.lower() if not word.isupper() else word)
            elif run:
                found += [" ".join(run)] if len(run) <= 3 else run
                run = []
    return [term for term in unique(found) if not fault_of(term) and len(term) > 2][:most]


def _parts(line: str) -> list[str]:
    """The terms of a line, quotes taken off."""
    inside: list[str] = []

    def keep(match: re.Match) -> str:
        inside.append(match[1])
        return f"\0{len(inside) - 1}\0"

    parts = SEPARATORS.split(QUOTED.sub(keep, line.replace("\0", "").replace("“", '"').replace("”", '"')))
    terms = []
    for part in parts:
        part = re.sub(r"\0(\d+)\0", lambda match: inside[int(match[1])], part)
        if term := " ".join(part.split()):
            terms.append(term)
    return terms
