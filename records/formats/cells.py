"""What one cell of a table holds: names, keywords, numbers, a whole citation."""

from __future__ import annotations

import ast
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from .assemble import author, given_first, page_range, split_authors
from .citation import Citation, read_citation
from .text import clean

_NOTHING = {
    "null", "nan", "na", "n/a", "#n/a", "none", "-", "--", "—", "undefined", "nil", "(blank)", "[]", "nat",
    "not available",
}  # fmt: skip
_INITIALS = re.compile(r"^(?:[^\W\d_]\.?[- ]?){1,5}$")
_GIVEN_FIRST = {"openalex", "lens", "ieee", "retractionwatch", "publishorperish", "springer"}
_PARTICLE = re.compile(
    r"(?:de|da|do|dos|das|van|von|der|den|del|della|di|du|la|le|el|al|bin|ter|ten|zu)\b[^,;|]+,"
)
_TITLES = re.compile(
    r"^(?:(?:Prof|Professor|Dr|Dipl|Ing|Mr|Mrs|Ms|Phil|PhD|habil|med|Assoc|Asst)\.?(?:-Ing\.)?\s+)+"
)
# "Anupam BiswasDr. Ripon Patgiri": Springer writes names without anything in between.
_SEAM = re.compile(
    r"(?<=[^\W\d_A-Z])(?<!\bMc)(?<!Mac)(?<!\bDe)(?<!\bDi)(?<!\bLe)(?<!\bLa)(?<!\bVan)(?=[^\W\d_a-z])"
)


def given(cell: str) -> str:
    """The value of a cell, "" for the words that programs write where there is none."""
    value = cell.strip()
    return "" if value.casefold() in _NOTHING else value


def bare_number(value: str) -> str:
    """A number without the ".0" that a data frame gave it."""
    return re.sub(r"^(\d+)\.0$", r"\1", value)


def list_literal(text: str) -> list[str] | None:
    """A list as Python or JSON writes it, or its inside alone; None for anything else.

    >>> list_literal("['Marx, K', 'Lindgren, A']"), list_literal("'A B', 'C D'")
    (['Marx, K', 'Lindgren, A'], ['A B', 'C D'])
    """
    text = text.strip()
    if not (text[:1] == "[" and text[-1:] == "]") and not re.fullmatch(r"'[^']+'(?:, ?'[^']+')+", text):
        return None
    try:
        found = ast.literal_eval(text if text[0] == "[" else f"[{text}]")
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    if not isinstance(found, list) or not all(isinstance(item, str | int | float) for item in found):
        return None
    return [str(item) for item in found]


def doi_in_address(url: str) -> str:
    """The part of an address that is the record's own DOI: of doi.org, or named in a query (Scopus, OpenURL)."""
    if "doi.org/" in url:
        return url
    found = re.search(r"[?&](?:doi=|id=doi(?::|%3A))([^&]+)", url, re.IGNORECASE)
    return unquote(found[1]) if found else ""


def people_in(cell: str, preset: str = "", style: Style | None = None) -> list[str]:
    """The names in a cell as "Family, Given", whatever parts them."""
    listed = list_literal(cell)
    if listed is not None:
        turn = not any("," in item for item in listed)
        return [name for item in listed for name in [given_first(item) if turn else author(item)] if name]
    cell = re.sub(r"\s*\((?:\d{6,}|[A-Z]-\d{4}-\d{4})\)", "", cell)  # Scopus: "Smith, John (57190000000)"
    cell = re.sub(r"\s*\((?:author|aut|editor)\)", "", cell, flags=re.IGNORECASE)
    if preset == "springer":
        return [
            given_first(_TITLES.sub("", name)) for name in _SEAM.sub("\n", cell).split("\n") if name.strip()
        ]
    if "\n" in cell.strip() and ";" not in cell:
        return [name for line in cell.splitlines() for name in split_authors(line)]
    cell = re.sub(r"\s*(?://|\|\|)\s*", "; ", cell).replace("；", ";").replace("、", ";")
    cell = re.sub(r"(?:[,;]?\s*(?:…|\.\.\.)|,?\s*\bet al\.?)\s*$", "", cell)
    one = re.fullmatch(r"[^,;|]+, ?(?:[^\W\d_a-z]\.[ -]?)+", cell)
    if one or (preset in {"embase", "scopus"} and re.fullmatch(r"[^,;|]+ (?:[^\W\d_a-z]\.-?)+", cell)):
        return [author(cell)]  # one name: its last full stop is no full stop of a list
    if style and not re.search(r"[;|]| and | & ", cell):
        if style.listed and cell.count(",") <= 2 and "," in cell:
            return [author(cell)]
        if style.turned and "," not in cell:
            return [given_first(cell)]
    family, _, rest = cell.partition(",")
    if _PARTICLE.match(cell) and rest and not re.search(r",| and ", rest) and "," not in author(family):
        return [author(cell)]
    if ";" not in cell:
        cell = re.sub(r",\s*(?:&|and)\s+", ", ", cell)
    pairs = _pairs(cell, sure=preset == "scielo")
    return pairs if pairs is not None else split_authors(cell, turn=preset in _GIVEN_FIRST)


@dataclass(frozen=True, slots=True)
class Style:
    """How the names of a column are written, as far as its cells with several names tell."""

    listed: bool = False  # names are parted by something else than commas: a lone comma is inside a name
    turned: bool = False  # "John Smith", not "Smith, John" or "Smith J"


