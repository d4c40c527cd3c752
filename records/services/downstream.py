"""How far records are in the rooms downstream, which this room does not look into: they tell it here.

Everything but ``own_words`` is for everybody who may see the record and decides what is done, so it tells nothing
that is blinded: settled outcomes and what followed from them, nobody's open vote.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping

from reviews.models import User

CHUNK = 500

#: Added in an AppConfig.ready: given ids, how far each record is ({12: 3}; 0, or left out, is not begun). Of records
#: that are merged the one that is furthest stays, unless a person says otherwise.
STEPS: list[Callable[[Collection[int]], Mapping[int, int]]] = []
#: Added in an AppConfig.ready: given ids and a person, what that person did with records, openly or not
#: ({12: "you voted on it at title and abstract"}). It is shown to that person alone.
OWN_WORDS: list[Callable[[Collection[int], User], Mapping[int, str]]] = []


def steps_of(ids: Iterable[int]) -> dict[int, int]:
    """How far these records are, for those that are anywhere."""
    far: dict[int, int] = defaultdict(int)
    wanted = sorted(ids)
    for start in range(0, len(wanted), CHUNK):
        for tell in STEPS:
            for pk, steps in tell(wanted[start : start + CHUNK]).items():
                far[pk] += steps
    return {pk: steps for pk, steps in far.items() if steps}


def own_words(ids: Collection[int], user: User) -> dict[int, str]:
    """What this person did with these records and others may not know yet."""
    found: dict[int, list[str]] = defaultdict(list)
    for say in OWN_WORDS:
        for pk, phrase in say(ids, user).items():
            found[pk].append(phrase)
    return {pk: "; ".join(phrases) for pk, phrases in found.items()}
