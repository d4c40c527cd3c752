"""How alike titles, author lists and journal names are, each on a scale from 0 to 1."""

from __future__ import annotations

from rapidfuzz import fuzz
from rapidfuzz.distance import JaroWinkler

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


def author_similarity(left: Prepared, right: Prepared) -> float | None:
    """1 when the first authors and most others agree, 0 when nobody is shared; None when a list is empty."""
    a, b = left.families, right.families
    if not a or not b:
        return None
    same_first = a[0] == b[0] or JaroWinkler.similarity(a[0], b[0]) > 0.92
    if not same_first:
        shared = left.first_names & right.first_names
        same_first = len(shared) >= 2 or bool(shared and len(left.first_names) == len(shared))
    elif left.first_initial and right.first_initial and left.first_initial != right.first_initial:
        # Wang X and Wang Y are two people unless a co-author or a second name is shared.
        same_first = bool(set(a[1:]) & set(b[1:])) or len(left.first_names & right.first_names) > 1
    shares = [_shared(a, b)] * (len(a) <= len(b)) + [_shared(b, a)] * (len(b) <= len(a))
    share = max(shares)
    fewer = min(len(a), len(b))
    if same_first:
        return 1.0 if share >= 0.5 or fewer < 3 else 0.8
    if share == 1 and len(a) == len(b) > 1:
        return 0.8  # the same people in another order
    if not share and len(left.name_words & right.name_words) >= max(1, fewer // 2):
        return 0.4  # family and given names changed places
    return 0.6 * share if share >= 0.5 else 0.3 * share


def _shared(fewer: tuple[str, ...], more: tuple[str, ...]) -> float:
    """The share of the shorter list's names that stand in the longer one, give or take a letter."""
    others = set(more)
    hits = sum(n in others or any(JaroWinkler.similarity(n, o) > 0.93 for o in others) for n in fewer)
    return hits / len(fewer)


def journal_similarity(left: str, right: str) -> float | None:
    """1 for the same name or an abbreviation of it, 0 for another journal; None when one is missing."""
    if not left or not right:
        return None
    if left == right:
        return 1.0
    a, b = left.split(), right.split()
    if _abbreviates(a, b) or _abbreviates(b, a):
        return 1.0
    short, long = (a, b) if len(a) <= len(b) else (b, a)
    initials = "".join(word[0] for word in long)
    if len(short) == 1 and len(long) > 2 and short[0] in {initials, initials[:4]}:
        return 1.0
    if len(short) > 1 and (set(short) <= set(long)):
        return 0.9
    return max(fuzz.ratio(left, right), fuzz.token_sort_ratio(left, right)) / 100


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