def style_of(values: Sequence[str]) -> Style:
    """The style that most cells with several names have."""
    listed = turned = several = 0
    filled = [value for value in values if value.strip()]
    for value in filled:
        parts = [part for part in re.split(r"[;|\n]| and ", value) if part.strip()]
        if len(parts) > 1:
            listed += 1
        else:
            parts = value.split(",")
        if len(parts) > 1:
            several += 1
            turned += all("," not in author(part) and 1 < len(part.split()) < 5 for part in parts)
    return Style(0 < len(filled) <= listed * 5, several > 1 and turned * 3 > several * 2)


def _pairs(cell: str, *, sure: bool = False) -> list[str] | None:
    """ "Miño, María Gabriela, Gómez, Raimundo": families and given names by turns, all parted by commas.

    Without being `sure` of it, that is so when most families are of one word: a whole name never is.
    """
    if ";" in cell or "|" in cell or " and " in cell or " & " in cell:
        return None
    parts = [part.strip() for part in cell.split(",") if part.strip()]
    if len(parts) < (2 if sure else 4) or len(parts) % 2:
        return None
    families, givens = parts[::2], parts[1::2]
    if sure:
        return [f"{family}, {name}" for family, name in zip(families, givens, strict=True)]
    single = sum(" " not in family for family in families)
    if single * 2 <= len(families) or any("," in author(family) for family in families):
        return None
    if all(" " in part for part in givens) and all(" " in part for part in families):
        return None
    return [name for pair in zip(families, givens, strict=True) for name in [author(", ".join(pair))] if name]


def merge_people(columns: Sequence[tuple[int, list[str]]]) -> tuple[list[str], set[int]]:
    """The names of several columns: the first one's, and what others add; and the columns that were used up.

    A name whose family name is already there is the same person in another spelling.
    """
    names: list[str] = []
    used: set[int] = set()
    families: set[str] = set()
    for place, found in columns:
        new = [name for name in found if _family(name) not in families]
        if new == found:
            used.add(place)
        names += new
        families |= {_family(name) for name in found}
    return names, used


def _family(name: str) -> str:
    family = name.split(",")[0] if "," in name else given_first(name).split(",")[0]
    plain = unicodedata.normalize("NFKD", family.casefold())
    return "".join(c for c in plain if c.isalpha())


def merge_abstracts(columns: Sequence[tuple[int, str]]) -> tuple[str, set[int]]:
    """Several abstracts as one text, without those that another one holds already."""
    kept: list[str] = []
    used: set[int] = set()
    for place, text in columns:
        plain = clean(text).casefold()
        if not any(plain in clean(other).casefold() for other in kept):
            kept.append(text)
        used.add(place)
    return "\n".join(kept), used


def separator_of(values: Sequence[str], *, comma: bool = False) -> str:
    """What parts the keywords of a column: ";", "|", "//" or, where nothing else is used, a comma.

    A comma alone is believed only where most cells have several: "Child, Preschool" is one keyword.
    """
    filled = [value for value in values if value.strip() and list_literal(value) is None]
    if any(";" in value or "\n" in value for value in filled):
        return ";"
    for mark in ("|", " // ", " -- "):
        if sum(mark in value for value in filled) * 3 > len(filled):
            return mark
    many = sum(value.count(",") >= (1 if comma else 2) for value in filled)
    return "," if filled and many * 2 >= len(filled) else ";"


def keywords_in(cell: str, separator: str = "") -> list[str]:
    """The keywords in a cell."""
    listed = list_literal(cell)
    if listed is not None:
        return listed
    separator = separator or separator_of([cell])
    if separator == ",":  # not the commas inside brackets: "breast cancer (diagnosis, surgery), aged"
        return [word.strip() for word in re.split(r",(?![^()]*\))", cell) if word.strip()]
    return bars(cell) if separator != ";" and separator != "|" else [cell.replace("|", ";")]


def bars(cell: str) -> list[str]:
    return [word.strip() for word in re.split(r"\s*(?:\||//| -- )\s*", cell) if word.strip()]


_CITED = (
    # Embase: Journal of Endourology Case Reports (2017) 3:1 (31-33). Date of Publication: 1 Mar 2017
    re.compile(
        r"^(?P<journal>.+?) \((?P<year>\d{4})\)(?: (?P<volume>[\w -]*?)(?::(?P<issue>[^ ]+))?)?"
        r"(?: \((?P<pages>[^)]*\d[^)]*)\))?(?:[. ]|$)"
    ),
    # BVS: Can J Psychiatry;63(12): 826-833, 2018 12.
    re.compile(
        r"^(?P<journal>(?:(?!\b(?:19|20)\d\d\b)[^;])+);\s*(?P<volume>\w*)\s*(?:\((?P<issue>[^()]*)\))?\s*:\s*(?P<pages>[\w.]+(?:-\w+)?)?"
        r",?\s*(?P<year>(?:19|20)\d\d)?"
    ),
    # SciELO: Colombia Internacional; (107); 139-162
    re.compile(
        r"^(?P<journal>(?:(?!\b(?:19|20)\d\d\b)[^;])+);\s*(?P<volume>\w*)\s*\((?P<issue>[^()]*)\);\s*(?P<pages>[\w.]+(?:-\w+)?)?(?P<year>)"
    ),
)


def citation_in(text: str, *, sure: bool = False) -> Citation:
    """Journal, year, volume, issue and pages of a citation in one cell; empty when it cannot be told.

    The journal is only given where it is `sure` that the citation begins with it.
    """
    text = clean(text)
    for style in _CITED if sure else ():
        found = style.match(text)
        if found:
            parts = {key: (value or "").strip() for key, value in found.groupdict().items()}
            parts["pages"] = page_range(parts["pages"])
            return Citation(**parts)
    told = read_citation(text)
    if sure:
        return told
    return told._replace(journal="") if told.year or told.volume or told.pages else Citation()
