"""The small language in which records are searched.

``psilocybin (depress* OR "low mood") NOT ti:protocol year:2010-2020``

- Words beside each other must all be found; AND, OR and NOT (in capitals) and parentheses join them. NOT binds first,
  then AND, then OR.
- A word is found anywhere in the text, also inside a longer word. With ``*`` (any letters) it is compared with whole
  words: ``random*``, ``*oxetine``, ``wom*n``. ``"..."`` finds the words as they stand there.
- A field limits one word, phrase or parenthesis: ``ti: ab: tiab: au: jo: kw: doi: pmid: id: year:``.

``parse(text)`` gives the tree and raises ``Mistake`` with a sentence that says where; ``to_q(tree)`` makes one
condition for ``with_text(records)``, which works alike on SQLite and PostgreSQL.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast

from records.formats.normalise import normalise_doi, normalise_pmid

LONGEST = 1000
MOST_WORDS = 60  # each is several conditions: more would be a query deeper than SQLite takes
DEEPEST = 12
MOST_STARS = 3  # of one word
NAMES = {
    "ti": "ti", "title": "ti", "ab": "ab", "abstract": "ab", "tiab": "tiab", "au": "au", "author": "au",
    "jo": "jo", "journal": "jo", "kw": "kw", "keyword": "kw", "doi": "doi", "pmid": "pmid", "id": "id",
    "year": "year",
}  # fmt: skip
COLUMNS = {
    "": ("title", "abstract", "author_text", "journal"),
    "ti": ("title",),
    "ab": ("abstract",),
    "tiab": ("title", "abstract"),
    "au": ("author_text",),
    "jo": ("journal",),
    "kw": ("keyword_text",),
}
JSON_COLUMNS = {"author_text": "authors", "keyword_text": "keywords", "trial_numbers": "registry_ids"}
QUOTES = {'"': '"', "“": "”", "„": "”"}


class Mistake(ValueError):
    """What is wrong with a search, and where; the text is a sentence for the person."""


@dataclass(frozen=True)
class Term:
    """One word or phrase; ``field`` is a key of COLUMNS, or doi, pmid, id, year. ``at`` counts characters from 1."""

    text: str
    field: str = ""
    phrase: bool = False
    at: int = 1


@dataclass(frozen=True)
class Group:
    """Terms and groups joined by AND or OR; NOT has one part."""

    joined: str
    parts: tuple["Term | Group", ...]


Tree: TypeAlias = Term | Group


def parse(text: str) -> Tree | None:
    """The tree of a search, None for an empty one."""
    if len(text) > LONGEST:
        raise Mistake(f"This search has {len(text)} characters; {LONGEST} are the most. Split it.")
    tokens = list(_tokens(text))
    words = sum(token.kind in ("word", "phrase") for token in tokens)
    if words > MOST_WORDS:
        raise Mistake(f"This search has {words} words; {MOST_WORDS} are the most. Split it.")
    return _Parser(tokens).whole() if tokens else None


def with_text(records: QuerySet) -> QuerySet:
    """The records with the lists that are searched (authors, keywords, trial numbers) as text."""
    return records.annotate(**{name: Cast(field, TextField()) for name, field in JSON_COLUMNS.items()})


def to_q(tree: Tree) -> Q:
    """The condition for ``with_text(records)``."""
    if isinstance(tree, Term):
        return _term(tree)
    if tree.joined == "NOT":
        return ~to_q(tree.parts[0])
    found = Q()
    for part in tree.parts:
        found = (found | to_q(part)) if tree.joined == "OR" else (found & to_q(part))
    return found


# --- reading ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Token:
    kind: str  # word, phrase, field, AND, OR, NOT, ( or )
    text: str
    at: int


def _tokens(text: str) -> Iterator[_Token]:
    place = 0
    while place < len(text):
        sign = text[place]
        if sign.isspace():
            place += 1
        elif sign in "()":
            yield _Token(sign, sign, place + 1)
            place += 1
        elif sign in QUOTES:
            token, place = _phrase(text, place)
            yield token
        else:
            token, place = _word(text, place)
            yield token


def _phrase(text: str, start: int) -> tuple[_Token, int]:
    ends = [place for place in (text.find(end, start + 1) for end in {QUOTES[text[start]], '"'}) if place > 0]
    if not ends:
        raise Mistake(f"The quotation mark at character {start + 1} is not closed: add one after the phrase.")
    words = " ".join(text[start + 1 : min(ends)].split())
    if not words:
        raise Mistake(f"The quotation marks at character {start + 1} are empty: write a phrase between them.")
    return _Token("phrase", words, start + 1), min(ends) + 1


def _word(text: str, start: int) -> tuple[_Token, int]:
    """A word to the next space; parentheses within it belong to it (as in a DOI) if they close there."""
    place, open_ = start, 0
    while place < len(text) and not text[place].isspace():
        sign, sofar = text[place], text[start:place]
        if sign == ":" and sofar.lower() in NAMES:
            return _Token("field", NAMES[sofar.lower()], start + 1), place + 1
        if sign == "(" and (sofar in ("AND", "OR", "NOT") or not _closes(text, place)):
            break
        if sign == ")" and not open_:
            break
        open_ += (sign == "(") - (sign == ")")
        place += 1
    word = text[start:place]
    _require_known_field(word, start)
    return _Token(word if word in ("AND", "OR", "NOT") else "word", word, start + 1), place


def _closes(text: str, start: int) -> bool:
    """Whether the parenthesis that opens here closes before the next space."""
    return re.match(r"\([^\s()]*\)", text[start:]) is not None


def _require_known_field(word: str, start: int) -> None:
    """Small letters and a colon are meant as a field; an address (https://...) is not."""
    named = re.match(r"([a-z]{2,12}):(?!//)[^\s:]", word)
    if named:
        known = ", ".join(f"{name}:" for name in dict.fromkeys(NAMES.values()))
        raise Mistake(
            f"There is no field “{named[1]}:” (character {start + 1}). The fields are {known}. "
            "Put the text in quotation marks to look for it as it is."
        )


class _Parser:
    """OR of ANDs of NOTs of words, phrases, fields and parentheses."""

    def __init__(self, tokens: list[_Token]):
        self.tokens = tokens
        self.place = 0

    def whole(self) -> Tree:
        tree = self._or("", 0)
        if (extra := self._peek()) is not None:
            raise Mistake(
                f"The parenthesis at character {extra.at} closes nothing: take it out, or open one before."
            )
        return tree

    def _peek(self) -> _Token | None:
        return self.tokens[self.place] if self.place < len(self.tokens) else None

    def _next_is(self, *kinds: str) -> bool:
        token = self._peek()
        return token is not None and token.kind in kinds

    def _take(self) -> _Token:
        self.place += 1
        return self.tokens[self.place - 1]

    def _or(self, field: str, depth: int) -> Tree:
        parts = [self._and(field, depth)]
        while self._next_is("OR"):
            self._take()
            parts.append(self._and(field, depth))
        return parts[0] if len(parts) == 1 else Group("OR", tuple(parts))

    def _and(self, field: str, depth: int) -> Tree:
        parts = [self._not(field, depth)]
        while (token := self._peek()) is not None and token.kind not in ("OR", ")"):
            if token.kind == "AND":
                self._take()
            parts.append(self._not(field, depth))
        return parts[0] if len(parts) == 1 else Group("AND", tuple(parts))

    def _not(self, field: str, depth: int) -> Tree:
        if not self._next_is("NOT"):
            return self._one(field, depth)
        self._take()
        if depth >= DEEPEST:
            raise Mistake(
                f"NOT and parentheses stand more than {DEEPEST} deep in each other: make it simpler."
            )
        return Group("NOT", (self._not(field, depth + 1),))

    def _one(self, field: str, depth: int) -> Tree:
        token = self._peek()
        if token is None:
            before = self.tokens[-1]
            raise Mistake(f"After “{_shown(before)}” (character {before.at}) a word is missing.")
        if token.kind == "field":
            self._take()
            if not self._next_is("word", "phrase", "("):
                raise Mistake(f"After “{token.text}:” (character {token.at}) a word is missing.")
            return self._one(token.text, depth)
        if token.kind == "(":
            return self._parenthesis(field, depth)
        if token.kind not in ("word", "phrase"):
            raise Mistake(
                f"Before “{_shown(token)}” (character {token.at}) a word is missing. "
                "To look for the word itself, write it in small letters or in quotation marks."
            )
        self._take()
        return _checked(Term(token.text, field, token.kind == "phrase", token.at))

    def _parenthesis(self, field: str, depth: int) -> Tree:
        opened = self._take()
        if depth >= DEEPEST:
            raise Mistake(
                f"NOT and parentheses stand more than {DEEPEST} deep in each other: make it simpler."
            )
        if self._next_is(")"):
            raise Mistake(f"The parentheses at character {opened.at} are empty: write a word between them.")
        tree = self._or(field, depth + 1)
        if not self._next_is(")"):
            raise Mistake(f"The parenthesis at character {opened.at} is not closed: add one at its end.")
        self._take()
        return tree


def _shown(token: _Token) -> str:
    return f"{token.text}:" if token.kind == "field" else token.text


def _checked(term: Term) -> Term:
    """The term as it is compared; refuses numbers that are none and stars without letters."""
    if term.field == "year":
        _years(term)
    elif term.field in ("pmid", "id"):
        number = normalise_pmid(term.text) if term.field == "pmid" else term.text
        if not re.fullmatch("[0-9]{1,18}", number):
            raise Mistake(f"“{term.text}” (character {term.at}) is not a number, as {term.field}: needs one.")
        return replace(term, text=number)
    elif "*" in term.text and not term.phrase and not re.search(r"\w", term.text):
        raise Mistake(
            f"A * (character {term.at}) needs letters beside it: depress* finds depression, depressive …"
        )
    elif term.text.count("*") > MOST_STARS and not term.phrase:
        raise Mistake(
            f"“{term.text}” (character {term.at}) has more than {MOST_STARS} *: write more letters."
        )
    return term


def _years(term: Term) -> tuple[int | None, int | None]:
    """``2015``, ``2010-2015``, ``2010-`` or ``-2015`` as the first and the last year."""
    found = re.fullmatch(r"([0-9]{4})|([0-9]{4})?[-–]([0-9]{4})?", term.text)
    if found is None or not (found[1] or found[2] or found[3]):
        raise Mistake(
            f"“{term.text}” (character {term.at}) is not a year: write year:2015 or year:2010-2015."
        )
    first, last = (int(each) if each else None for each in (found[1] or found[2], found[1] or found[3]))
    if first is not None and last is not None and first > last:
        raise Mistake(f"The years at character {term.at} run backwards: write year:{last}-{first}.")
    return first, last


# --- asking the database ------------------------------------------------------------------------------------


def _term(term: Term) -> Q:
    if term.field == "year":
        first, last = _years(term)
        bounds = {"year__gte": first, "year__lte": last}
        return Q(year__isnull=False, **{name: value for name, value in bounds.items() if value is not None})
    if term.field in ("pmid", "id"):
        return Q(
            **{"pk" if term.field == "id" else "pmid": int(term.text) if term.field == "id" else term.text}
        )
    if term.field == "doi":
        wanted = normalise_doi(term.text.strip("*")) or term.text.strip("*")
        return Q(doi__istartswith=wanted) if term.text.endswith("*") else Q(doi__iexact=wanted)
    star = "*" in term.text and not term.phrase
    found = Q()
    for column in COLUMNS[term.field]:
        found |= _like(column, term.text) if star else _contains(column, term.text)
    if not term.field and not star:
        found |= (
            Q(doi__iexact=normalise_doi(term.text) or term.text)
            | Q(pmid=term.text)
            | Q(pmcid__iexact=term.text)
        )
        found |= Q(trial_numbers__icontains=term.text)
    return found


def _contains(column: str, text: str) -> Q:
    found = Q()
    for each in _spellings(column, text):
        found |= Q(**{f"{column}__icontains": each})
    return found


def _spellings(column: str, text: str) -> list[str]:
    """What to look for: SQLite tells the case of letters beyond A to Z apart, and keeps JSON with \\u escapes."""
    if text.isascii():
        return [text]
    found = [text, text.lower(), text.upper(), text.title()]
    if column in JSON_COLUMNS:
        found += [json.dumps(each)[1:-1] for each in found]
    return list(dict.fromkeys(found))


def _like(column: str, pattern: str) -> Q:
    r"""Whole words like ``pattern``; the longest piece of it is asked for first, since that is quick.

    ``\w`` and ``\W`` mean the same to Python's and PostgreSQL's regular expressions; ``\b`` does not.
    """
    found = Q()
    for spelling in _spellings(column, pattern):
        found |= _words_like(column, spelling.split("*"))
    return found


def _words_like(column: str, pieces: list[str]) -> Q:
    letters = r"[\w\\]*" if column in JSON_COLUMNS else r"\w*"
    words = letters.join(re.escape(piece) for piece in pieces)
    longest = max(pieces, key=len)
    return Q(**{f"{column}__icontains": longest}) & Q(**{f"{column}__iregex": rf"(^|\W){words}(\W|$)"})
