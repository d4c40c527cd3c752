"""A body that works for every gesture of archives."""

from tests.security.gestures import Gesture, fixed

ARCHIVES = [Gesture("reporting:archive", "owner", fixed(people="on"))]
