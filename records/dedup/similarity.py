"""How alike titles, author lists and journal names are, each on a scale from 0 to 1."""

from __future__ import annotations

from functools import lru_cache

from rapidfuzz import fuzz
from rapidfuzz.distance import DamerauLevenshtein, JaroWinkler

from .normalise import Prepared


def title_similarity(left: Prepared, right: Prepared) -> tuple[float, bool]:
    """(0 to 1, whether one title is the other without its subtitle)."""
    a, b = left.title, right.title
    if not a or not b:
        return 0.0, False
    if a == b or a.replace(" ", "") == b.replace(" ", ""):
        return 1.0, False
    ratio = max(fuzz.ratio(a, b), fuzz.token_sort_ratio(a, b) - 2) / 100
    if ratio < 0.97 and (len(left.variants) > 1 or len(right.variants) > 1):
        ratio = max(ratio, max(fuzz.ratio(v, w) for v in left.variants for w in right.variants) / 100 - 0.01)
    short, long = sorted((a, b), key=len)
    shortened = (
        len(short) >= 12 and short in (left.main_title, right.main_title) and long.startswith(short + " ")
    )
    shortened = shortened or (len(short) > 60 and long.startswith(short + " "))
    return ratio, bool(shortened and ratio < 0.97)


_LINKING = frozenset(
    {"a", "an", "the", "of", "in", "on", "and", "or", "for", "with", "to", "by", "at", "from", "as", "is", "are", 
     "be", "versus", "vs", "using", "among", "between", "s"}
)  # fmt: skip
_TURNING = {"without", "not", "no", "non", "never"}


def other_words(left: Prepared, right: Prepared) -> bool:
    """Whether titles that are nearly alike differ in a word that says something else: neurolept and enflurane.

    A typing error, a plural, another spelling and words run together are not other words; nor are words that only one
    of the two has.
    """
    a, b = left.title.split(), right.title.split()
    if a[-1].startswith(b[-1]) or b[-1].startswith(a[-1]):  # cut off by an export
        a.pop(), b.pop()
    mine = [word for word in dict.fromkeys(a) if word not in b and word not in _LINKING]
    others = [word for word in dict.fromkeys(b) if word not in a and word not in _LINKING]
    if "".join(mine) == "".join(others):
        return False
    if not _TURNING.isdisjoint({*mine, *others}):
        return True
    few, many, unlike = (mine, others, "".join(b)) if len(mine) <= len(others) else (others, mine, "".join(a))
    return any(
        not any(_same_word(word, other) for other in many) and not (len(word) > 3 and word in unlike)
        for word in few
    )


def _same_word(one: str, two: str) -> bool:
    """Give or take a letter, or two behind the fourth: hyperglycaemia is not hypoglycaemia."""
    shorter, longer = sorted((one, two), key=len)
    if len(shorter) < 4:
        return len(shorter) > 1 and longer in (shorter, shorter + "s")
    if longer.startswith(shorter):
        return True
    most = 2 if len(shorter) > 7 and one[:4] == two[:4] else 1
    return one[0] == two[0] and DamerauLevenshtein.distance(one, two) <= most


