"""LaTeX as it stands in bibliographies to plain Unicode text. Nothing is executed, and nothing ever fails.

    plain(r"M{\\"u}ller's $\\beta$-blockers: 50\\% of H$_2$O")    # "Müller's β-blockers: 50% of H2O"

Text that only looks like LaTeX (a tilde before a number, two prices in dollars, an ampersand) is left alone.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right, insort
from collections.abc import Iterator

from pylatexenc.latex2text import get_default_latex_context_db

from .text import clean

_ACCENTS = {
    "`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", "=": "\u0304", ".": "\u0307", '"': "\u0308",
    "u": "\u0306", "r": "\u030a", "H": "\u030b", "v": "\u030c", "c": "\u0327", "k": "\u0328", "d": "\u0323",
    "b": "\u0331", "t": "\u0361", "G": "\u030f", "h": "\u0309", "textcommabelow": "\u0326", "tilde": "\u0303",
    "hat": "\u0302", "bar": "\u0304", "vec": "\u20d7", "ddot": "\u0308", "dot": "\u0307", "acute": "\u0301",
    "grave": "\u0300", "check": "\u030c", "breve": "\u0306", "overline": "\u0304", "widehat": "\u0302",
    "widetilde": "\u0303", "capitalacute": "\u0301", "capitalcaron": "\u030c",
}  # fmt: skip
_ALONE = {"^": "^", "~": "~", "'": "'", "`": "`", '"': '"', "=": "=", ".": "."}  # accents over nothing
_SYMBOLS = {
    spec.macroname: spec.simplify_repl
    for spec in get_default_latex_context_db().iter_macro_specs()
    if isinstance(spec.simplify_repl, str) and "%" not in spec.simplify_repl
} | {
    "textless": "<", "textgreater": ">", "textbar": "|", "degree": "°", "textdegree": "°", "pounds": "£",
    "LaTeX": "LaTeX", "TeX": "TeX", "BibTeX": "BibTeX", "copyright": "©", "S": "§", "P": "¶", "checkmark": "✓",
    "micro": "µ", "euro": "€", "EUR": "€", "slash": "/", "SS": "SS", "textbackslash": "\\", "backslash": "\\",
    "textunderscore": "_", "sim": "~", "textasciicircum": "^", "textasciitilde": "~", "textquotesingle": "'",
    "textquotedbl": '"', "textdollar": "$", "textbraceleft": "{", "textbraceright": "}", "lbrace": "{", "rbrace": "}",
    "textperiodcentered": "·", "prime": "′", "textcelsius": "°C", "celsius": "°C", "ohm": "Ω", "textohm": "Ω",
    "textmu": "μ", "textperthousand": "‰", "permil": "‰", "ldots": "...", "dots": "...", "textellipsis": "...",
    "quad": " ", "qquad": " ", "newline": " ", "par": " ", "space": " ", "textvisiblespace": " ",
    "bibrangedash": "-", "bibinitperiod": ".", "ast": "*", "textasteriskcentered": "*", "circ": "°", "AND": "and",
    "minus": "-", "textminus": "-", "hyphen": "-", "cdot": "·", "colon": ":", "mid": "|", "textemdash": "—",
    "thinspace": " ", "medspace": " ", "thickspace": " ", "enspace": " ", "nobreakspace": " ", "negthinspace": "",
}  # fmt: skip
# Greek letters as \textgreek spells them (Springer's exports).
_GREEK = str.maketrans(
    "abgdezhjiklmnxoprstufqywABGDEZHJIKLMNXOPRSTUFQYW", "αβγδεζηθικλμνξοπρστυφχψωΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩ"
)
# Switches and spacing that leave no trace, and macros whose first arguments are not text.
_SILENT = re.compile(
    "em|it|bf|rm|sc|tt|sf|sl|itshape|bfseries|upshape|scshape|ttfamily|sffamily|rmfamily|normalfont|mdseries|tiny|"
    "small|footnotesize|normalsize|[lL]arge|LARGE|[hH]uge|protect|relax|(?:display|text|script)style|left|right|[bB]igg?|"
    "limits|nolimits|noindent|allowbreak|nobreak|break|null|leavevmode|boldmath|unboldmath|centering|hfill|hss|sloppy|"
    "selectfont|cal|mathstrut"
)
_DROPPED = {"label": 1, "vspace": 1, "hspace": 1, "color": 1, "href": 1, "textcolor": 1, "foreignlanguage": 1,
            "fontsize": 2, "selectlanguage": 1, "phantom": 1, "vphantom": 1, "hphantom": 1, "raisebox": 1,
            "fontencoding": 1, "noopsort": 1, "SortNoop": 1, "noop": 1}  # fmt: skip
_SPECIAL = re.compile(r"\\([a-zA-Z]+)\*?[ \t]*\n?[ \t]*|\\(.)|([{}$~_^])|(-{2,3}|``|''|`)", re.DOTALL)
_DOLLAR = re.compile(r"\\.|\$", re.DOTALL)
_FORMULA = re.compile(r"[\\^_{}<>=±×≤≥]")
_NO_TIE = re.compile(r"(?:^|[\s(\[/=~])$")  # "~5" after these means "about 5"
_MARKED = re.compile(r"[\\{}$~`_^]|--|''")
_DEEP = 60


def plain(text: str) -> str:
    """One line of NFC text: accents, symbols and quotes as Unicode; braces, commands and `$` gone."""
    if text and _MARKED.search(text):
        text = _Reader(text).read(0, len(text))
        if "‘" in text:
            text = re.sub(r"‘([^‘’']{1,200})'(?!\w)", r"‘\1’", text)
    return clean(text)


def _formulas(text: str) -> Iterator[tuple[int, int]]:
    """Where formulas stand, each with its dollars; two prices in one sentence are none."""
    begun: re.Match[str] | None = None
    for found in _DOLLAR.finditer(text):
        if not found.group().startswith("$"):
            continue
        if begun is not None and found.start() > begun.end():
            inner = text[begun.end() : found.start()]
            plain_word = (
                (inner == inner.strip() or len(inner.strip()) == 1)
                and len(inner) < 40
                and not text[found.end() : found.end() + 1].isdigit()
            )
            if plain_word or (_FORMULA.search(inner) and len(inner) < 1000):
                double = text[begun.start() - 1 : begun.start()] == text[found.end() : found.end() + 1] == "$"
                yield begun.start() - double, found.end() + double
                begun = None
                continue
        begun = found


class _Reader:
    """The text with its matching braces, so that arguments are found without looking twice."""

    def __init__(self, text: str):
        self._text = text
        self._closer: dict[int, int] = {}
        opened: list[int] = []
        for found in re.finditer(r"\\.|[{}]", text, re.DOTALL):
            if found.group() == "{":
                opened.append(found.start())
            elif found.group() == "}" and opened:
                self._closer[opened.pop()] = found.start()
        self._math = list(_formulas(text)) if "$" in text else []

    def read(self, start: int, end: int, depth: int = 0) -> str:
        parts: list[str] = []
        place = start
        while found := _SPECIAL.search(self._text, place, end):
            parts.append(self._text[place : found.start()])
            name, sign, mark, dashes = found.groups()
            place = found.end()
            if name or sign:
                said, place = self._macro(name or sign, bool(name), found, end, depth)
                parts.append(said)
            elif dashes:
                parts.append({"--": "–", "---": "—", "``": "“", "''": "”", "`": "‘"}[dashes])
            elif mark in "_^":
                said, place = self._script(mark, place, end, depth, parts)
                parts.append(said)
            elif mark == "$":
                parts.append("" if self._in_math(found.start()) else "$")
            elif mark == "~":
                tie = not _NO_TIE.search("".join(parts[-3:])) and not self._text[place : place + 1].isspace()
                parts.append(" " if tie else "~")
        parts.append(self._text[place:end])
        return "".join(parts)

    def _in_math(self, place: int) -> bool:
        """True inside of a formula, its dollars included."""
        at = bisect_right(self._math, (place, len(self._text) + 1)) - 1
        return at >= 0 and place < self._math[at][1]

    def _macro(self, name: str, is_word: bool, found: re.Match[str], end: int, depth: int) -> tuple[str, int]:
        place = found.end()
        if not is_word and name in "&%$#_{} ":
            return name, place
        if not is_word and name in ",;:>\n\t":
            return " ", place
        if not is_word and name in "-/!@()[]":
            return "", place
        if name == "\\":
            return " ", place
        if name in _ACCENTS and not (is_word and len(name) == 1 and place < end and place == found.start() + 2
                                     and self._text[place] not in "{\\"):  # fmt: skip
            return self._accent(name, place, end, depth)
        if name in _SYMBOLS:
            return _SYMBOLS[name], self._skip_empty(place, end)
        if _SILENT.fullmatch(name):
            return "", self._skip_empty(place, end)
        for _ in range(_DROPPED.get(name, 0)):
            place = self._closer.get(place, place - 1) + 1
        if place < end and self._text[place] == "[":  # an option
            closing = self._text.find("]", place, min(end, place + 80))
            place = closing + 1 if closing > 0 else place
        if name == "ensuremath" and place in self._closer and not self._in_math(place):
            insort(self._math, (place, self._closer[place]))
        if name == "url" and place in self._closer:
            return self._text[place + 1 : self._closer[place]], self._closer[place] + 1
        if name == "textgreek":
            letters, place = self._argument(place, end, depth)
            return letters.translate(_GREEK), place
        if name in ("frac", "tfrac", "dfrac", "nicefrac", "sfrac"):
            above, place = self._argument(place, end, depth)
            below, place = self._argument(place, end, depth)
            return f"{above}/{below}", place
        if name == "sqrt":
            inner, place = self._argument(place, end, depth)
            return f"√{inner}", place
        if place in self._closer or name in _DROPPED:
            return self._argument(place, end, depth)
        return self._text[found.start() : found.end()].lstrip("\\"), found.end()

    def _skip_empty(self, place: int, end: int) -> int:
        """Behind the {} that only ends a command's name."""
        return place + 2 if place + 1 < end and self._text.startswith("{}", place) else place

    def _argument(self, place: int, end: int, depth: int) -> tuple[str, int]:
        """What the next group, command or character says, and the place behind it."""
        while place < end and self._text[place] in " \t\n":
            place += 1
        if place >= end:
            return "", place
        if place in self._closer:
            inner = slice(place + 1, self._closer[place])
            if depth > _DEEP:
                return re.sub(r"[{}]", "", self._text[inner]), inner.stop + 1
            return self.read(inner.start, inner.stop, depth + 1), inner.stop + 1
        found = _SPECIAL.match(self._text, place, end)
        if found and (found[1] or found[2]) and depth <= _DEEP:
            return self._macro(found[1] or found[2], bool(found[1]), found, end, depth + 1)
        return ("" if self._text[place] in "{}" else self._text[place]), place + 1

    def _accent(self, name: str, place: int, end: int, depth: int) -> tuple[str, int]:
        if not name.isalpha() and place < end and self._text[place] in " \t\n":
            return _ALONE.get(name, ""), place
        base, behind = self._argument(place, end, depth)
        base = {"ı": "i", "ȷ": "j"}.get(base, base)
        if not base.strip():
            return _ALONE.get(name, ""), behind
        if not base[0].isalpha() and name in "'`\"~^=.":
            return _ALONE[name] + base, behind
        return unicodedata.normalize("NFC", base[0] + _ACCENTS[name]) + base[1:], behind

    def _script(self, mark: str, place: int, end: int, depth: int, parts: list[str]) -> tuple[str, int]:
        """Sub- and superscripts stand beside their base, as markup of other formats leaves them; powers keep "^"."""
        if not self._in_math(place - 1) and place not in self._closer:
            return mark, place
        script, place = self._argument(place, end, depth)
        before = "".join(parts[-3:]).rstrip()[-1:]
        power = mark == "^" and before.isdigit() and re.fullmatch(r"[-+−–]?\d+", script)
        return (f"^{script}" if power else script), place
