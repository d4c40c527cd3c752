"""What this room refuses."""

from reviews.errors import Refused


class InvalidFinding(Refused):
    """The finding cannot be so; ``field`` names what is at fault."""


class InvalidGrade(Refused):
    """There is no such domain or level, or the change is none of the domain's; ``field`` names what is at fault."""


class NeedsReason(Refused):
    """Every level up or down, every override and an unusual start says why."""


class Incomplete(Refused):
    """A domain is still to be rated, or a second rating is missing."""


class Outdated(Refused):
    """The result or a judgement changed since this rating was begun; it is looked at again before it counts."""


class AlreadySettled(Refused):
    """Too late: the rating is complete, or the finding has its consensus."""


class NotYours(Refused):
    """Somebody else's rating, or a gesture this role does not have."""

    status = 403
