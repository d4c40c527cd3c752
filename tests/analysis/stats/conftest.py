"""Property tests have no deadline: the first example of a run also pays for importing scipy."""

from hypothesis import settings

settings.register_profile("statistics", deadline=None)
settings.load_profile("statistics")
