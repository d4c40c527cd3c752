"""A body that works for asking for a replay, by page and by program."""

from tests.security.gestures import Gesture, fixed

ASKED = {"stage": "title_abstract", "runs": 1, "prior_included": 1, "prior_excluded": 1, "seed": 3}

REPLAYS = [
    Gesture("screening:replay_ask", "owner", fixed(**ASKED)),
    Gesture("screening-replays-list", "statistician", fixed(**ASKED)),
]
