"""What a title says: its words in one spelling, the notice it announces, whether many papers bear it."""

from __future__ import annotations

import re

from .text import fold, known, without_markup, words

_WORD_NUMBERS = {
    "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8",
    "nine": "9", "ten": "10", "eleven": "11", "twelve": "12", "first": "1st", "second": "2nd", "third": "3rd",
    "ii": "2", "iii": "3", "iv": "4", "vi": "6", "vii": "7", "viii": "8", "ix": "9",
}  # fmt: skip
_NUMBERS_AS_WORDS = frozenset(_WORD_NUMBERS)
_TAIL = re.compile(
    r"\s*\[(?:erratum|published erratum|corrected|correction|see comments?|summary for patients|retract).*$|"
    r"\s*[\[(](?:chinese|english|french|german|spanish|russian|japanese|italian|portuguese|korean|polish|turkish|"
    r"dutch|danish|hungarian|czech|persian|article in [^\])]*|[^\])]{0,30} transl\w*|review|meta.analysis|"
    r"abstract[^\])]{0,30}|letter|editorial|comment|erratum[^\])]*|see comments?[^\])]*|published erratum[^\])]*|"
    r"corrected[^\])]*)[\])]\.?\s*$"
)
# What a title announces, words of which it then has one at least, and the rule, of which other titles are spared.
_NOTICES = (
    (
        "retraction",
        ("retract", "withdrawn"),
        r"^(?:retract(?:ed|ion)|withdrawn|notice of retraction)\b",
    ),
    (
        "correction",
        ("correction", "corrigend", "errat", "addend"),
        r"^(?:author |publisher )?(?:correction|corrigend\w+|errat\w+|addend\w+)\b|\berratum\b|"
        r"[\"”:(\[.] ?correction\W*$",
    ),
    (
        "reply",
        ("reply", "replies", "rejoinder", "rebuttal", "respon"),
        r"^(?:in |authors?'?s? |the authors? )?(?:reply|replies|rejoinder|rebuttal)\b|^(?:a )?response to\b|"
        r"^the authors? respon|\bauthors?'?s?'? (?:reply|response)\b|"
        r"[:.\-–—(\[] ?(?:the )?(?:authors?'?s?'? )?(?:reply|response|rejoinder|rebuttal)[)\].]*$",
    ),
    (
        "comment",
        ("comment", "letter", "editor", "discussion", "perspective", "re:", "re :"),
        r"^(?:comments? (?:on|to|re)|commentary|letter to|letter re|editorial|invited comment\w*|discussion of|"
        r"discussion on|perspective on|editor'?s? note)\b|^(?:re|letter|letters)\s?:|"
        r"\b(?:commentary|a comment|editorial comment)$",
    ),
    (
        "protocol",
        ("protocol", "rationale"),
        r"\b(?:study protocol|trial protocol|protocol (?:for|of) (?:a|an|the)\b|rationale and design|"
        r"design and rationale)|\bprotocol$",
    ),
    (
        "review of a book",
        ("review",),
        r"\bbook review\W*$|^book reviews?\b|^review of (?:the )?book\b|^\[?review of[: ] ?(?:the book )?[\"“‘']|"
        r"^\[review of (?:the |a )?book",
    ),
    (
        "summary",
        ("summar", "abstract", "highlight", "patient page"),
        r"^(?:summar(?:y|ies) (?:for|of)|abstracts? of|highlights? of|patient page)",
    ),
)
_NOTICE_RULES = tuple((name, needed, re.compile(rule)) for name, needed, rule in _NOTICES)
# Every notice has one of these words; most titles have none.
_NOTICE_WORDS = (
    "retract", "withdraw", "correct", "corrigend", "errat", "addend", "reply", "replies", "respon", "rejoinder",
    "rebuttal", "comment", "re:", "letter", "editor", "discussion", "perspective", "protocol", "rationale", "design",
    "summar", "abstract", "highlight", "patient page", "review",
)  # fmt: skip
_NOTICE_IN_BRACKETS = re.compile(
    r"[\[(](?:author |publisher )?(?:correction|erratum|corrigendum|addendum)[\])]\W*$"
)
_GENERIC = re.compile(
    r"^(?:the )?(?:editorials?(?: introduction| note| comment)?|abstracts?|posters?|"
    r"introduction(?: to (?:the|this) (?:special )?(?:issue|section))?|preface|foreword|"
    r"(?:poster |oral )?(?:abstracts|presentations?|sessions?)|correspondence|letters?(?: to the editors?)?|"
    r"comments?|commentary|reply|(?:author'?s?'? |in )(?:reply|response)|response|correction|corrigend\w+|"
    r"errat\w+|retraction(?: note)?|book reviews?|reviews?|reviewers?|news|news and (?:notes|views)|in this issue|"
    r"contents?|table of contents|index|(?:author|subject) index|conclusions?|discussion|case reports?|"
    r"announcements?|obituary|in memoriam|acknowledge?ments?|front ?matter|back ?matter|conference report|"
    r"meeting report|program|summary|special issue|issue information|title page|cover|masthead|call for papers|"
    r"untitled|no title|not available|full issue|list of (?:authors|reviewers|contributors)|notes|"
    r"perspectives?|viewpoint|interview|highlights|overview|about the authors?|contributors|journal club|"
    r"research letters?|guest editorial|background|methods|results|glossary|erratum to .{0,20}|"
    r"department of errors?|cover (?:picture|feature|image|story)|front cover|back cover|erratum and corrections?|"
    r"thank you to (?:our )?reviewers|calendar(?: of events)?|books? received|errata and corrigenda)$"
)
_LONGEST_GENERIC = 60
_GENERIC_WIDE = re.compile(
    r"^(?:the )?(?:abstracts? (?:of|from|presented).{0,80}|.{0,60}\beditor'?s?'? (?:notes?|comments?|choice|column|"
    r"introduction|page)|proceedings(?: of .{0,80})?|.{0,60}annual (?:scientific )?meeting.{0,40}|"
    r".{0,40}conference abstracts.{0,20}|.{0,40}(?:poster|oral|meeting|scientific) abstracts)$"
)
_GENERIC_WIDE_WORD = re.compile(r"abstract|editor|proceedings|annual")
_PUNCTUATED_WORDS = re.compile(r"[\w']+")
_ASCII_PUNCTUATED = "".join(chr(n) if chr(n).isalnum() or chr(n) in "_'" else " " for n in range(128))
_SERIES = re.compile(
    r"\b(part|phase|type|stage|section|chapter|volume|study|paper|report|no) ([ivx]{1,4}|[a-h])\b(?!')"
)
_SERIES_WORDS = frozenset(_SERIES.pattern.partition("(")[2].partition(")")[0].split("|"))
_ROMAN = {
    "i": "1",
    "ii": "2",
    "iii": "3",
    "iv": "4",
    "v": "5",
    "vi": "6",
    "vii": "7",
    "viii": "8",
    "ix": "9",
    "x": "10",
    "xi": "11",
    "xii": "12",
    "xiii": "13",
    "xiv": "14",
    "xv": "15",
    "xvi": "16",
}
_LETTER_PARTS = {"part", "study", "section", "paper"}
_RETRACTED = re.compile(
    r"^\W*retracted(?: article| paper| chapter)?\s*[:.\-–—\])]+\s*|\s*[(\[]retracted(?: article)?\b[^)\]]*[)\]]\W*$"
)
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}\b)")
_DIGITS = re.compile(r"\d+")


