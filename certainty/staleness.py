"""Whether what was rated is still what the data say, and if not, what changed."""

from collections.abc import Iterable

from certainty.models import Grade


def what_changed(grade: Grade) -> list[str]:
    """What differs between the evidence that was rated and today's, a sentence each; [] where nothing does."""
    return what_changed_in([grade])[grade.pk]


def what_changed_in(grades: Iterable[Grade]) -> dict[int, list[str]]:
    """``what_changed`` of several grades of one review by their ids, read at once."""
    raise NotImplementedError
