"""A body that works for every gesture of stopping, by page and by program."""

from tests.security.gestures import PK, Gesture, fixed

STOP = {"rule": "other", "target": 0.95, "confidence": 0.95, "why": "Enough was read"}

STOPPING = [
    Gesture("screening:stop", "owner", fixed(**STOP)),
    Gesture("screening:stop_undo", "owner", fixed(number="1")),
    Gesture("screening:sample_begin", "owner", fixed(size=1, seed=7)),
    Gesture("screening:sample_close", "owner", fixed(why="A mistake")),
    Gesture("screening:record_bring_back", "owner", fixed(), arguments=PK),
    Gesture("screening-stopping-stop", "owner", fixed(**STOP)),
    Gesture("screening-stopping-undo", "owner", fixed(number=1)),
    Gesture("screening-stopping-sample", "owner", fixed(size=1, seed=7)),
    Gesture("screening-stopping-end-sample", "owner", fixed(why="A mistake")),
    Gesture(
        "screening-stopping-bring-back",
        "owner",
        lambda here, ids: {"record": ids.left_unread.pk},
        ("record",),
    ),
]
