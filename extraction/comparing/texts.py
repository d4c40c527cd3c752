"""Texts without what nobody means by a difference: case, spaces, typographic dashes and quotes. No Django here."""

from __future__ import annotations

import re
import unicodedata
from difflib import SequenceMatcher
from functools import lru_cache

_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−﹘﹣－"), "-")
_QUOTES = dict.fromkeys(map(ord, "“”„‟«»″"), '"') | dict.fromkeys(map(ord, "‘’‚‛′`´"), "'")
_WORDS = re.compile(r"\s+|[\w.%‐-―−-]+|[^\w\s]")


@lru_cache(maxsize=4096)
def plain(text: str) -> str:
    """One spelling for all that means the same: lower case, single spaces, plain dashes and quotes, no full stop."""
    folded = unicodedata.normalize("NFKC", text).translate(_DASHES | _QUOTES).casefold()
    folded = " ".join(folded.split())
    return re.sub(r"(?<=\d) ?- ?(?=\d)", "-", folded).rstrip(".; ")


def same_text(left: str, right: str) -> bool:
    return plain(left) == plain(right)


def pieces(left: str, right: str) -> tuple[list[tuple[str, bool]], list[tuple[str, bool]]]:
    """Both texts cut where they differ: lists of (text, differs). Whole words; nothing marked if little is shared."""
    a, b = _WORDS.findall(left), _WORDS.findall(right)
    matcher = SequenceMatcher(None, list(map(plain, a)), list(map(plain, b)), autojunk=False)
    if matcher.ratio() < 0.3:
        return [(left, False)], [(right, False)]
    sides: tuple[list[tuple[str, bool]], list[tuple[str, bool]]] = ([], [])
    for tag, *spans in matcher.get_opcodes():
        for side, words, (start, end) in ((0, a, spans[:2]), (1, b, spans[2:])):
            if start < end:
                sides[side].append(("".join(words[start:end]), tag != "equal"))
    return sides
