"""Sentences of the report that are put together from numbers and names. Pure."""

from collections.abc import Sequence


def listed(words: Sequence[str], last: str = "and") -> str:
    """``a, b and c``."""
    words = [word for word in words if word]
    return f" {last} ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def counted(n: int, one: str, many: str = "") -> str:
    """``1 study``, ``1,204 records``."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"


NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def in_words(n: int) -> str:
    """Small numbers in words, as a sentence has them."""
    return NUMBERS[n] if 0 <= n < len(NUMBERS) else f"{n:,}"


def sentence(text: str) -> str:
    """``text`` with a capital and a full stop, "" for nothing."""
    text = " ".join(text.split())
    if not text:
        return ""
    return text[0].upper() + text[1:] + ("" if text[-1] in ".?!" else ".")


def kappa_words(value: float | None, low: float | None, high: float | None) -> str:
    """``0.72 (95% CI 0.61 to 0.83)``."""
    if value is None:
        return ""
    return f"{value:.2f}" + (
        f" (95% CI {low:.2f} to {high:.2f})" if low is not None and high is not None else ""
    )
