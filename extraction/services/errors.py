"""What these verbs may refuse."""

from collections.abc import Mapping

from reviews.errors import Refused


class InvalidResult(Refused):
    """The numbers do not make up a result; ``faults`` has a sentence per field."""

    def __init__(self, faults: Mapping[str, str]):
        super().__init__(" ".join(faults.values()), field=next(iter(faults)) if len(faults) == 1 else None)
        self.faults = dict(faults)


class NotOfThisStudy(Refused):
    """An arm or outcome that belongs elsewhere, or an arm compared with itself."""


class AlreadyRecorded(Refused):
    """The same thing is there already."""


class NotPossible(Refused):
    """The result, arm or characteristic is not in a state that allows this."""


class SecondPersonNeeded(Refused):
    """Whoever extracted a result cannot verify it."""

    status = 403