def author_similarity(left: Prepared, right: Prepared) -> float | None:
    """1 when the first authors and most others agree, 0 when nobody is shared; None when a list is empty."""
    a, b = left.families, right.families
    if not a or not b:
        return None
    other_initial = left.first_initial and right.first_initial and left.first_initial != right.first_initial
    if a == b and not other_initial:
        return 1.0
    same_first = a[0] == b[0] or JaroWinkler.similarity(a[0], b[0]) > 0.92
    if not same_first:
        shared = left.first_names & right.first_names
        same_first = len(shared) >= 2 or (bool(shared) and (_swapped(left, right) or _swapped(right, left)))
    elif other_initial:
        # Wang X and Wang Y are two people unless a co-author or a second name is shared.
        same_first = bool(set(a[1:]) & set(b[1:])) or len(left.first_names & right.first_names) > 1
    shares = [_shared(a, b)] * (len(a) <= len(b)) + [_shared(b, a)] * (len(b) <= len(a))
    share = max(shares)
    fewer = min(len(a), len(b))
    if same_first and not share and fewer > 1:  # family and given names changed places
        people = min(len(set(a)), len(set(b)))
        return 0.8 if len(left.name_words & right.name_words) >= people else 0.4
    if same_first:
        return 1.0 if share >= 0.5 or fewer < 3 else 0.8
    if share == 1 and len(a) == len(b) > 1:
        return 0.8  # the same people in another order
    if not share and len(left.name_words & right.name_words) >= max(1, fewer // 2):
        return 0.4  # family and given names changed places
    return 0.6 * share if share >= 0.5 else 0.3 * share


def _swapped(left: Prepared, right: Prepared) -> bool:
    """ "Andrea, C." is "Carignani, Andrea" with family and given name exchanged: one word, and the initial fits."""
    if len(left.first_names) > 1 or not left.first_names <= right.first_names:
        return False
    others = right.first_names - left.first_names
    return not others or any(word.startswith(left.first_initial or "?") for word in others)


def _shared(fewer: tuple[str, ...], more: tuple[str, ...]) -> float:
    """The share of the shorter list's names that stand in the longer one, give or take a letter."""
    others = set(more)
    rest = [name for name in fewer if name not in others]
    lost = sum(all(JaroWinkler.similarity(name, other) <= 0.93 for other in others) for name in rest)
    return (len(fewer) - lost) / len(fewer)


def same_journal(left: Prepared, right: Prepared) -> float | None:
    """`journal_similarity` of the names or of the parts of "Short name: Long name" and "Name = Translated name"."""
    alike = journal_similarity(left.journal, right.journal)
    if alike is None or alike >= 0.85 or not (left.journal_parts or right.journal_parts):
        return alike
    if left.journal_parts and right.journal_parts:
        # "Acta: Section A" and "Acta: Section B" share their first part and are two
        own, other = set(left.journal_parts[1:]), set(right.journal_parts[1:])
        return 0.9 if own & other else alike
    one, parts = (left, right.journal_parts) if right.journal_parts else (right, left.journal_parts)
    return max(
        alike, 0.9 if any((journal_similarity(one.journal, part) or 0) >= 0.95 for part in parts) else 0
    )


@lru_cache(maxsize=8192)
def journal_similarity(left: str, right: str) -> float | None:
    """1 for the same name or an abbreviation of it, 0 for another journal; None when one is missing."""
    if not left or not right:
        return None
    if left == right:
        return 1.0
    a, b = left.split(), right.split()
    if _section(a) and _section(b) and _section(a) != _section(b):
        return 0.5  # "Journal of Physics A" and "B"
    if _abbreviates(a, b) or _abbreviates(b, a):
        return 1.0
    short, long = (a, b) if len(a) <= len(b) else (b, a)
    initials = "".join(word[0] for word in long)
    if len(short) == 1 and len(long) > 2 and short[0] in {initials, initials[:4]}:
        return 1.0
    if len(short) > 1 and (set(short) <= set(long)):
        return 0.9
    return max(fuzz.ratio(left, right), fuzz.token_sort_ratio(left, right)) / 100


def _section(words: list[str]) -> str:
    """The letter or number at the end of a journal's name."""
    return words[-1] if len(words[-1]) == 1 or words[-1].isdigit() else ""


def _abbreviates(short: list[str], long: list[str]) -> bool:
    """Each word of the short form begins the next words of the long one, in order: "j clin psychol"."""
    place = 0
    for word in short:
        while place < len(long) and not _shortens(word, long[place]):
            place += 1
        if place == len(long):
            return False
        place += 1
    return bool(short) and _shortens(short[0], long[0]) and len(long) - len(short) <= 4


def _shortens(word: str, full: str) -> bool:
    """ "psychol" for psychology, "natl" for national: same beginning, letters in order."""
    if full.startswith(word) or word.startswith(full):
        return True
    if len(word) < 3 or word[0] != full[0]:
        return False
    letters = iter(full)
    return len(word) < len(full) and all(letter in letters for letter in word)


def abstract_similarity(left: str, right: str) -> float:
    """How alike the beginnings are; a heading or a "Copyright" before one of them does not matter."""
    length = min(len(left), len(right), 300)
    one, two = left[:length], right[:length]
    if one == two:
        return 1.0
    ratio = fuzz.ratio(one, two, score_cutoff=50) / 100
    if ratio < 0.8:  # perhaps one begins a few words later
        mine, others = set(one.split()), set(two.split())
        common = len(mine & others) / min(len(mine), len(others))
        ratio = max(ratio, common - 0.05 if common > 0.8 else 0)
    return ratio


_Ranges = tuple[tuple[str, str], ...]
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def same_pages(left: _Ranges, right: _Ranges, *, in_issue: bool) -> bool | None:
    """True when both begin on the same page or have a range in common; None when that cannot be told.

    Ranges that overlap contradict nothing: two articles do not share pages, so one of the ranges is mistyped. Nor
    does an article number beside pages, nor page 1, an article's own count, unless both stand in one issue
    (`in_issue`).
    """
    if not left or not right:
        return None
    first, other = left[0][0], right[0][0]
    if "1" in (first, other) and not in_issue:
        return None
    if first == other or first.lstrip(_LETTERS) == other.lstrip(_LETTERS) != "":
        return True
    if any(one in right for one in left if one[1]):
        return True
    if abs(len(first) - len(other)) > 2 and not in_issue:
        return None
    return None if any(_overlap(one, two) for one in left for two in right) else False


def _overlap(one: tuple[str, str], two: tuple[str, str]) -> bool:
    """Whether more than one page is in both ranges."""
    if not all(number.isdigit() for number in (*one, *two)):
        return False
    (start, end), (begin, stop) = map(int, one), map(int, two)
    return min(end, stop) > max(start, begin)
