"""A body that works for every gesture of the corrections of the flow diagram."""

from tests.security.gestures import Gesture, fixed

CORRECTION = {"key": "duplicates", "amount": 3, "reason": "Removed before the import"}
ADJUSTMENTS = [
    Gesture("reporting:adjustment_add", "owner", fixed(**CORRECTION)),
    Gesture("reporting-flow-corrections-list", "owner", fixed(**CORRECTION)),
]