def folded_title(raw: str) -> str:
    """The title folded and without markup, with its punctuation: what the functions below read."""
    return fold(without_markup(known(raw))).strip()


def key_of(folded: str) -> str:
    """The words of a folded title: without language marks and punctuation, numbers written as digits."""
    text = folded
    if "retracted" in text:
        text = _RETRACTED.sub("", text)
    if "[" in text or "(" in text:
        previous = None
        while previous != text:
            previous, text = text, _TAIL.sub("", text.rstrip(" ."))
    text = text.replace("&", " and ")
    if "'" in text:
        text = text.replace("'s ", "s ").replace("'", "")
    if "," in text:
        text = _THOUSANDS.sub("", text)
    found = words(text)
    if not _NUMBERS_AS_WORDS.isdisjoint(found):
        text = " ".join([_WORD_NUMBERS.get(w, w) for w in found])
    else:
        text = " ".join(found)
    return text if _SERIES_WORDS.isdisjoint(found) else _SERIES.sub(_series_mark, text)


def _series_mark(found: re.Match[str]) -> str:
    """ "part i" is "part 1" and "part b" is "part 2"; "type a" stays what it is."""
    kind, mark = found.groups()
    if mark in _ROMAN:
        return f"{kind} {_ROMAN[mark]}"
    letter = kind in _LETTER_PARTS and len(mark) == 1
    return f"{kind} {ord(mark) - 96}" if letter else found[0]


