"""What this room refuses."""

from reviews.errors import Refused


class CannotRun(Refused):
    """The plan cannot be computed with the data there are."""


class InvalidPlan(Refused):
    """The plan's settings do not make an analysis; ``field`` names the one at fault."""


class InvalidQuote(Refused):
    """The quoted figures cannot be right."""


class InvalidFigure(Refused):
    """There is no such figure, or it cannot be drawn so; ``field`` names the setting at fault."""


class CannotExplore(Refused):
    """The run cannot be explored so; ``field`` names the setting at fault."""
