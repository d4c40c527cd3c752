"""A body that works for every gesture of versions and public pages."""

from tests.security.gestures import Gesture, fixed

VERSIONS = [
    Gesture("reporting:version_close", "owner", fixed(label="Second version", note="Published")),
    Gesture("reporting:public_pages", "owner", fixed(parts=["flow"], label="For the journal", lasts="30")),
    Gesture("reporting-versions-list", "owner", fixed(label="Second version", note="Published")),
    Gesture("reporting-public-pages-list", "owner", fixed(parts=["flow"], label="For the journal")),
]