def title_key(title: str) -> str:
    """`key_of` for a title as it stands in the record."""
    return key_of(folded_title(title))


def notice_of(title: str) -> str:
    """ "correction", "reply", "comment", ... for a title that announces one; "" for an ordinary paper."""
    return notice_in(folded_title(title))


def notice_in(folded: str) -> str:
    if not any(map(folded.__contains__, _NOTICE_WORDS)):
        return ""
    text, in_brackets = folded, "[" in folded or "(" in folded
    if "retracted" in text:
        text = _RETRACTED.sub("", text)
    if in_brackets and _NOTICE_IN_BRACKETS.search(text):
        return "correction"
    text = text.strip(" .")
    if in_brackets:
        text = _TAIL.sub("", text)
    text = text.strip(" .[]")
    for name, needed, rule in _NOTICE_RULES:
        if any(map(text.__contains__, needed)) and rule.search(text):
            return name
    return ""


def is_generic(title: str) -> bool:
    """True for titles that many different papers bear: "Editorial", "Correction", "Abstracts"."""
    return generic_in(folded_title(title))


def generic_in(folded: str) -> bool:
    if len(folded) > 2 * _LONGEST_GENERIC + 20:
        return False
    if folded.isascii():
        text = " ".join(folded.translate(_ASCII_PUNCTUATED).split())
    else:
        text = " ".join(_PUNCTUATED_WORDS.findall(folded))
    if len(text) <= _LONGEST_GENERIC and (not text or _GENERIC.match(text)):
        return True
    return bool(_GENERIC_WIDE_WORD.search(text) and _GENERIC_WIDE.match(text))


def numbers_in(key: str) -> tuple[str, ...]:
    """The numbers of a title's words, by which parts, years and follow-ups are told apart."""
    return tuple(sorted(_DIGITS.findall(key)))


_TWO_TITLES = re.compile(
    r"(.{15,}?)\s*(?:\[([^\[\]]{20,})\]|<original>\s*(.{20,})|\[[^\[\]]{3,20}\])\W*", re.IGNORECASE
)
_HALVES = re.compile(r"\s*[;=]\s+|\s+/\s+")


def variants(raw: str, key: str) -> tuple[str, ...]:
    """A title given in two languages, "Original [Translation]" or "Original = Translation", as each of them too."""
    if not ("[" in raw or "=" in raw or ";" in raw or " / " in raw or "<" in raw):
        return (key,)
    found = _TWO_TITLES.fullmatch(raw)
    parts = [part for part in found.groups() if part] if found else []
    halves = _HALVES.split(raw)
    if len(halves) == 2 and all(len(half) > 30 for half in halves):
        parts += halves
    if not parts:
        return (key,)
    keys = dict.fromkeys([key, *map(title_key, parts)])
    return tuple(part for part in keys if part)


_SUBTITLE = re.compile(r"[:?]\s+|\s[-–—]\s+|\.\s+(?!placebo|usual|standard|control)")


def main_title(folded: str, key: str) -> str:
    """The title without its subtitle; the whole when there is none, or what is left would be a word or two."""
    found = _SUBTITLE.search(folded, 12)
    return key_of(folded[: found.start()]) if found and found.end() < len(folded) else key
