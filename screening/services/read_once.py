"""What many steps of one gesture ask, asked of the database once: the settings of a stage, its open pilot.

    with read_once():
        ...                                   # one vote, or one request of votes
        settings_of(review, stage)            # inside: once(("settings", review.pk, stage), read)

Outside such a block everything is read every time, so nothing is ever older than the gesture that asked.
"""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

T = TypeVar("T")
_kept: ContextVar[dict | None] = ContextVar("kept", default=None)


@contextmanager
def read_once() -> Iterator[None]:
    """A block inside another one is part of it."""
    if _kept.get() is not None:
        yield
        return
    token = _kept.set({})
    try:
        yield
    finally:
        _kept.reset(token)


def once(key: Hashable, read: Callable[[], T]) -> T:
    """``read()``, or what it gave for the same ``key`` before in this block."""
    kept = _kept.get()
    if kept is None:
        return read()
    if key not in kept:
        kept[key] = read()
    return kept[key]
