"""A body that works for every form and program that exports."""

from tests.security.gestures import PK, Gesture, fixed

EXPORTING = [
    Gesture(
        "reporting:export_choose",
        "owner",
        fixed(extension="ris", decision="included", how="keep"),
        arguments=(("what", "records"),),
    ),
    Gesture("reporting:export_made_remove", "owner", fixed(), arguments=PK),
    Gesture(
        "reporting-exports-list",
        "reviewer",
        fixed(what="records", extension="csv", options={"reader": "asreview"}),
    ),
]
