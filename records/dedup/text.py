"""Text in one spelling: lower case, no diacritics, no markup."""

from __future__ import annotations

import html
import re
import unicodedata
from functools import lru_cache

_GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "κ": "kappa", "λ": "lambda", "μ": "mu", "µ": "mu",
    "ω": "omega", "σ": "sigma", "θ": "theta", "ε": "epsilon", "τ": "tau",
}  # fmt: skip
# Letters that no Unicode decomposition turns into plain ones.
_LETTERS = str.maketrans({
    "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "ı": "i", "þ": "th",
    "’": "'", "‘": "'", "ʼ": "'", **_GREEK,
})  # fmt: skip
_MARKS = re.compile(
    "[" + "".join(chr(n) for n in range(0x300, 0x10000) if unicodedata.combining(chr(n))) + "]+"
)
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]+")
_WORDS = re.compile(r"[^\W_]+")
_ASCII_WORDS = "".join(chr(n) if chr(n).isalnum() else " " for n in range(128))
_MISSING = {"", "unknown", "n/a", "na", "none", "null", "nan", "no pagination", "nil"}
_LONGEST_MISSING = 14
_TAG = re.compile(r"</?[A-Za-z][A-Za-z0-9:]{0,14}(?:\s[^<>]{0,80})?/?>")
_LATEX_LETTER = re.compile(r"""\\[`'^"~=.uvHcdbkr]\s*\{?\\?([A-Za-z])\}?""")
_LATEX_NAME = re.compile(
    r"\\(alpha|beta|gamma|delta|kappa|lambda|mu|omega|sigma|theta|epsilon|tau|ss|ae|oe|aa|o|l|i)\b"
)
_LATEX_COMMAND = re.compile(r"\\[a-zA-Z]+\s*|[{}$]|\\(?=[&%_#])")
_LATEX_NAMES = {"aa": "a"}


def fold(text: str) -> str:
    """Lower case without diacritics: "Röhricht" and "Rohricht" are one."""
    text = text.casefold()
    return text if text.isascii() else _BEYOND_ASCII.sub(_fold_found, text)


def _fold_found(found: re.Match[str]) -> str:
    return _fold_letters(found[0])


@lru_cache(maxsize=4096)
def _fold_letters(letters: str) -> str:
    """Mostly a single letter: the few that a set of records holds come again and again."""
    letters = unicodedata.normalize("NFKD", letters.translate(_LETTERS))
    return _MARKS.sub("", letters).translate(_LETTERS)


def words(text: str) -> list[str]:
    """The words and numbers of a text already folded, in any script."""
    if text.isascii():  # several times as quick as the expression, which finds the same
        return text.translate(_ASCII_WORDS).split()
    return _WORDS.findall(text)


def known(text: str | None) -> str:
    """The text without blanks around it; "" for what only says that nothing is known."""
    if not text:
        return ""
    text = text.strip()
    return "" if len(text) < _LONGEST_MISSING and text.casefold() in _MISSING else text


def without_markup(text: str) -> str:
    r"""Without HTML entities and tags and LaTeX residue: "&beta;-blockers", "CO<sub>2</sub>", "M{\"u}ller".

    >>> without_markup(r"{\"U}ber TNF-$\alpha$ &amp; <i>E. coli</i>")
    'Uber TNF-alpha & E. coli'
    """
    if "&" in text:
        text = html.unescape(html.unescape(text))
    if "<" in text:
        text = _TAG.sub("", text)
    if "\\" in text or "{" in text or "$" in text:
        text = _LATEX_LETTER.sub(r"\1", text)
        text = _LATEX_NAME.sub(lambda found: _LATEX_NAMES.get(found[1], found[1]), text)
        text = _LATEX_COMMAND.sub("", text)
    return text
