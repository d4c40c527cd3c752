"""What a report probably says, by rules a person can follow: a value with its sentence and page. No Django here.

    for found in suggest(["text of page 1", "text of page 2"]):
        print(found.label, found.value, found.page, found.sentence, found.why)

The rules look for the words trials usually choose; they understand nothing. Every suggestion has to be read in its
sentence by a person; docs/extraction.md says how often the rules were right on the texts they were tried on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from extraction.countries import countries_in

#: Changes when a rule does, so that earlier readings are not taken for this one's.
RULES = 1
MOST_OF_EACH = 3
LONGEST_SENTENCE = 700


@dataclass(frozen=True)
class Suggestion:
    """``value`` as text; ``sentence`` as on the page ``page`` (from 1), ``why`` is the rule in words."""

    key: str
    label: str
    value: str
    sentence: str
    page: int
    why: str
    score: int = 0


@dataclass(frozen=True)
class Sentence:
    text: str
    page: int
    #: Its number among all of the report, from 0.
    order: int


def suggest(pages: Sequence[str]) -> list[Suggestion]:
    """At most MOST_OF_EACH suggestions of a kind, the likelier first; kinds in the order of RULES_BY_KEY."""
    sentences = list(sentences_of(pages))
    found: list[Suggestion] = []
    for key, (label, rule) in RULES_BY_KEY.items():
        of_key: dict[str, Suggestion] = {}
        for sentence in sentences:
            for value, score, why in rule(sentence):
                one = Suggestion(key, label, value, sentence.text, sentence.page, why, score)
                if value.casefold() not in of_key or of_key[value.casefold()].score < score:
                    of_key[value.casefold()] = one
        found += sorted(of_key.values(), key=lambda one: -one.score)[:MOST_OF_EACH]
    return found


_HYPHENED = re.compile(r"(?<=[a-zß-ÿ])[-\u00ad\u2010]\s*\n\s*(?=[a-zß-ÿ])")
_ENDS = re.compile(r"(?<=[.!?])[\])”\"]?\s+(?=[“\"(\[]?[A-Z0-9À-Þ])")
_ABBREVIATIONS = re.compile(
    r"(?:\b(?:e\.g|i\.e|vs|et al|Figs?|Tab|Nos?|Drs?|Prof|St|approx|ca|cf|resp|Inc|Ltd|Co|Corp)\.|\b[A-Z]\.)$"
)


def sentences_of(pages: Sequence[str]) -> Iterator[Sentence]:
    """The sentences of each page, without the headings over them."""
    order = 0
    for number, page in enumerate(pages, 1):
        for block in _blocks(_HYPHENED.sub("", page)):
            parts: list[str] = []
            for part in _ENDS.split(block):
                if parts and _ABBREVIATIONS.search(parts[-1]):
                    parts[-1] = f"{parts[-1]} {part}"
                else:
                    parts.append(part)
            for part in parts:
                if len(part) > 10:
                    yield Sentence(part[:LONGEST_SENTENCE], number, order)
                    order += 1


def _blocks(text: str) -> Iterator[str]:
    """What stands between headings: short lines without a stop, after a finished sentence, before a capital."""
    lines = [" ".join(line.split()) for line in text.splitlines()]
    lines = [line for line in lines if line]
    block: list[str] = []
    for i, line in enumerate(lines):
        after = lines[i + 1] if i + 1 < len(lines) else ""
        short = len(line.split()) <= 5 and line[0].isupper() and line[-1].isalnum()
        if short and after[:1].isupper() and (not block or block[-1][-1] in ".!?:"):
            yield " ".join(block)
            block = []
        else:
            block.append(line)
    yield " ".join(block)


Found = Iterator[tuple[str, int, str]]
_PEOPLE = (
    r"(?:adult |older |eligible |consenting |male |female |young |out)?"
    r"(?:participants?|patients|people|persons|adults|women|men|subjects|individuals|volunteers|children|adolescents|"
    r"outpatients|inpatients|veterans|students|dyads|pregnant women|respondents)"
)
_RANDOM = r"(?:randomi[sz]ed|randomly (?:assigned|allocated)|allocated at random|assigned at random)"
_NUMBER = r"(?<![\d.,])(\d{1,3}(?:,\d{3})+|\d{2,6})(?![\d%]|[.,]\d|\s?%|:\d)"
_UNITS = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
_UNITS += " eighteen nineteen"
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_VALUES = {word: n for n, word in enumerate(_UNITS.split(), 1)}
_VALUES |= {word: 10 * n for n, word in enumerate(_TENS.split(), 2)}
_WORD = "|".join(sorted(_VALUES, key=len, reverse=True))
_WORDS = rf"\b((?:(?:{_WORD}|hundred|thousand)\b[\s-]*(?:and\s+)?)+)"
_COUNT = rf"(?:{_NUMBER}|{_WORDS})"
_WERE = r"\b(?:were|was|had been)\s+(?:then |subsequently |finally )?"
_RANDOMISED = [
    (
        re.compile(rf"{_COUNT}\s*{_PEOPLE}(?:\([^)]*\)|[^.;\d(]){{0,60}}?{_WERE}{_RANDOM}", re.I),
        9,
        "a number of people who “were randomised”",
    ),
    (
        re.compile(rf"{_RANDOM}\s+(?:a total of\s+)?{_COUNT}\s*{_PEOPLE}", re.I),
        9,
        "“randomised” before a number of people",
    ),
    (
        re.compile(rf"{_COUNT}\s*(?:\([^)]*\)\s*)?{_WERE}{_RANDOM}", re.I),
        8,
        "a number before “were randomised”",
    ),
    (re.compile(rf"{_RANDOM}[^.;]{{0,30}}?\(\s*[nN]\s*=\s*{_NUMBER}\s*\)", re.I), 7, "“randomised (n = …)”"),
    (
        re.compile(rf"{_COUNT}\s*{_PEOPLE}[^.;]{{0,40}}?\b(?:who |and )?{_RANDOM}", re.I),
        5,
        "a number of people near “randomised”",
    ),
]


def _randomised(sentence: Sentence) -> Found:
    for pattern, score, why in _RANDOMISED:
        for match in pattern.finditer(sentence.text):
            number = _count(match)
            if number and number >= 4:
                later = re.search(r"\b(?:will be|to be|planned|required|sample size)\b", sentence.text, re.I)
                yield str(number), score - (4 if later else 0), why
        if pattern.search(sentence.text):
            return


def _count(match: re.Match[str]) -> int | None:
    groups = [group for group in match.groups() if group]
    if not groups:
        return None
    text = groups[0].strip().casefold()
    if text[0].isdigit():
        return int(text.replace(",", ""))
    total = part = 0
    for word in re.split(r"[\s-]+", text):
        if word == "hundred":
            part = max(part, 1) * 100
        elif word == "thousand":
            total, part = total + max(part, 1) * 1000, 0
        elif word != "and":
            part += _VALUES.get(word, 0)
    return total + part or None


_YEARS = r"(\d{1,2}(?:[.·]\d+)?)"
_AGE = [
    re.compile(
        rf"(?:mean|average)(?:\s*\([^)]*\))?\s+age\b[^.;]{{0,50}}?{_YEARS}\s*(?:years|y\b|\(|±|\[|,|;|\.|$)",
        re.I,
    ),
    re.compile(rf"\bage[sd]?\b[^.;]{{0,25}}?\bmean\b[^.;\d]{{0,20}}?{_YEARS}", re.I),
    re.compile(rf"\baged?\s*(?:\([^)]*\)\s*)?(?:was\s*)?{_YEARS}\s*(?:±|\(\s*(?:SD|±))", re.I),
    re.compile(rf"{_YEARS}\s*years\s*(?:old|of age)?\s*on average", re.I),
]
_AGE_SD = re.compile(
    rf"(?:\bage[sd]?\b)[^.;]{{0,60}}?{_YEARS[1:-1]}\s*(?:years?\s*)?"
    r"(?:\(\s*(?:SD|standard deviation)?[\s=:,]*|±\s*|,\s*SD[\s=:]*)"
    rf"(?:years?,?\s*SD\s*)?{_YEARS}",
    re.I,
)


def _age(sentence: Sentence) -> Found:
    for pattern in _AGE:
        for match in pattern.finditer(sentence.text):
            value = match[1].replace("·", ".")
            if 1 <= float(value) <= 99:
                whole = re.search(
                    r"\b(?:overall|sample|participants|patients|total|all)\b", sentence.text, re.I
                )
                yield value, 5 + bool(whole), "a number after “mean age”"
        if pattern.search(sentence.text):
            return


def _age_sd(sentence: Sentence) -> Found:
    for match in _AGE_SD.finditer(sentence.text):
        value = float(match[1].replace("·", "."))
        between = re.match(r"\s*(?:to|–|-|and)\s*\d", sentence.text[match.end() :])
        if 0 < value <= 30 and not between:
            yield match[1].replace("·", "."), 5, "a number after “SD” or ± beside the age"


_WOMEN_WORD = r"(?:women|females?|girls)"
_PERCENT = r"(\d{1,3}(?:[.·]\d+)?)\s*(?:%|per ?cent\b)"
_OF = r"(?:of\s+(?:the\s+)?(?:\w+\s+){0,3}?)?(?:\w+\s+)?(?:were\s+|being\s+)?"
_COUNTED = r"(?:n\s*=\s*)?(?:\d+\s*(?:of \d+|/\s*\d+)?\s*[\[(;,]\s*)?"
#: (pattern, whether the percentage is of men)
_WOMEN = [
    (re.compile(rf"{_PERCENT}\)?\s*{_OF}{_WOMEN_WORD}\b", re.I), False),
    (
        re.compile(
            rf"\b{_WOMEN_WORD}\b\s*(?:sex|gender|participants|patients)?\s*[\[(,:]?\s*{_COUNTED}{_PERCENT}",
            re.I,
        ),
        False,
    ),
    (re.compile(rf"{_PERCENT}\)?\s*(?:were\s+)?(?:men|males?)\b", re.I), True),
    (re.compile(rf"\b(?:men|males?)\b\s*[\[(,:]\s*{_COUNTED}{_PERCENT}", re.I), True),
]


def _women(sentence: Sentence) -> Found:
    for pattern, men in _WOMEN:
        for match in pattern.finditer(sentence.text):
            share = float(match[1].replace("·", "."))
            if not 0 <= share <= 100:
                continue
            if not men:
                yield f"{share:g}", 6, "a percentage beside “women” or “female”"
            else:
                yield f"{round(100 - share, 2):g}", 4, f"100 less the {share:g}% who are men"
        if pattern.search(sentence.text):
            return


_WHERE = re.compile(
    r"\b(?:recruited|conducted|carried out|performed|undertaken|took place|enrolled|set(?:ting)? in|based in|sites?|"
    r"cent(?:re|er)s?|clinics?|hospitals?|universit(?:y|ies)|trial in|study in|practices)\b",
    re.I,
)
_METHODS = re.compile(r"\b(?:recruited|conducted|carried out|took place|undertaken|performed)\b", re.I)


def _country(sentence: Sentence) -> Found:
    names = countries_in(sentence.text)
    if not names or not _WHERE.search(sentence.text):
        return
    if len(names) > 8:  # a table of affiliations or a list of norms
        return
    strong = bool(_METHODS.search(sentence.text))
    yield (
        ", ".join(names),
        6 if strong else 2,
        (
            "a country in a sentence about where people were recruited"
            if strong
            else "a country beside a hospital, clinic or university"
        ),
    )


_PAYER = r"(?:grants?|fund|foundation|council|institute|ministry)"
_FUNDED = re.compile(
    r"\b(?:(?:was|were|is|been) (?:\w+ )?(?:funded|supported|sponsored|financed) "
    r"(?:in part |partly |jointly )?(?:by|through|with)|"
    r"funding (?:for|was|came|source|statement|:)|funded by|financial support|"
    rf"supported by (?:a |the )?(?:\w+ ){{0,6}}{_PAYER}|\bsponsor(?:ed|s)?\b|"
    r"(?:no|without) (?:specific |external )?funding|received no (?:specific )?(?:grant|funding))",
    re.I,
)
_CONFLICT = re.compile(
    r"(?:conflicts? of interests?|competing (?:financial )?interests?|declarations? of interests?|"
    r"financial disclosures?|(?:has|have) received (?:\w+ ){0,4}(?:honoraria|fees|royalties)|"
    r"nothing to (?:disclose|declare))",
    re.I,
)


def _whole(pattern: re.Pattern[str], why: str) -> Callable[[Sentence], Found]:
    def rule(sentence: Sentence) -> Found:
        match = pattern.search(sentence.text)
        if match and len(sentence.text) > 25:
            yield sentence.text, 5 + (match.start() < 40), why

    return rule


_REGISTER = re.compile(
    r"\b(?:NCT\s?\d{8}|ISRCTN\s?\d{8}|ACTRN\s?\d{14}|ChiCTR[-\w]{6,22}|DRKS\s?\d{8}|UMIN\s?\d{9}|"
    r"JPRN-[A-Za-z]+\d+|jRCT[a-z]?\d{9,10}|CTRI/\d{4}/\d{2,3}/\d{4,6}|IRCT\w{10,24}|NTR\s?\d{3,5}|"
    r"NL\d{4,5}|PACTR\d{15}|KCT\s?\d{7}|TCTR\d{11}|SLCTR/\d{4}/\d{3}|RBR-\w{6,8}|PER-\d{3}-\d{2}|"
    r"EudraCT\s?(?:number\s?)?\d{4}-\d{6}-\d{2}|\d{4}-\d{6}-\d{2}(?:-\d{2})?)(?![\w-])"
)


def _registration(sentence: Sentence) -> Found:
    for match in _REGISTER.finditer(sentence.text):
        own = re.search(r"\b(?:regist|trial|ClinicalTrials|identifier)", sentence.text, re.I)
        early = sentence.order < 60
        number = re.sub(r"\s", "", match[0]) if not match[0].startswith("EudraCT") else match[0]
        yield number, 5 + bool(own) + early, "the form of a register's number"


_PRIMARY = re.compile(
    r"\b(?:co-)?primary (?:efficacy |clinical |study )?(?:outcomes?|end ?-?points?)(?: measures?| variables?)?\s*"
    r"(?:of (?:the|this) (?:study|trial)\s*)?(?:(?:was|were|is|are|will be)\s+(?:defined as\s+)?|:\s*)(.{5,300})",
    re.I,
)


def _primary(sentence: Sentence) -> Found:
    match = _PRIMARY.search(sentence.text)
    if match:
        yield match[1].strip().rstrip("."), 6, "what follows “the primary outcome was”"


#: {key: (label, rule)}
RULES_BY_KEY: dict[str, tuple[str, Callable[[Sentence], Found]]] = {
    "randomised": ("Number randomised", _randomised),
    "age": ("Mean age", _age),
    "age_sd": ("SD of age", _age_sd),
    "women": ("Women, %", _women),
    "country": ("Country", _country),
    "registration": ("Registration number", _registration),
    "primary": ("Primary outcome", _primary),
    "funding": ("Funding", _whole(_FUNDED, "words such as “was funded by”")),
    "conflicts": ("Conflicts of interest", _whole(_CONFLICT, "words such as “conflict of interest”")),
}
